package main

import (
	"context"
	"errors"
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
	// File that `cache-export` gave, for an engine that starts empty; caches that hold something already stay as they are
	//
	// +optional
	from *dagger.File,
) (*Iac, error) {
	if !cacheName.MatchString(name) {
		return nil, fmt.Errorf("invalid name %q: want up to 64 letters, digits, `-` and `_`", name)
	}
	c := *m
	c.OwnContainer, c.CacheName, c.CacheFrom = true, name, from
	return &c, nil
}

var cacheName = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// Gives what `with-cache` keeps as one file, for the cache of a CI system: `cache-export -o ../iac-cache.tar`
//
// +cache="never"
func (m *Iac) CacheExport(
	ctx context.Context,
	// Whose caches: those of `previews` (preview, drift) or of `deployments` (up, refresh, destroy)
	//
	// +default="previews"
	of string,
) (*dagger.File, error) {
	if of != string(previews) && of != string(deployments) {
		return nil, fmt.Errorf("invalid of %q: want previews or deployments", of)
	}
	c, err := m.keptCache(ctx, purpose(of))
	if err != nil {
		return nil, err
	}
	file := c.export()
	size, err := file.Size(ctx)
	if err != nil {
		return nil, errors.New("the caches could not be exported: " + explain(err))
	}
	warn(fmt.Sprintf("the caches of %s have %.1f MB", of, float64(size)/1e6))
	return file, nil
}

// cache is what is kept for one purpose under one name.
type cache struct {
	purpose purpose
	name    string
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
	// Go's files are read-only otherwise, and a CI system could not replace them. Without debug information a program is
	// linked in half the time; stack traces stay as they are.
	{"GOFLAGS", `-modcacherw "-ldflags=-s -w"`},
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

// keepCache begins to get the cache for a purpose.
func (m *Iac) keepCache(ctx context.Context, purpose purpose) *future[cache] {
	return start(func() (cache, error) { return m.keptCache(ctx, purpose) })
}

// apart are the caches that projects cannot use at the same time: each has a folder of its own then.
var apart = []string{"YARN_CACHE_FOLDER", "MAVEN_ARGS"}

// keptCache gives the cache for a purpose. Where it is still empty, it is filled with the exported one, if there is one.
func (m *Iac) keptCache(ctx context.Context, purpose purpose) (cache, error) {
	c := cache{purpose: purpose, name: m.CacheName}
	if m.CacheFrom == nil {
		return c, nil
	}
	said, err := once(c.mount(dag.Container().From(ghImage)).WithMountedFile(exportFile, m.CacheFrom)).
		WithExec([]string{"sh", "-c", importScript}).
		Stdout(ctx)
	if err != nil {
		return c, errors.New("the exported caches could not be unpacked: " + explain(err))
	}
	switch word := strings.TrimSpace(said); word {
	case "":
	case "broken":
		warn("with-cache --from is left out: it is not a whole file that cache-export gave")
	default:
		warn(fmt.Sprintf("with-cache --from is left out: it was exported for %q, and this run is one of %s", word, purpose))
	}
	return c, nil
}

// mount gives a container the volumes of this cache and nobody else's, and says whose they are.
func (c cache) mount(ctr *dagger.Container) *dagger.Container {
	for _, v := range []struct{ name, path string }{{"cache", cacheDir}, {"plugins", pluginsDir}} {
		ctr = ctr.WithMountedCache(v.path, dag.CacheVolume(strings.Join([]string{"iac", string(c.purpose), c.name, v.name}, "-")))
	}
	return ctr.WithEnvVariable("IAC_CACHE_PURPOSE", string(c.purpose))
}

// An export is one file, since thousands of small ones take minutes to leave an engine: an archive of a mark that names the
// purpose and of one compressed archive a volume. What is of no use to a later run is left out: logs, test results, and the
// archives of Go modules, which lie there unpacked as well.
const (
	exportFile   = "/iac/cache.tar"
	exportScript = `set -e
mkdir /iac/export
printf '%s\n' "$IAC_CACHE_PURPOSE" >/iac/export/iac-cache
cd /iac/cache
tar -cf /iac/export/cache.tar --exclude=./npm/_logs --exclude=./go-build/fuzz --exclude=./go-build/testexpire.txt \
	--exclude="./go-mod/cache/download/*.zip" .
cd /iac/pulumi/plugins
tar -cf /iac/export/plugins.tar .
cd /iac/export
gzip -1 cache.tar plugins.tar
tar -cf /iac/cache.tar iac-cache cache.tar.gz plugins.tar.gz
`
	// importScript leaves volumes alone that hold something, and prints a word if the file is not one for them.
	importScript = `set -e
cd /iac/cache
if [ -n "$(ls -A)" ]; then exit 0; fi
mkdir /iac/export
cd /iac/export
if ! tar -xf /iac/cache.tar iac-cache cache.tar.gz plugins.tar.gz 2>/dev/null || ! gzip -t cache.tar.gz plugins.tar.gz 2>/dev/null; then
	echo broken
	exit 0
fi
if [ "$(cat iac-cache)" != "$IAC_CACHE_PURPOSE" ]; then
	cat iac-cache
	exit 0
fi
cd /iac/cache
gzip -dc /iac/export/cache.tar.gz | tar -xf -
cd /iac/pulumi/plugins
gzip -dc /iac/export/plugins.tar.gz | tar -xf -
`
)

// export packs the volumes into one file.
func (c cache) export() *dagger.File {
	return once(c.mount(dag.Container().From(ghImage))).
		WithExec([]string{"sh", "-c", exportScript}).
		File(exportFile)
}
