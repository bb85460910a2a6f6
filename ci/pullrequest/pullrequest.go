// Package pullrequest tells which pull request, and which repository on
// GitHub, a value from a CI system or a person means.
//
// A value that is not surely a pull request is refused: a comment on the
// wrong one is worse than none.
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

// PullRequest is a pull request on GitHub. The zero value means none.
type PullRequest struct {
	// Number is from 1 to 2147483647, or 0 where there is no pull request.
	Number int
	// Host, Owner and Repo are known where a URL was given, and empty otherwise.
	Host, Owner, Repo string
}

// ErrNotPullRequest is in every error of Parse.
var ErrNotPullRequest = errors.New("not a pull request")

// Parse returns the pull request that ref means:
//
//   - its number: 7, #7;
//   - its ref: refs/pull/7/merge, refs/pull/7/head, refs/pull/7, the same
//     without refs/, pr/7, 7/merge;
//   - the branch of a merge queue: refs/heads/gh-readonly-queue/main/pr-7-SHA;
//   - its URL on any host: https://github.com/owner/repo/pull/7, also of one
//     of its pages.
//
// An empty ref, white space and the word false mean that there is no pull
// request: the zero value and no error. Anything else, such as a branch or a
// tag, is an error that wraps ErrNotPullRequest and says what is accepted.
func Parse(ref string) (PullRequest, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" || strings.ToLower(ref) == "false" {
		return PullRequest{}, nil
	}
	if number, ok := fromRef(ref); ok {
		return PullRequest{Number: number}, nil
	}
	if pr, ok := fromURL(ref); ok {
		return pr, nil
	}
	return PullRequest{}, fmt.Errorf("%s is %w: expected its number (7 or #7, up to 2147483647), "+
		"a ref of it (refs/pull/7/merge, refs/pull/7/head, refs/pull/7, pull/7, pr/7, or a merge queue's), "+
		"its URL (https://HOST/OWNER/REPO/pull/7), or nothing", Shown(ref), ErrNotPullRequest)
}

// Each form names the pull request by the one group in it. The last segment
// of a merge queue's branch counts, since the base branch before it may be
// called anything.
var refForms = []*regexp.Regexp{
	regexp.MustCompile(`^#?([0-9]+)$`),
	regexp.MustCompile(`^([0-9]+)/merge$`),
	regexp.MustCompile(`^pr/([0-9]+)$`),
	regexp.MustCompile(`^(?:refs/)?pull/([0-9]+)(?:/merge|/head)?$`),
	regexp.MustCompile(`^(?:refs/heads/)?gh-readonly-queue/.+/pr-([0-9]+)-[0-9A-Za-z]+$`),
}

func fromRef(ref string) (int, bool) {
	for _, form := range refForms {
		if match := form.FindStringSubmatch(ref); match != nil {
			return parseNumber(match[1])
		}
	}
	return 0, false
}

// pages are what GitHub shows below the URL of a pull request.
var pages = []string{"changes", "checks", "commits", "conflicts", "files"}

func fromURL(ref string) (PullRequest, bool) {
	u, err := url.Parse(ref)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return PullRequest{}, false
	}
	path := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(path) < 4 || path[2] != "pull" {
		return PullRequest{}, false
	}
	if len(path) > 4 && !slices.Contains(pages, path[4]) {
		return PullRequest{}, false
	}
	host, known := checkHost(webHost(u))
	repository, named := address{path: path[0] + "/" + path[1]}.repository()
	if !known || !named || strings.HasSuffix(path[1], ".git") {
		return PullRequest{}, false
	}
	number, ok := parseNumber(path[3])
	if !ok {
		return PullRequest{}, false
	}
	return PullRequest{Number: number, Host: host, Owner: repository.Owner, Repo: repository.Name}, true
}

// parseNumber takes no sign and no leading zero: nobody writes a pull request so.
func parseNumber(digits string) (int, bool) {
	number, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	return int(number), true
}

// Shown quotes a value for an error. What stands before an @ may be a
// password or a token, and so may a query: both are left out.
func Shown(value string) string {
	if at := strings.LastIndexByte(value, '@'); at >= 0 {
		value = "…" + value[at:]
	}
	if query := strings.IndexByte(value, '?'); query >= 0 {
		value = value[:query] + "?…"
	}
	const most = 200
	if runes := []rune(value); len(runes) > most {
		value = string(runes[:most]) + "…"
	}
	return strconv.Quote(value)
}
