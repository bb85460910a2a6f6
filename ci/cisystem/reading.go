package cisystem

import (
	"fmt"
	"regexp"
	"strings"

	"dagger/iac/pullrequest"
)

// reading is what a variable says.
type reading struct {
	verdict verdict
	pull    pullrequest.PullRequest
	why     string // what follows the variable's name in a sentence, where it names no pull request
}

type verdict int

const (
	silent verdict = iota // it does not say
	none                  // this is a run for something else, as a branch
	named                 // it names the pull request
	vetoed                // there is none to comment on, whatever other variables say
)

// form reads a value that is not empty.
type form func(value string) reading

var (
	numberForm = regexp.MustCompile(`^[1-9][0-9]*$`)
	suffixForm = regexp.MustCompile(`\^\{[0-9a-f]+\}$`)
	plainForm  = regexp.MustCompile(`^[\w./@+-]{1,200}$`)
)

// parsed is the pull request that the value means to pullrequest.Parse.
func parsed(value, otherwise string) reading {
	pr, err := pullrequest.Parse(value)
	if err != nil || pr.Number == 0 {
		return reading{verdict: none, why: fmt.Sprintf("is %s (%s)", otherwise, shown(value))}
	}
	return reading{verdict: named, pull: pr}
}

// number reads 7.
func number(value string) reading {
	if r := parsed(value, "no number"); numberForm.MatchString(value) && r.verdict == named {
		return r
	}
	return reading{why: "is " + pullrequest.Shown(value)}
}

// link reads https://github.com/acme/infra/pull/7, or 7.
func link(value string) reading {
	if !strings.Contains(value, "://") {
		return number(value)
	}
	r := parsed(value, "not a pull request on GitHub")
	if r.verdict == none {
		r.verdict = vetoed
	}
	return r
}

// links reads URLs with commas between them.
func links(value string) reading {
	several := strings.Split(value, ",")
	for _, other := range several[1:] {
		if other != several[0] {
			return reading{verdict: vetoed, why: "names several pull requests (" + shown(value) + "), of which github-ref can give one"}
		}
	}
	return link(several[0])
}

// ref reads refs/pull/7/merge and the branch of a merge queue. A short name
// may be a branch's, however it looks.
func ref(value string) reading {
	switch {
	case strings.HasPrefix(value, "refs/pull/"):
		return parsed(value, "no pull request")
	case strings.HasPrefix(value, "refs/heads/"):
		return parsed(value, "a branch")
	case strings.HasPrefix(value, "refs/tags/"):
		return reading{verdict: none, why: "is a tag (" + shown(value) + ")"}
	case strings.HasPrefix(value, "refs/"):
		return reading{verdict: vetoed, why: "is not a pull request on GitHub (" + shown(value) + ")"}
	}
	return reading{verdict: none, why: "is a branch or a tag (" + shown(value) + ")"}
}

var branchForm = regexp.MustCompile(`^(?:pull/[0-9]+(?:/head|/merge)?|[0-9]+/merge)$`)

// branch reads what TeamCity calls a branch: refs/pull/7/head, pull/7, 7/merge.
func branch(value string) reading {
	if branchForm.MatchString(value) {
		return parsed(value, "no pull request")
	}
	return ref(value)
}

// trigger reads pr/7, branch/main, tag/v1.
func trigger(value string) reading {
	switch {
	case strings.HasPrefix(value, "pr/"):
		return parsed(value, "no pull request")
	case strings.HasPrefix(value, "branch/"):
		return reading{verdict: none, why: "is a branch (" + shown(value) + ")"}
	case strings.HasPrefix(value, "tag/"):
		return reading{verdict: none, why: "is a tag (" + shown(value) + ")"}
	}
	return reading{why: "is " + pullrequest.Shown(value)}
}

// sourceVersion reads pr/7 and refs/pull/7/head^{SHA}. A branch and a tag stand
// there without a word that says so.
func sourceVersion(value string) reading {
	value = suffixForm.ReplaceAllString(value, "")
	if strings.HasPrefix(value, "pr/") || strings.HasPrefix(value, "refs/pull/") {
		return parsed(value, "no pull request")
	}
	return reading{why: "is " + pullrequest.Shown(value)}
}

// mergeRequest reads the number of one on GitLab.
func mergeRequest(value string) reading {
	return reading{verdict: vetoed, why: "is a merge request on GitLab (" + shown(value) + ")"}
}

// shown is a value for a sentence, quoted where it is more than a plain name.
func shown(value string) string {
	if plainForm.MatchString(value) {
		return value
	}
	return pullrequest.Shown(value)
}
