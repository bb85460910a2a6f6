package hostengine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// image is what an image's name stands for here: where its programs are, and its variables.
type image struct {
	path string
	env  []string
}

var pulumiImage = regexp.MustCompile(`^(?:docker\.io/)?pulumi/pulumi(?:-[a-z]+)?(?::v?([^@]+))?$`)

// basePrograms are what the small images have.
var basePrograms = []string{"sh", "cat", "cp", "gzip", "env", "ln", "ls", "mkdir", "sleep", "tar", "true", "false", "printf", "date", "rm", "test", "touch", "head", "tr", "wc", "find", "grep", "sed"}

// image finds the programs that an image's name stands for.
func (r *request) image(address string) (image, error) {
	if m := pulumiImage.FindStringSubmatch(address); m != nil {
		have, err := r.pulumiVersion()
		if err != nil {
			return image{}, err
		}
		if m[1] != "" && m[1] != "latest" && m[1] != have {
			return image{}, fmt.Errorf("failed to resolve image %q: the host engine has Pulumi %s only", address, have)
		}
		return image{
			path: r.Programs + ":" + os.Getenv("PATH"),
			env: append([]string{
				"GOMODCACHE=" + filepath.Join(r.ImageCaches, "go-mod"),
				"GOCACHE=" + filepath.Join(r.ImageCaches, "go-build"),
				"npm_config_cache=" + filepath.Join(r.ImageCaches, "npm"),
			}, r.PulumiEnv...),
		}, nil
	}
	name, _, _ := strings.Cut(address, ":")
	switch strings.TrimPrefix(name, "docker.io/") {
	case "alpine", "alpine/git", "library/alpine", "busybox":
		dir, err := r.baseImage()
		return image{path: dir, env: r.GitHubEnv}, err
	}
	return image{}, fmt.Errorf("failed to resolve image %q: the host engine stands in for pulumi/pulumi-…, alpine and busybox only", address)
}

// baseImage is a folder with just the programs of a small image.
func (r *request) baseImage() (string, error) {
	dir := filepath.Join(r.store.dir, "base-image-"+digest(basePrograms...)[:8])
	if isFolder(dir) {
		return dir, nil
	}
	return dir, r.store.fill(dir, func(tmp string) error {
		for _, name := range basePrograms {
			program, err := exec.LookPath(name)
			if err != nil {
				return err
			}
			if err := os.Symlink(program, filepath.Join(tmp, name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// pulumiVersion is the version of the Pulumi CLI that this host has, without a v.
func (r *request) pulumiVersion() (string, error) {
	program := filepath.Join(r.Programs, "pulumi")
	info, err := os.Stat(program)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("there is no Pulumi CLI at %s: `make tools` builds it", program)
	}
	if err != nil {
		return "", err
	}
	return r.store.remember("version", program, info, func() (string, error) { return r.askVersion(program) })
}

func (r *request) askVersion(program string) (string, error) {
	cmd := exec.CommandContext(r, program, "version")
	cmd.Env = []string{"PULUMI_SKIP_UPDATE_CHECK=true", "HOME=" + os.TempDir()}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("pulumi version: %w", err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), nil
}

// machineVariables are this host's own that an exec keeps: how it reaches the network and the
// package registries.
var machineVariables = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
	"GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOTOOLCHAIN", "GOROOT",
	"NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_USERCONFIG",
}

func machineEnv(environ []string) []string {
	var out []string
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); slices.Contains(machineVariables, name) {
			out = append(out, v)
		}
	}
	return append(out, homeSettings()...)
}

// homeSettings are the files of the user that say where registries are: an exec has another home.
var homeSettings = sync.OnceValue(func() []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	var out []string
	for name, file := range map[string]string{"GOENV": ".config/go/env", "NPM_CONFIG_USERCONFIG": ".npmrc"} {
		path := filepath.Join(home, file)
		if _, err := os.Stat(path); err == nil && os.Getenv(name) == "" {
			out = append(out, name+"="+path)
		}
	}
	return out
})
