package cisystem

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dagger/iac/pullrequest"
)

// finding is what the variables of one system say.
type finding struct {
	system   string
	variable string // the one that decided
	verdict  verdict
	number   int
	why      string // as in reading
	// repository is without a host where the variables do not tell it, and
	// zero where they name none.
	repository pullrequest.Repository
	// server is the system's own host, and mirror is true where it clones from there.
	server string
	mirror bool
	// given is true for a pull request that a person named, and loose while
	// its repository is only taken from the variables.
	given, loose bool
}

// source is who said it: CircleCI's CIRCLE_PULL_REQUEST, or github-ref.
func (f finding) source() string {
	if f.given {
		return f.variable
	}
	if strings.HasSuffix(f.system, "s") {
		return f.system + "' " + f.variable
	}
	return f.system + "'s " + f.variable
}

// reason says why there is no pull request.
func (f finding) reason() string {
	switch {
	case f.given:
		return f.variable + " " + f.why
	case f.system == "":
		return "no pull request is given, and no variable of a CI system"
	}
	return fmt.Sprintf("%s: %s %s", f.system, f.variable, f.why)
}

func (f finding) veto(variable, why string) finding {
	f.variable, f.verdict, f.number, f.why, f.repository = variable, vetoed, 0, why, pullrequest.Repository{}
	return f
}

// isThere tells whether the variables are of a run of this system.
func (s *system) isThere(v variables) bool {
	return slices.ContainsFunc(s.marks, v.is) ||
		slices.ContainsFunc(s.pulls, func(p pull) bool { return !p.shared && v[p.variable] != "" })
}

func (s *system) find(v variables) (finding, error) {
	f := finding{system: s.name, server: v[s.server], mirror: s.server != ""}
	for _, name := range s.not {
		if v.is(name) {
			return f.veto(name, "is set: the repository is not on GitHub"), nil
		}
	}
	if isElsewhere(v[s.provider]) {
		return f.veto(s.provider, "is "+pullrequest.Shown(v[s.provider])+": the repository is not on GitHub"), nil
	}
	f, err := s.findPull(v, f)
	if err != nil || f.verdict == vetoed || f.repository.Host != "" {
		return f, err
	}
	return s.findRepository(v, f), nil
}

// findPull reads the variables that may name the pull request.
func (s *system) findPull(v variables, f finding) (finding, error) {
	f.variable, f.why = s.pulls[0].variable, "is not set"
	said := false
	for _, p := range s.pulls {
		if v[p.variable] == "" {
			continue
		}
		r := p.form(v[p.variable])
		switch {
		case r.verdict == vetoed:
			return f.veto(p.variable, r.why), nil
		case r.verdict == named:
			next := f
			next.variable, next.verdict, next.number, next.why = p.variable, named, r.pull.Number, ""
			next.repository = pullrequest.Repository{Host: r.pull.Host, Owner: r.pull.Owner, Name: r.pull.Repo}
			if f.verdict != named {
				f = next
			} else if err := agree(f, next); err != nil {
				return f, err
			} else if f.repository.Host == "" {
				f.repository = next.repository
			}
		case f.verdict != named && (r.verdict > f.verdict || !said):
			f.variable, f.verdict, f.why = p.variable, r.verdict, r.why
		}
		said = true
	}
	return f, nil
}

// findRepository reads the variables that may name the repository.
func (s *system) findRepository(v variables, f finding) finding {
	for _, r := range s.repositories {
		variable, text := r.url, v[r.url]
		if r.slug != "" {
			variable, text = r.slug, v[r.slug]
		}
		if r.owner != "" && v[r.owner] != "" && v[r.name] != "" {
			variable, text = r.owner, v[r.owner]+"/"+v[r.name]
		}
		if text == "" {
			continue
		}
		found, err := s.parseRepository(v, r, text)
		if errors.Is(err, pullrequest.ErrElsewhere) {
			if v[r.host] != "" {
				variable, text = r.host, v[r.host]
			}
			return f.veto(variable, "is "+pullrequest.Shown(text)+": the repository is not on GitHub")
		}
		if err == nil {
			f.repository = found
			return f
		}
	}
	return f
}

// parseRepository reads one of them. Where a URL has an alias of ssh for a
// host, owner and name still count if the host is known otherwise.
func (s *system) parseRepository(v variables, r repository, text string) (pullrequest.Repository, error) {
	known := ""
	if s.knownHost && strings.EqualFold(v[s.provider], "github") {
		known = "github.com"
	}
	if r.url != "" {
		// Screwdriver adds the branch.
		text, _, _ = strings.Cut(text, "#")
		found, err := pullrequest.ParseRepository(text)
		if errors.Is(err, pullrequest.ErrAlias) && known != "" {
			found, err = pullrequest.ParseSlug(text)
			found.Host = known
		}
		return found, err
	}
	found, err := pullrequest.ParseRepository(text)
	if err != nil || strings.Count(text, "/") != 1 {
		return pullrequest.Repository{}, errors.New("not owner/name")
	}
	host := v[r.host]
	if host == "" {
		host = r.otherwise
	}
	if host == "" {
		found.Host = known
		return found, nil
	}
	return pullrequest.ParseRepository(host + "/" + text)
}

// isElsewhere tells whether a word for a kind of forge is of another one than
// GitHub. A word that may be of any, as git, is not.
func isElsewhere(provider string) bool {
	provider = strings.ToLower(provider)
	return provider != "" && slices.ContainsFunc([]string{
		"azure", "bb", "beanstalk", "bitbucket", "codebase", "codecommit", "forgejo", "gerrit", "gitea", "gitee", "gitlab", "gogs", "hg",
		"kiln", "mercurial", "p4", "perforce", "phabricator", "sourcehut", "stash", "subversion", "svn", "tfs", "vso",
	}, func(other string) bool { return strings.HasPrefix(provider, other) })
}

// agree is an error if both name a pull request, and not the same one.
func agree(a, b finding) error {
	if a.verdict != named || b.verdict != named {
		return nil
	}
	if a.number == b.number && sameRepository(a.repository, b.repository) {
		return nil
	}
	return fmt.Errorf("ci-variables: %s names pull request %s and %s names %s: give github-ref, or unset the one that is left over",
		a.source(), a.pull(), b.source(), b.pull())
}

// pull is the pull request as far as it is known: acme/infra#7.
func (f finding) pull() string {
	if f.repository.Owner == "" {
		return fmt.Sprint(f.number)
	}
	return fmt.Sprintf("%s#%d", f.repository, f.number)
}

// sameRepository is true unless both are known and differ.
func sameRepository(a, b pullrequest.Repository) bool {
	if a.Owner == "" || b.Owner == "" {
		return true
	}
	return strings.EqualFold(a.Owner, b.Owner) && strings.EqualFold(a.Name, b.Name) && (a.Host == "" || b.Host == "" || a.Host == b.Host)
}

// choose returns what the variables say altogether, and no system where none is there.
func choose(v variables) (finding, error) {
	var there []*system
	for i := range systems {
		if systems[i].isThere(v) {
			there = append(there, &systems[i])
		}
	}
	for i := range systems {
		if len(there) == 0 && slices.ContainsFunc(systems[i].hints, v.is) {
			there = append(there, &systems[i])
		}
	}
	var first finding
	for i, s := range there {
		f, err := s.find(v)
		if err == nil && i == 0 {
			first = f
		} else if err == nil {
			first, err = first.with(f)
		}
		if err != nil {
			return finding{}, err
		}
	}
	return first, nil
}

// with adds what another system says to the first one's word.
func (f finding) with(other finding) (finding, error) {
	if err := agree(f, other); err != nil {
		return f, err
	}
	if f.verdict == named && f.repository.Owner == "" {
		if other.verdict == vetoed {
			return other, nil
		}
		f.repository, f.server, f.mirror = other.repository, other.server, other.mirror
	}
	if f.verdict != named && other.verdict == named {
		f.why += fmt.Sprintf("; %s, which names pull request %d, is left aside", other.source(), other.number)
	}
	return f, nil
}
