package hostengine

import (
	"fmt"
	"path/filepath"
	"slices"
)

// resolvers are the fields of the schema by type and name. "id" and "__typename" need none.
var resolvers = map[string]resolver{}

// method registers a field of the type that T is.
func method[T object](name string, f func(r *request, self T, a arguments) (any, error)) {
	resolvers[name] = func(r *request, self object, a arguments) (any, error) {
		return f(r, self.(T), a)
	}
}

// query0 is the root of every query.
type query0 struct{}

func (query0) typeName() string { return "Query" }
func (query0) key() string      { return "" }

func init() {
	resolvers["Query.version"] = func(*request, object, arguments) (any, error) { return "v0.21.8", nil }
	resolvers["Query.node"] = load[object]
	resolvers["Query.loadContainerFromID"] = load[*container]
	resolvers["Query.loadDirectoryFromID"] = load[*directory]
	resolvers["Query.loadFileFromID"] = load[*file]
	resolvers["Query.loadSecretFromID"] = load[*secret]
	resolvers["Query.loadCacheVolumeFromID"] = load[*volume]
	resolvers["Query.loadErrorFromID"] = load[*callError]
}

func load[T object](r *request, _ object, a arguments) (any, error) {
	return byID[T](r, a["id"])
}

// host is the machine of the caller. A module has none here: on an engine it would see only its own
// container, and a module that relies on that does not work on both.
type host struct{}

func (host) typeName() string { return "Host" }
func (host) key() string      { return "" }

func init() {
	resolvers["Query.host"] = func(r *request, _ object, _ arguments) (any, error) {
		if r.client != r.root {
			return nil, fmt.Errorf("a module has no host here: it takes files and folders as arguments")
		}
		return host{}, nil
	}
	method("Host.directory", func(r *request, _ host, a arguments) (any, error) {
		return r.hostDirectory(r.callersFile(a.string("path")), filter{a.strings("include"), a.strings("exclude")})
	})
	method("Host.file", func(r *request, _ host, a arguments) (any, error) {
		return r.store.addFile(r.callersFile(a.string("path")))
	})
}

// callersFile is a path of the caller's on this host.
func (s *Session) callersFile(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Workdir, name)
}

// hostDirectory takes a folder of the caller's, without those that are the engine's own.
func (s *Session) hostDirectory(path string, f filter) (*directory, error) {
	for _, dir := range append([]string{s.Dir, s.Programs}, s.Hidden...) {
		if rel, err := filepath.Rel(path, dir); err == nil && filepath.IsLocal(rel) && rel != "." {
			f.exclude = append(slices.Clip(f.exclude), filepath.ToSlash(rel))
		}
	}
	return s.store.addFolder(path, f)
}
