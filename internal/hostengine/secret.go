package hostengine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// secret is read when it is used, not before.
type secret struct {
	// uri is env://NAME, file://PATH or cmd://COMMAND; name is set for a secret of setSecret.
	uri, name string
}

func (s *secret) typeName() string { return "Secret" }
func (s *secret) key() string      { return s.uri + "\x00" + s.name }

func init() {
	resolvers["Query.secret"] = func(_ *request, _ object, a arguments) (any, error) {
		uri := a.string("uri")
		scheme, _, ok := strings.Cut(uri, "://")
		if !ok || (scheme != "env" && scheme != "file" && scheme != "cmd") {
			return nil, fmt.Errorf("a secret is env://NAME, file://PATH or cmd://COMMAND, not %q", scheme)
		}
		return &secret{uri: uri}, nil
	}
	resolvers["Query.setSecret"] = func(r *request, _ object, a arguments) (any, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.secrets[a.string("name")] = a.string("plaintext")
		return &secret{name: a.string("name")}, nil
	}
	method("Secret.name", func(_ *request, s *secret, _ arguments) (any, error) { return s.name, nil })
	method("Secret.uri", func(_ *request, s *secret, _ arguments) (any, error) { return s.uri, nil })
	method("Secret.plaintext", func(r *request, s *secret, _ arguments) (any, error) { return r.plaintext(s) })
}

// plaintext reads a secret. What file and cmd give is not trimmed.
func (r *request) plaintext(s *secret) (string, error) {
	scheme, rest, _ := strings.Cut(s.uri, "://")
	switch scheme {
	case "env":
		value, ok := Lookup(r.Environ, rest)
		if !ok {
			return "", fmt.Errorf("secret env var not found: %q", rest)
		}
		return value, nil
	case "file":
		text, err := os.ReadFile(rest)
		return string(text), err
	case "cmd":
		cmd := exec.CommandContext(r, "sh", "-c", rest)
		cmd.Env = r.Environ
		out, err := cmd.Output()
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return "", fmt.Errorf("secret cmd %q: %w: %s", rest, err, strings.TrimSpace(string(failed.Stderr)))
		}
		return string(out), err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.secrets[s.name], nil
}

// Lookup finds the last NAME=value of a name.
func Lookup(environ []string, name string) (string, bool) {
	for i := len(environ) - 1; i >= 0; i-- {
		if n, value, _ := strings.Cut(environ[i], "="); n == name {
			return value, true
		}
	}
	return "", false
}

// replacer writes other text over some, given as pairs of old and new.
type replacer [][2]string

// masker writes *** over secrets.
func masker(secrets []variable) replacer {
	var out replacer
	for _, s := range secrets {
		out = append(out, [2]string{s.value, "***"}, [2]string{strings.TrimSpace(s.value), "***"})
	}
	return out
}

// replace gives text with what is to be written over, the longest first. Most text has nothing of it,
// and is looked through quickly.
func (r replacer) replace(text []byte) []byte {
	r = slices.DeleteFunc(slices.Clone(r), func(p [2]string) bool { return p[0] == "" || !bytes.Contains(text, []byte(p[0])) })
	if len(r) == 0 {
		return text
	}
	slices.SortStableFunc(r, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	var pairs []string
	for _, p := range r {
		pairs = append(pairs, p[:]...)
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(text)))
}
