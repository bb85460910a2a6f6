package pullrequest

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
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

var (
	// ErrElsewhere is in the error for a repository that is surely not on GitHub.
	ErrElsewhere = errors.New("not a repository on GitHub, but on another forge")
	// ErrAlias is in the error for a repository whose host is an alias of
	// somebody's ssh configuration, which is not known here.
	ErrAlias = errors.New("not a repository on a known host, but behind an alias of ssh's configuration")
)

// ParseRepository returns the repository that s means: owner/name,
// host/owner/name, a URL (https, http, ssh, git) or git's short form
// git@host:owner/name, each with or without .git at its end. Without a host it
// is on github.com. A user and a password in s are dropped, and not in the
// error either.
func ParseRepository(s string) (Repository, error) {
	s = strings.TrimSpace(s)
	a, ok := split(s)
	if ok && isElsewhere(a.host) {
		return Repository{}, notRepository(s, ErrElsewhere)
	}
	repository, named := a.repository()
	if ok && named && a.ssh && isAlias(a.host) {
		return Repository{}, notRepository(s, ErrAlias)
	}
	host, known := checkHost(a.host)
	if !ok || !named || !known {
		return Repository{}, notRepository(s, nil)
	}
	repository.Host = host
	return repository, nil
}

// ParseSlug returns the owner and the name in s, which has one of the forms of
// ParseRepository, without its host, whatever that is.
func ParseSlug(s string) (Repository, error) {
	a, ok := split(strings.TrimSpace(s))
	repository, named := a.repository()
	if !ok || !named {
		return Repository{}, notRepository(s, nil)
	}
	return repository, nil
}

func notRepository(s string, why error) error {
	if why != nil {
		return fmt.Errorf("%s is %w: expected OWNER/NAME or HOST/OWNER/NAME", Shown(s), why)
	}
	return fmt.Errorf("%s is not a repository on GitHub: expected OWNER/NAME, HOST/OWNER/NAME "+
		"or a URL of it (https://HOST/OWNER/NAME, git@HOST:OWNER/NAME)", Shown(s))
}

// address is where a repository lies, not yet checked.
type address struct {
	host, path string // path is owner/name
	ssh        bool   // the host may be an alias
}

// repository is what the path names, without a host.
func (a address) repository() (Repository, bool) {
	owner, name, _ := strings.Cut(a.path, "/")
	name = strings.TrimSuffix(name, ".git")
	if !ownerForm.MatchString(owner) || !nameForm.MatchString(name) {
		return Repository{}, false
	}
	if name == "." || name == ".." || strings.HasSuffix(name, ".git") {
		return Repository{}, false
	}
	return Repository{Owner: owner, Name: name}, true
}

// split takes s apart.
func split(s string) (address, bool) {
	if strings.Contains(s, "://") {
		return splitURL(s)
	}
	s = strings.TrimSuffix(s, "/")
	switch before, after, colon := strings.Cut(s, ":"); {
	case colon && strings.Count(s, "/") == 2 && !strings.HasPrefix(after, "/"):
		// host:port/owner/name
	case colon && !strings.Contains(before, "/"):
		// user@host:owner/name
		host := before[strings.LastIndexByte(before, '@')+1:]
		return address{host: strings.ToLower(host), path: strings.TrimPrefix(after, "/"), ssh: true}, true
	}
	if strings.Count(s, "/") == 1 {
		return address{host: defaultHost, path: s}, true
	}
	host, path, ok := strings.Cut(s, "/")
	return address{host: strings.ToLower(host), path: path}, ok
}

func splitURL(s string) (address, bool) {
	u, err := url.Parse(s)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return address{}, false
	}
	a := address{host: strings.ToLower(webHost(u)), path: strings.Trim(u.EscapedPath(), "/")}
	switch u.Scheme {
	case "https", "http":
		return a, true
	case "ssh", "git":
		// The port is that of ssh or git, not the one of the API.
		a.host, a.ssh = strings.ToLower(u.Hostname()), true
		return a, true
	}
	return address{}, false
}

// elsewhere are hosts of other forges: a token for GitHub must not be sent there.
var elsewhere = []string{
	"gitlab.com", "bitbucket.org", "dev.azure.com", "visualstudio.com", "codeberg.org", "gitea.com", "gitee.com",
	"git.sr.ht", "amazonaws.com", "amazonaws.com.cn", "source.developers.google.com",
}

// servers are what people call a server of another forge: gitlab.example.com.
var servers = []string{"bitbucket", "forgejo", "gitea", "gitlab", "gogs"}

func isElsewhere(host string) bool {
	host, _, _ = strings.Cut(host[strings.LastIndexByte(host, '@')+1:], ":")
	first, _, _ := strings.Cut(host, ".")
	return slices.Contains(servers, first) || slices.ContainsFunc(elsewhere, func(other string) bool {
		return host == other || strings.HasSuffix(host, "."+other)
	})
}

// isAlias is true for a host of ssh that no name server can know, as people
// call one that has a key of its own: work, github.com-infra, infra.github.com.
func isAlias(host string) bool {
	if host == "ssh.github.com" || host == "www.github.com" {
		return false
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == host ||
		strings.Contains(last, "-") && !strings.HasPrefix(last, "xn--") ||
		strings.HasPrefix(host, defaultHost+".") || strings.HasSuffix(host, "."+defaultHost)
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

// checkHost returns the host in small letters.
func checkHost(host string) (string, bool) {
	host = strings.ToLower(host)
	match := hostForm.FindStringSubmatch(host)
	if match == nil || len(host) > 255 {
		return "", false
	}
	if port := match[1]; port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return "", false
		}
	}
	if host == "www.github.com" || host == "ssh.github.com" {
		return defaultHost, true
	}
	return host, !isElsewhere(host)
}
