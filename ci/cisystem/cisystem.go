// Package cisystem tells from a CI system's variables which pull request and
// which repository a run is for, or why there is none.
//
// A comment on the wrong pull request is worse than none: what is not surely a
// pull request is none, and variables that contradict each other are an error.
package cisystem

import (
	"errors"
	"fmt"
	"strings"

	"dagger/iac/pullrequest"
)

// Input is what is known about a run.
type Input struct {
	// Ref and Repository were given by a person, as github-ref and
	// github-repository, and go before the variables.
	Ref, Repository string
	// Variables is the line of DotEnv with its values.
	Variables string
	// GitConfig gives the text of .git/config. It is called at most once, and
	// only where there is a pull request whose repository or host the rest
	// does not tell. It may be nil.
	GitConfig func() (string, error)
}

// Result is the pull request, or why there is none.
type Result struct {
	// System is the CI system, empty where none is known.
	System string `json:"system"`
	// Host and Repository (owner/name) are empty where they are not known.
	Host       string `json:"host"`
	Repository string `json:"repository"`
	// Number is 0 where there is no pull request.
	Number int `json:"number"`
	// Commit is left to the caller, see package git.
	Commit string `json:"commit"`
	// Why says why there is no pull request.
	Why string `json:"why,omitempty"`
	// Source is what named the pull request: CircleCI's CIRCLE_PULL_REQUEST, or github-ref.
	Source string `json:"-"`
}

// String says it to a person.
func (r Result) String() string {
	if r.Number == 0 {
		return r.Why
	}
	return fmt.Sprintf("pull request %s#%d, from %s", r.Target(), r.Number, r.Source)
}

// Target is the repository of the pull request.
func (r Result) Target() pullrequest.Repository {
	owner, name, _ := strings.Cut(r.Repository, "/")
	return pullrequest.Repository{Host: r.Host, Owner: owner, Name: name}
}

// Find returns the pull request, or a result that says why there is none. An
// error names the argument that is wrong, or the one that must be given because
// the repository of a pull request is not known; it wraps
// pullrequest.ErrNotPullRequest if Ref is none.
func Find(in Input) (Result, error) {
	f, err := in.fromVariables()
	if err != nil {
		return Result{}, err
	}
	if f, err = in.withGiven(f); err != nil {
		return Result{}, err
	}
	if f.verdict == named {
		if f, err = in.complete(f); err != nil {
			return Result{}, err
		}
	}
	result := Result{System: f.system, Host: f.repository.Host, Number: f.number}
	if f.repository.Owner != "" {
		result.Repository = f.repository.Owner + "/" + f.repository.Name
	}
	if f.verdict == named {
		result.Source = f.source()
	} else {
		result.Why = f.reason()
	}
	return result, nil
}

// fromVariables leaves variables that contradict each other out where a person
// gave what they are read for.
func (in Input) fromVariables() (finding, error) {
	v, err := parseVariables(in.Variables)
	if err != nil {
		return finding{}, err
	}
	f, err := choose(v)
	if err != nil && strings.TrimSpace(in.Ref) != "" {
		return finding{}, nil
	}
	return f, err
}

// withGiven puts what a person gave before what the variables say.
func (in Input) withGiven(f finding) (finding, error) {
	var err error
	if strings.TrimSpace(in.Ref) != "" {
		if f, err = f.withRef(in.Ref); err != nil {
			return f, err
		}
	}
	if strings.TrimSpace(in.Repository) == "" {
		return f, nil
	}
	given, err := pullrequest.ParseRepository(in.Repository)
	if err != nil {
		return f, fmt.Errorf("github-repository: %w", err)
	}
	// github.com is also the host of a repository that was given without one.
	slug := given
	if slug.Host == "github.com" {
		slug.Host = ""
	}
	same := sameRepository(f.repository, slug)
	if !same && f.verdict == named && !f.loose {
		return f, fmt.Errorf("github-repository: %q is not the repository %q of %s: leave one of them out, or let both name the same one",
			given, f.repository, f.source())
	}
	if !same || f.repository.Host == "" {
		f.repository = given
	}
	return f, nil
}

// withRef is the finding if github-ref is given.
func (f finding) withRef(text string) (finding, error) {
	pr, err := pullrequest.Parse(text)
	if err != nil {
		return f, fmt.Errorf("github-ref: %w", err)
	}
	f.given, f.variable, f.number = true, "github-ref", pr.Number
	if pr.Number == 0 {
		f.verdict, f.why = none, "is "+pullrequest.Shown(strings.TrimSpace(text))
		return f, nil
	}
	f.verdict, f.why, f.loose = named, "", true
	if pr.Host != "" {
		f.repository, f.loose = pullrequest.Repository{Host: pr.Host, Owner: pr.Owner, Name: pr.Repo}, false
	}
	return f, nil
}

// complete finds out from .git/config what the variables do not tell of the repository.
func (in Input) complete(f finding) (finding, error) {
	if f.repository.Host != "" {
		return f, nil
	}
	text, err := in.gitConfig()
	var there pullrequest.Repository
	if err == nil {
		there, err = pullrequest.FromGitConfig(text)
	}
	host, _, _ := strings.Cut(there.Host, ":")
	ofServer := f.server != "" && strings.EqualFold(host, f.server) || f.mirror && errors.Is(err, pullrequest.ErrElsewhere)
	if ofServer {
		there, err = pullrequest.Repository{}, fmt.Errorf("%s clones from a mirror of its own", f.system)
	}
	switch {
	case errors.Is(err, pullrequest.ErrElsewhere) && !f.given:
		return f.veto(f.variable, fmt.Sprintf("names pull request %d, but %s", f.number, err)), nil
	case err != nil && (f.repository.Owner == "" || errors.Is(err, pullrequest.ErrElsewhere)):
		return f, fmt.Errorf("github-repository: the repository of pull request %d cannot be told from .git/config in src (%s): give owner/name, or a URL", f.number, err)
	case f.repository.Owner == "":
		f.repository = there
	case err != nil || there.Host == "github.com":
		f.repository.Host = "github.com"
	case !strings.EqualFold(there.Name, f.repository.Name):
		// A fork has another owner, and hardly ever another name.
		return f, fmt.Errorf("github-repository: the host of %s, which %s does not tell, cannot be told from .git/config in src, which is of %s: give host/owner/name, or a URL",
			f.pull(), f.system, there)
	default:
		f.repository.Host = there.Host
	}
	return f, nil
}

func (in Input) gitConfig() (string, error) {
	if in.GitConfig == nil {
		return "", errors.New("it is not there")
	}
	return in.GitConfig()
}
