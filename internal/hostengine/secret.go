package hostengine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sort"
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

// masker writes *** over the values, the longest first.
func masker(values []string) *strings.Replacer {
	sort.Slice(values, func(i, j int) bool { return len(values[i]) > len(values[j]) })
	var pairs []string
	for _, v := range values {
		for _, form := range []string{v, strings.TrimSpace(v)} {
			if form != "" {
				pairs = append(pairs, form, "***")
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
