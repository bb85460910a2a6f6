package pullrequest

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// defaultHost is where a repository without a host lies.
const defaultHost = "github.com"

// Repository is a repository on github.com or on a GitHub Enterprise Server.
type Repository struct {
	// Host is in small letters, with the port if it is not the usual one.
	Host string
	// Owner and Name have only letters that GitHub allows.
	Owner, Name string
}

// String returns OWNER/NAME, with the host in front where it is not
// github.com, as gh takes it.
func (r Repository) String() string {
	if r.Host == "" || r.Host == defaultHost {
		return r.Owner + "/" + r.Name
	}
	return r.Host + "/" + r.Owner + "/" + r.Name
}

// ParseRepository returns the repository that s means: owner/name,
// host/owner/name, a URL (https, http, ssh, git) or git's short form
// git@host:owner/name, each with or without .git at its end. Without a host it
// is on github.com. A user and a password in s are dropped, and not in the
// error either.
func ParseRepository(s string) (Repository, error) {
	s = strings.TrimSpace(s)
	host, path, ok := split(s)
	if !ok {
		return Repository{}, notRepository(s)
	}
	owner, name, _ := strings.Cut(path, "/")
	repository, ok := newRepository(host, owner, strings.TrimSuffix(name, ".git"))
	if !ok {
		return Repository{}, notRepository(s)
	}
	return repository, nil
}

func notRepository(s string) error {
	return fmt.Errorf("%s is not a repository on GitHub: expected OWNER/NAME, HOST/OWNER/NAME "+
		"or a URL of it (https://HOST/OWNER/NAME, git@HOST:OWNER/NAME)", shown(s))
}

// split takes s apart into the host and owner/name.
func split(s string) (host, path string, ok bool) {
	if strings.Contains(s, "://") {
		return splitURL(s)
	}
	s = strings.TrimSuffix(s, "/")
	switch before, after, colon := strings.Cut(s, ":"); {
	case colon && strings.Count(s, "/") == 2 && !strings.HasPrefix(after, "/"):
		// host:port/owner/name
	case colon && !strings.Contains(before, "/"):
		// user@host:owner/name
		host = before[strings.LastIndexByte(before, '@')+1:]
		// A name without a dot is an alias of somebody's ssh configuration, which is not known here.
		return host, strings.TrimPrefix(after, "/"), strings.Contains(host, ".")
	}
	if strings.Count(s, "/") == 1 {
		return defaultHost, s, true
	}
	return strings.Cut(s, "/")
}

func splitURL(s string) (host, path string, ok bool) {
	u, err := url.Parse(s)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", false
	}
	path = strings.Trim(u.EscapedPath(), "/")
	switch u.Scheme {
	case "https", "http":
		return webHost(u), path, true
	case "ssh", "git":
		// The port is that of ssh or git, not the one of the API.
		return u.Hostname(), path, strings.Contains(u.Hostname(), ".")
	}
	return "", "", false
}

// webHost returns the host of u, with the port if it is not the usual one.
func webHost(u *url.URL) string {
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return u.Hostname()
	}
	return u.Host
}

var (
	// A host is a name or an IPv4 address, with or without a port.
	hostForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::([0-9]{1,5}))?$`)
	// Owners of managed users have an underscore.
	ownerForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,38}$`)
	nameForm  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
)

// newRepository checks the parts of a repository.
func newRepository(host, owner, name string) (Repository, bool) {
	host, ok := checkHost(strings.ToLower(host))
	if !ok || !ownerForm.MatchString(owner) || !nameForm.MatchString(name) {
		return Repository{}, false
	}
	if name == "." || name == ".." || strings.HasSuffix(name, ".git") {
		return Repository{}, false
	}
	return Repository{Host: host, Owner: owner, Name: name}, true
}

func checkHost(host string) (string, bool) {
	match := hostForm.FindStringSubmatch(host)
	if match == nil || len(host) > 255 {
		return "", false
	}
	if port := match[1]; port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return "", false
		}
	}
	switch host {
	case "www.github.com", "ssh.github.com":
		return defaultHost, true
	case "gitlab.com", "bitbucket.org", "dev.azure.com":
		// Surely not GitHub: the token must not be sent there.
		return "", false
	}
	return host, true
}
