package hostengine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
)

// store keeps folders and files by their content. Nothing in it is ever changed.
type store struct{ dir string }

func openStore(dir string) (*store, error) {
	for _, name := range []string{"folders", "files", "volumes", "execs", "roots", "known", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return nil, err
		}
	}
	return &store{dir}, nil
}

// filter says which entries of a folder are taken, by patterns as in a .dockerignore file.
type filter struct{ include, exclude []string }

// entry is one file, symbolic link or empty folder below a root.
type entry struct {
	path string
	mode fs.FileMode
}

// walk lists what a filter takes of a folder, sorted by path.
func (f filter) walk(root string) ([]entry, error) {
	include, err := patternmatcher.New(f.include)
	if err != nil {
		return nil, fmt.Errorf("include: %w", err)
	}
	exclude, err := patternmatcher.New(f.exclude)
	if err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	var out []entry
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		out1, err := exclude.MatchesOrParentMatches(rel)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if out1 && !exclude.Exclusions() {
				return fs.SkipDir
			}
			if out1 || len(f.include) > 0 {
				return nil
			}
		} else if len(f.include) > 0 && !out1 {
			in, err := include.MatchesOrParentMatches(rel)
			if err != nil || !in {
				return err
			}
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !out1 && (d.IsDir() || info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0) {
			out = append(out, entry{filepath.ToSlash(rel), info.Mode()})
		}
		return nil
	})
	return out, err
}

// addFolder takes a folder of the host into the store.
func (s *store) addFolder(root string, f filter) (*directory, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, not a folder", root)
	}
	entries, err := f.walk(root)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, e := range entries {
		content, err := hashEntry(root, e)
		if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(h, "%q %o %s\n", e.path, e.mode&(fs.ModeType|0o111), content)
	}
	d := &directory{path: filepath.Join(s.dir, "folders", hex.EncodeToString(h.Sum(nil)))}
	if _, err := os.Stat(d.path); err == nil {
		return d, nil
	}
	return d, s.fill(d.path, func(tmp string) error { return copyEntries(root, entries, tmp, copyFile) })
}

// fill makes a folder of the store, whole or not at all.
func (s *store) fill(target string, write func(tmp string) error) error {
	tmp, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "")
	if err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := write(tmp); err != nil {
		_ = os.RemoveAll(tmp)
		return err
	}
	if err := os.Rename(tmp, target); err != nil {
		_ = os.RemoveAll(tmp)
		if _, statErr := os.Stat(target); statErr != nil {
			return err
		}
	}
	return nil
}

// change gives a folder like d after edit has worked on a copy of it.
func (s *store) change(d *directory, edit func(tmp string) error) (*directory, error) {
	tmp, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	if d.path != "" {
		if err := copyTree(d.path, tmp, copyFile); err != nil {
			return nil, err
		}
	}
	if err := edit(tmp); err != nil {
		return nil, err
	}
	return s.addFolder(tmp, filter{})
}

// addFile takes a file of the host into the store.
func (s *store) addFile(name string) (*file, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", name)
	}
	sum, err := s.remember("sum", name, info, func() (string, error) { return hashFile(name) })
	if err != nil {
		return nil, err
	}
	f := &file{name: filepath.Base(name), path: filepath.Join(s.dir, "files", sum), mode: info.Mode().Perm()}
	if _, err := os.Stat(f.path); err == nil {
		return f, nil
	}
	return f, s.putFile(f.path, func(tmp string) error { return copyFile(name, tmp, 0o755) })
}

// large is the size from which on what is known of a file is kept, as long as the file stays the same.
const large = 1 << 20

// remember gives what find finds out of a file, which for a large file is asked once.
func (s *store) remember(what, name string, info fs.FileInfo, find func() (string, error)) (string, error) {
	if info.Size() < large {
		return find()
	}
	note := filepath.Join(s.dir, "known", digest(what, name, fmt.Sprint(info.Size(), info.ModTime().UnixNano())))
	if text, err := os.ReadFile(note); err == nil && len(text) > 0 {
		return string(text), nil
	}
	found, err := find()
	if err == nil {
		err = s.putFile(note, func(tmp string) error { return os.WriteFile(tmp, []byte(found), 0o600) })
	}
	return found, err
}

// newFile makes a file of the store from its content.
func (s *store) newFile(name, contents string, mode fs.FileMode) (*file, error) {
	sum := sha256.Sum256([]byte(contents))
	f := &file{name: name, path: filepath.Join(s.dir, "files", hex.EncodeToString(sum[:])), mode: mode}
	if _, err := os.Stat(f.path); err == nil {
		return f, nil
	}
	return f, s.putFile(f.path, func(tmp string) error { return os.WriteFile(tmp, []byte(contents), 0o755) })
}

func (s *store) putFile(target string, write func(tmp string) error) error {
	tmp, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "")
	if err != nil {
		return err
	}
	_ = tmp.Close()
	if err := errors.Join(write(tmp.Name()), os.Chmod(tmp.Name(), 0o755)); err != nil {
		_ = os.Remove(tmp.Name())
		return err
	}
	return os.Rename(tmp.Name(), target)
}

func hashEntry(root string, e entry) (string, error) {
	name := filepath.Join(root, filepath.FromSlash(e.path))
	switch {
	case e.mode.IsDir():
		return "", nil
	case e.mode&fs.ModeSymlink != 0:
		return os.Readlink(name)
	}
	return hashFile(name)
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// copyTree copies all of a folder into another one, over what is there.
func copyTree(from, to string, place func(from, to string, mode fs.FileMode) error) error {
	entries, err := filter{}.walk(from)
	if err != nil {
		return err
	}
	return copyEntries(from, entries, to, place)
}

func copyEntries(root string, entries []entry, to string, place func(from, to string, mode fs.FileMode) error) error {
	for _, e := range entries {
		source, target := filepath.Join(root, filepath.FromSlash(e.path)), filepath.Join(to, filepath.FromSlash(e.path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		var err error
		switch {
		case e.mode.IsDir():
			err = os.MkdirAll(target, e.mode.Perm()|0o700)
		case e.mode&fs.ModeSymlink != 0:
			var link string
			if link, err = os.Readlink(source); err == nil {
				_ = os.Remove(target)
				err = os.Symlink(link, target)
			}
		default:
			_ = os.Remove(target)
			err = place(source, target, e.mode.Perm())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readText gives the content of a file, or nothing where it is no text.
func readText(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	begin := make([]byte, 8<<10)
	n, _ := io.ReadFull(f, begin)
	if err := f.Close(); err != nil || bytes.IndexByte(begin[:n], 0) >= 0 {
		return nil, err
	}
	return os.ReadFile(name)
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// linkFile shares a file between trees of execs: quick for the thousands of files of a node_modules.
func linkFile(from, to string, mode fs.FileMode) error {
	if err := os.Link(from, to); err != nil {
		return copyFile(from, to, mode)
	}
	return nil
}

// inside gives the place of a path of a container or a folder below root, never outside of it.
func inside(root, name string) string {
	return filepath.Join(root, filepath.FromSlash(path.Clean("/"+name)))
}

// directory is a folder of the store; the empty one has no path.
type directory struct{ path string }

func (d *directory) typeName() string { return "Directory" }
func (d *directory) key() string      { return filepath.Base(d.path) }

// file is a file of the store, with the name and the permissions that it has where it is used.
type file struct {
	name, path string
	mode       fs.FileMode
}

func (f *file) typeName() string { return "File" }
func (f *file) key() string {
	return fmt.Sprintf("%s %o %s", f.name, f.mode, filepath.Base(f.path))
}

func init() {
	resolvers["Query.directory"] = func(r *request, _ object, _ arguments) (any, error) {
		return r.store.change(&directory{}, func(string) error { return nil })
	}
	resolvers["Query.file"] = func(r *request, _ object, a arguments) (any, error) {
		return r.store.newFile(a.string("name"), a.string("contents"), permissions(a, 0o644))
	}
	fileMethods()
	directoryMethods()
}

func permissions(a arguments, standard fs.FileMode) fs.FileMode {
	if mode, ok := a.int("permissions"); ok {
		return fs.FileMode(mode) & fs.ModePerm
	}
	return standard
}

// largestContents is the size of the largest file that is given as a string.
const largestContents = 128 << 20

func fileMethods() {
	method("File.contents", func(_ *request, f *file, _ arguments) (any, error) {
		info, err := os.Stat(f.path)
		if err != nil {
			return nil, err
		}
		if info.Size() > largestContents {
			return nil, fmt.Errorf("file size %d exceeds limit %d", info.Size(), largestContents)
		}
		text, err := os.ReadFile(f.path)
		return string(text), err
	})
	method("File.name", func(_ *request, f *file, _ arguments) (any, error) { return f.name, nil })
	method("File.digest", func(_ *request, f *file, _ arguments) (any, error) { return "sha256:" + filepath.Base(f.path), nil })
	method("File.sync", func(r *request, f *file, _ arguments) (any, error) { return r.id(f), nil })
	method("File.size", func(_ *request, f *file, _ arguments) (any, error) {
		info, err := os.Stat(f.path)
		if err != nil {
			return nil, err
		}
		return info.Size(), nil
	})
	method("File.export", func(r *request, f *file, a arguments) (any, error) {
		target, err := r.callersPath(a.string("path"))
		if err != nil {
			return nil, err
		}
		if isFolder(target) {
			if !a.bool("allowParentDirPath") {
				return nil, fmt.Errorf("destination %q is a directory; must be a file path unless allowParentDirPath is set", target)
			}
			target = filepath.Join(target, f.name)
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return nil, err
		}
		return target, copyFile(f.path, target, f.mode)
	})
}

// callersPath is a path of the file system of who asks: the caller's own, or for a module, which has no
// other here, this host's. A module begins in a folder that goes with it.
func (r *request) callersPath(name string) (string, error) {
	if call := r.client.call; call != nil && !filepath.IsAbs(name) {
		return filepath.Join(call.home, name), nil
	}
	return filepath.Abs(name)
}

func directoryMethods() {
	method("Directory.name", func(_ *request, _ *directory, _ arguments) (any, error) { return "/", nil })
	method("Directory.digest", func(_ *request, d *directory, _ arguments) (any, error) { return "sha256:" + d.key(), nil })
	method("Directory.sync", func(r *request, d *directory, _ arguments) (any, error) { return r.id(d), nil })
	method("Directory.entries", func(_ *request, d *directory, a arguments) (any, error) {
		list, err := os.ReadDir(inside(d.path, a.string("path")))
		if err != nil {
			return nil, notThere(err, a.string("path"))
		}
		names := []string{}
		for _, e := range list {
			name := e.Name()
			if e.IsDir() {
				name += "/"
			}
			names = append(names, name)
		}
		return names, nil
	})
	method("Directory.exists", func(_ *request, d *directory, a arguments) (any, error) {
		_, err := os.Stat(inside(d.path, a.string("path")))
		return err == nil, nil
	})
	method("Directory.glob", func(_ *request, d *directory, a arguments) (any, error) {
		entries, err := filter{include: []string{a.string("pattern")}}.walk(d.path)
		names := []string{}
		for _, e := range entries {
			names = append(names, e.path)
		}
		return names, err
	})
	method("Directory.file", func(r *request, d *directory, a arguments) (any, error) {
		f, err := r.store.addFile(inside(d.path, a.string("path")))
		return f, notThere(err, a.string("path"))
	})
	method("Directory.directory", func(r *request, d *directory, a arguments) (any, error) {
		sub, err := r.store.addFolder(inside(d.path, a.string("path")), filter{})
		return sub, notThere(err, a.string("path"))
	})
	method("Directory.filter", func(r *request, d *directory, a arguments) (any, error) {
		return r.store.addFolder(d.path, filter{a.strings("include"), a.strings("exclude")})
	})
	method("Directory.export", func(r *request, d *directory, a arguments) (any, error) {
		target, err := r.callersPath(a.string("path"))
		if err != nil {
			return nil, err
		}
		if a.bool("wipe") {
			if err := os.RemoveAll(target); err != nil {
				return nil, err
			}
		}
		if err := os.MkdirAll(target, 0o755); err != nil {
			return nil, err
		}
		return target, copyTree(d.path, target, copyFile)
	})
	directoryEdits()
}

func directoryEdits() {
	method("Directory.withNewFile", func(r *request, d *directory, a arguments) (any, error) {
		return r.store.change(d, func(tmp string) error {
			return writeFile(inside(tmp, a.string("path")), a.string("contents"), permissions(a, 0o644))
		})
	})
	method("Directory.withFile", func(r *request, d *directory, a arguments) (any, error) {
		f, err := byID[*file](r, a["source"])
		if err != nil {
			return nil, err
		}
		return r.store.change(d, func(tmp string) error { return f.place(inside(tmp, a.string("path")), permissions(a, f.mode)) })
	})
	method("Directory.withDirectory", func(r *request, d *directory, a arguments) (any, error) {
		source, err := r.taken(a)
		if err != nil {
			return nil, err
		}
		return r.store.change(d, func(tmp string) error { return source.place(inside(tmp, a.string("path"))) })
	})
	remove := func(r *request, d *directory, a arguments) (any, error) {
		name := strings.TrimPrefix(path.Clean("/"+a.string("path")), "/")
		return r.store.addFolder(d.path, filter{exclude: []string{name}})
	}
	method("Directory.withoutFile", remove)
	method("Directory.withoutDirectory", remove)
}

// taken is the folder of the argument source, without what include and exclude leave out.
func (r *request) taken(a arguments) (*directory, error) {
	source, err := byID[*directory](r, a["source"])
	if err != nil {
		return nil, err
	}
	f := filter{a.strings("include"), a.strings("exclude")}
	if len(f.include)+len(f.exclude) == 0 {
		return source, nil
	}
	return r.store.addFolder(source.path, f)
}

func (d *directory) place(target string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return copyTree(d.path, target, copyFile)
}

// place puts a file where it belongs. A program is shared with the store: it is not written to.
func (f *file) place(target string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	_ = os.Remove(target)
	if mode&0o111 != 0 {
		return linkFile(f.path, target, mode)
	}
	return copyFile(f.path, target, mode)
}

func writeFile(target, contents string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, []byte(contents), mode)
}

// notThere names a missing path as an engine does, without the place it has on this host.
func notThere(err error, name string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", strings.TrimPrefix(name, "/"), errNotThere)
	}
	return err
}

var errNotThere = errors.New("no such file or directory")
