package hostengine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// container is an image, what was put into it since, and the execs that ran in it. It is never
// changed: every with… gives a new one.
type container struct {
	image   string
	env     []variable
	secrets []secretVariable
	workdir string
	// after is the last exec, ops are what was put into the container since.
	after *execution
	ops   []op
}

type variable struct{ name, value string }

type secretVariable struct {
	name   string
	secret *secret
}

// op puts one thing at a path: one of dir, file and cache.
type op struct {
	path  string
	dir   *directory
	file  *file
	mode  fs.FileMode
	cache *volume
	// mount hides what the path held before; lock lets one exec at a time use the volume.
	mount, lock bool
}

func (o op) key() string {
	switch {
	case o.dir != nil:
		return fmt.Sprintf("dir %s %t %s", o.path, o.mount, o.dir.key())
	case o.file != nil:
		return fmt.Sprintf("file %s %o %s", o.path, o.mode, o.file.key())
	}
	return "cache " + o.path + " " + o.cache.key()
}

// volume is a folder that outlives sessions. With a source it is another one for each content of it.
type volume struct {
	name   string
	source *directory
}

func (v *volume) typeName() string { return "CacheVolume" }
func (v *volume) key() string {
	if v.source == nil {
		return v.name
	}
	return v.name + " from " + v.source.key()
}

func (c *container) typeName() string { return "Container" }
func (c *container) key() string {
	parts := []string{c.image, c.workdir}
	for _, v := range c.env {
		parts = append(parts, v.name, v.value)
	}
	for _, v := range c.secrets {
		parts = append(parts, "secret", v.name, v.secret.key())
	}
	for _, o := range c.ops {
		parts = append(parts, o.key())
	}
	if c.after != nil {
		parts = append(parts, c.after.key())
	}
	return digest(parts...)
}

// with gives a changed copy of a container.
func (c *container) with(change func(*container)) *container {
	out := *c
	out.env, out.secrets, out.ops = slices.Clone(c.env), slices.Clone(c.secrets), slices.Clone(c.ops)
	change(&out)
	return &out
}

func (c *container) withVariable(name, value string) *container {
	return c.with(func(c *container) {
		c.env = append(slices.DeleteFunc(c.env, func(v variable) bool { return v.name == name }), variable{name, value})
	})
}

func (c *container) withSecret(name string, s *secret) *container {
	return c.with(func(c *container) {
		c.secrets = append(slices.DeleteFunc(c.secrets, func(v secretVariable) bool { return v.name == name }), secretVariable{name, s})
	})
}

func (c *container) withOp(o op) *container {
	o.path = c.abs(o.path)
	return c.with(func(c *container) { c.ops = append(c.ops, o) })
}

func (c *container) withExec(e execution) *container {
	return c.with(func(n *container) {
		e.in = c
		n.after = &e
		n.ops = nil
	})
}

// abs is a path of the container, from its working directory where it is relative.
func (c *container) abs(name string) string {
	if !path.IsAbs(name) {
		name = path.Join("/", c.workdir, name)
	}
	return path.Clean(name)
}

var errNoExec = errors.New("no command has been set")

func init() {
	resolvers["Query.container"] = func(*request, object, arguments) (any, error) { return &container{}, nil }
	resolvers["Query.cacheVolume"] = func(r *request, _ object, a arguments) (any, error) {
		v := &volume{name: a.string("key")}
		return v, r.source(v, a)
	}
	method("Container.from", func(_ *request, c *container, a arguments) (any, error) {
		return c.with(func(c *container) { c.image = a.string("address") }), nil
	})
	method("Container.withWorkdir", func(_ *request, c *container, a arguments) (any, error) {
		return c.with(func(n *container) { n.workdir = c.abs(a.string("path")) }), nil
	})
	method("Container.workdir", func(_ *request, c *container, _ arguments) (any, error) { return c.workdir, nil })
	method("Container.withEnvVariable", func(_ *request, c *container, a arguments) (any, error) {
		return c.withVariable(a.string("name"), a.string("value")), nil
	})
	method("Container.envVariable", func(_ *request, c *container, a arguments) (any, error) {
		for _, v := range c.env {
			if v.name == a.string("name") {
				return v.value, nil
			}
		}
		return nil, nil
	})
	method("Container.withSecretVariable", func(r *request, c *container, a arguments) (any, error) {
		s, err := byID[*secret](r, a["secret"])
		if err != nil {
			return nil, err
		}
		return c.withSecret(a.string("name"), s), nil
	})
	containerFiles()
	containerResults()
}

// source gives a volume the folder of the argument source, where there is one.
func (r *request) source(v *volume, a arguments) (err error) {
	if a["source"] != nil {
		v.source, err = byID[*directory](r, a["source"])
	}
	return err
}

func containerFiles() {
	withDirectory := func(mount bool) func(*request, *container, arguments) (any, error) {
		return func(r *request, c *container, a arguments) (any, error) {
			d, err := r.taken(a)
			if err != nil {
				return nil, err
			}
			return c.withOp(op{path: a.string("path"), dir: d, mount: mount}), nil
		}
	}
	method("Container.withDirectory", withDirectory(false))
	method("Container.withMountedDirectory", withDirectory(true))
	withFile := func(r *request, c *container, a arguments) (any, error) {
		f, err := byID[*file](r, a["source"])
		if err != nil {
			return nil, err
		}
		return c.withOp(op{path: a.string("path"), file: f, mode: permissions(a, f.mode)}), nil
	}
	method("Container.withFile", withFile)
	method("Container.withMountedFile", withFile)
	method("Container.withNewFile", func(r *request, c *container, a arguments) (any, error) {
		f, err := r.store.newFile(path.Base(a.string("path")), a.string("contents"), permissions(a, 0o644))
		if err != nil {
			return nil, err
		}
		return c.withOp(op{path: a.string("path"), file: f, mode: f.mode}), nil
	})
	method("Container.withMountedCache", func(r *request, c *container, a arguments) (any, error) {
		given, err := byID[*volume](r, a["cache"])
		if err != nil {
			return nil, err
		}
		v := *given
		if err := r.source(&v, a); err != nil {
			return nil, err
		}
		return c.withOp(op{path: a.string("path"), cache: &v, lock: a.string("sharing") == "LOCKED"}), nil
	})
}

func containerResults() {
	method("Container.withExec", func(_ *request, c *container, a arguments) (any, error) {
		args := a.strings("args")
		if len(args) == 0 {
			return nil, errNoExec
		}
		e := execution{args: args, expect: a.string("expect"), stdin: a.string("stdin")}
		for i, name := range []string{"redirectStdout", "redirectStderr"} {
			if to := a.string(name); to != "" {
				e.redirects[i] = c.abs(to)
			}
		}
		return c.withExec(e), nil
	})
	output := func(name string, value func(*result) (any, error)) {
		method("Container."+name, func(r *request, c *container, _ arguments) (any, error) {
			if c.after == nil {
				return nil, errNoExec
			}
			res, err := r.run(c.after, false)
			if err != nil {
				return nil, err
			}
			return value(res)
		})
	}
	output("stdout", func(res *result) (any, error) { return res.printed(stdout) })
	output("stderr", func(res *result) (any, error) { return res.printed(stderr) })
	output("exitCode", func(res *result) (any, error) { return res.ExitCode, nil })
	method("Container.sync", func(r *request, c *container, _ arguments) (any, error) {
		if c.after != nil {
			if _, err := r.run(c.after, false); err != nil {
				return nil, err
			}
		}
		return r.id(c), nil
	})
	method("Container.file", func(r *request, c *container, a arguments) (any, error) {
		return lookUp(r, c, a, r.store.addFile)
	})
	method("Container.directory", func(r *request, c *container, a arguments) (any, error) {
		return lookUp(r, c, a, func(name string) (*directory, error) { return r.store.addFolder(name, filter{}) })
	})
	method("Container.exists", func(r *request, c *container, a arguments) (any, error) {
		_, err := lookUp(r, c, a, func(string) (bool, error) { return true, nil })
		if errors.Is(err, errNotThere) {
			return false, nil
		}
		return true, err
	})
}

// lookUp gives what take makes of a copy of the path of a container. The text in the copy has the
// container's paths in it.
func lookUp[T any](r *request, c *container, a arguments, take func(name string) (T, error)) (out T, err error) {
	name := c.abs(a.string("path"))
	if c.cacheAt(name) {
		return out, fmt.Errorf("%s: cannot retrieve path from cache", name)
	}
	tmp, err := os.MkdirTemp(filepath.Join(r.store.dir, "tmp"), "")
	if err != nil {
		return out, err
	}
	defer func() { _ = removeAll(tmp) }()
	root := filepath.Join(tmp, "root")
	if c.after != nil && len(c.ops) == 0 {
		res, err := r.run(c.after, true)
		if err != nil {
			return out, err
		}
		root = res.tree
	} else {
		unlock, err := r.layOut(c, root)
		if err != nil {
			return out, err
		}
		unlock()
	}
	copied := filepath.Join(tmp, "copy", filepath.Base(name))
	if err := r.copyOut(c, inside(root, name), copied); err != nil {
		return out, notThere(err, a.string("path"))
	}
	return take(copied)
}

// copyOut copies a file or a folder of a container, with the container's paths in it where it is text.
func (r *request) copyOut(c *container, from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	paths := r.hostPaths(c)
	place := func(from, to string, mode fs.FileMode) error {
		text, err := readText(from)
		if err != nil {
			return err
		}
		if cleaned := paths.replace(text); !bytes.Equal(cleaned, text) {
			return os.WriteFile(to, cleaned, mode|0o600)
		}
		return linkFile(from, to, mode)
	}
	if info.IsDir() {
		return errors.Join(os.MkdirAll(to, 0o755), copyTree(from, to, place))
	}
	if from, err = filepath.EvalSymlinks(from); err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), place(from, to, info.Mode().Perm()))
}

// cacheAt says whether a path of the container lies in a volume.
func (c *container) cacheAt(name string) bool {
	for at := c; at != nil; at = at.before() {
		for _, o := range at.ops {
			if o.cache != nil && (name == o.path || strings.HasPrefix(name, o.path+"/")) {
				return true
			}
		}
	}
	return false
}

// known are the places of the container that a rewritten path can begin with.
func (c *container) known() []string {
	var out []string
	for at := c; at != nil; at = at.before() {
		for _, o := range at.ops {
			out = append(out, o.path)
			if top := "/" + strings.Split(o.path, "/")[1]; !systemFolder[top] {
				out = append(out, top)
			}
		}
		if at.workdir != "" && at.workdir != "/" {
			out = append(out, at.workdir)
		}
		if at.after != nil {
			out = append(out, at.after.redirects[:]...)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(name string) bool { return name == "" })
}

func (c *container) before() *container {
	if c.after == nil {
		return nil
	}
	return c.after.in
}

// systemFolder are the folders that an exec shares with this host, but for what was put there.
var systemFolder = map[string]bool{
	"/bin": true, "/dev": true, "/etc": true, "/lib": true, "/opt": true, "/proc": true, "/run": true,
	"/sbin": true, "/sys": true, "/tmp": true, "/usr": true, "/var": true, "/home": true,
}
