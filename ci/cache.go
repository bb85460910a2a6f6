package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"dagger/iac/internal/dagger"
)

// Runs Pulumi in a container of this module that keeps what was downloaded and built
//
// Every runtime, any variable and any secret can be used then. Previews and deployments have caches
// of their own: what the code of a pull request wrote is never read by `up`, `refresh` or `destroy`.
func (m *Iac) WithCache(
	// Name that keeps the caches of projects apart, of letters, digits, `-` and `_`
	//
	// +optional
	name string,
	// Folder that `cache-export` gave, for an engine that starts empty
	//
	// +optional
	from *dagger.Directory,
) (*Iac, error) {
	if !cacheName.MatchString(name) {
		return nil, fmt.Errorf("invalid name %q: want up to 64 letters, digits, `-` and `_`", name)
	}
	c := *m
	c.OwnContainer, c.CacheName, c.CacheFrom = true, name, from
	return &c, nil
}

var cacheName = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// Gives what `with-cache` keeps, as a folder for the cache of a CI system: `cache-export -o ../iac-cache`
//
// +cache="never"
func (m *Iac) CacheExport(
	ctx context.Context,
	// Whose caches: those of `previews` (preview, drift) or of `deployments` (up, refresh, destroy)
	//
	// +default="previews"
	of string,
) (*dagger.Directory, error) {
	if of != string(previews) && of != string(deployments) {
		return nil, fmt.Errorf("invalid of %q: want previews or deployments", of)
	}
	return m.keptCache(ctx, purpose(of)).export(), nil
}

// cache is what is kept for one purpose under one name.
type cache struct {
	purpose purpose
	name    string
	source  *dagger.Directory
}

// The places of the two volumes: Pulumi's plugins lie in Pulumi's home, whose other files, such as its
// credentials, are not kept.
const (
	pulumiHome = "/iac/pulumi"
	pluginsDir = pulumiHome + "/plugins"
	cacheDir   = "/iac/cache"
)

// cacheVariables say to each tool where its cache is. A user's own variable of the same name wins.
var cacheVariables = []struct{ name, value string }{
	{"PULUMI_HOME", pulumiHome},
	{"GOMODCACHE", cacheDir + "/go-mod"},
	{"GOCACHE", cacheDir + "/go-build"},
	// Go's files are read-only otherwise, and a CI system could not replace them.
	{"GOFLAGS", "-modcacherw"},
	{"npm_config_cache", cacheDir + "/npm"},
	{"YARN_CACHE_FOLDER", cacheDir + "/yarn"},
	{"npm_config_store_dir", cacheDir + "/pnpm"},
	{"PIP_CACHE_DIR", cacheDir + "/pip"},
	{"POETRY_CACHE_DIR", cacheDir + "/poetry"},
	{"UV_CACHE_DIR", cacheDir + "/uv"},
	{"NUGET_PACKAGES", cacheDir + "/nuget"},
	{"MAVEN_ARGS", "-Dmaven.repo.local=" + cacheDir + "/maven"},
	{"GRADLE_USER_HOME", cacheDir + "/gradle"},
}

// exportMark is the file that a whole export holds, with the purpose that it was made for.
const exportMark = "iac-cache"

// keptCache gives the cache for a purpose. An exported one that is broken, or was made for the other one,
// is left out with a warning: the run is slower then, and as good.
func (m *Iac) keptCache(ctx context.Context, purpose purpose) cache {
	c := cache{purpose: purpose, name: m.CacheName}
	if m.CacheFrom == nil {
		return c
	}
	mark, err := m.CacheFrom.File(exportMark).Contents(ctx)
	switch {
	case err != nil:
		warn("with-cache --from is left out: it is not a folder that cache-export gave")
		return c
	case strings.TrimSpace(mark) != string(purpose):
		warn(fmt.Sprintf("with-cache --from is left out: it was exported for %q, and this run is one of %s", strings.TrimSpace(mark), purpose))
		return c
	}
	for _, name := range []string{"cache", "plugins"} {
		if _, err := m.CacheFrom.Directory(name).Entries(ctx); err != nil {
			warn(fmt.Sprintf("with-cache --from is left out: its folder %q is missing", name))
			return c
		}
	}
	c.source = m.CacheFrom
	return c
}

// mount gives a container the volumes of this cache and nobody else's.
func (c cache) mount(ctr *dagger.Container) *dagger.Container {
	for _, v := range []struct{ name, path string }{{"cache", cacheDir}, {"plugins", pluginsDir}} {
		opts := dagger.ContainerWithMountedCacheOpts{}
		if c.source != nil {
			opts.Source = c.source.Directory(v.name)
		}
		ctr = ctr.WithMountedCache(v.path, dag.CacheVolume(strings.Join([]string{"iac", string(c.purpose), c.name, v.name}, "-")), opts)
	}
	return ctr
}

// export copies the volumes into a folder.
func (c cache) export() *dagger.Directory {
	const out = "/iac/export"
	return once(c.mount(dag.Container().From(ghImage)).
		WithNewFile(out+"/"+exportMark, string(c.purpose)+"\n").
		WithDirectory(out+"/cache", dag.Directory()).
		WithDirectory(out+"/plugins", dag.Directory())).
		WithExec([]string{"cp", "-a", cacheDir + "/.", out + "/cache"}).
		WithExec([]string{"cp", "-a", pluginsDir + "/.", out + "/plugins"}).
		Directory(out)
}
