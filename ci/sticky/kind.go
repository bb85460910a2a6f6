package sticky

import (
	"fmt"
	"strconv"
)

// kind is what a publication keeps one of: a comment, or an issue.
type kind interface {
	// list gives the arguments by which gh lists those by the token's own user that begin with a prefix, which is JSON.
	list(p *publication, prefix string) []string
	// do does one step.
	do(p *publication, s step) (answer, error)
	words() words
}

// words are the messages about a kind.
type words struct {
	// before is what stands before the number in a URL of it.
	before string
	// later is for a run that began later at %s, contest for a job that does not look, unsure for the error %s after all
	// is written, and refused for a token that may not write to %s, as GitHub says in its words, %s.
	later, contest, unsure, refused string
}

// Of what is listed, who wrote it and who changed it, and how the latter is given if that was somebody else.
const (
	edits  = `author { __typename login } lastEditedAt editor { __typename login }`
	editor = `editor: (if .lastEditedAt == null or .editor == .author then null else .editor.login // "ghost" end)`
)

// comments are those on a pull request, or on an issue: on is GraphQL's name of that.
type comments struct{ on string }

var (
	ofPullRequest = comments{"pullRequest"}
	ofIssue       = comments{"issue"}
)

func (k comments) list(p *publication, prefix string) []string {
	query := `query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
  repository(owner: $owner, name: $name) { on: ` + k.on + `(number: $number) {
    comments(first: 100, after: $endCursor) {
      nodes { url body isMinimized viewerDidAuthor ` + edits + ` }
      pageInfo { hasNextPage endCursor }
    }
  } }
}`
	only := `.data.repository.on.comments.nodes[]
		| select(.viewerDidAuthor and (.isMinimized | not) and (.body | startswith(` + prefix + `))) | {url, body, ` + editor + `}`
	return []string{
		"graphql", "--paginate", "-f", "query=" + query, "-f", "owner=" + p.Repository.Owner, "-f", "name=" + p.Repository.Name,
		"-F", "number=" + strconv.Itoa(p.Number), "--jq", only,
	}
}

func (comments) do(p *publication, s step) (answer, error) {
	all := fmt.Sprintf("repos/%s/%s/issues", p.Repository.Owner, p.Repository.Name)
	one := fmt.Sprintf("%s/comments/%d", all, s.comment.ID)
	switch s.action {
	case create:
		return p.call(s.body, "-X", "POST", fmt.Sprintf("%s/%d/comments", all, p.Number), "--jq", "{url: .html_url}")
	case edit:
		return p.call(s.body, "-X", "PATCH", one, "--jq", "{url: .html_url}")
	default:
		return p.call("", "-X", "DELETE", one)
	}
}

func (k comments) words() words {
	w := words{
		before:  "#issuecomment-",
		later:   "a run that began later (%s) has already reported on this pull request: its comment stays",
		contest: "another job keeps writing over the comment",
		unsure:  "it is not known whether the pull request has a second comment: %s",
		refused: "github-token may not write comments on %s: it needs the permission `pull-requests: write`, which the token of a pull request from a fork or by Dependabot does not have (%s)",
	}
	if k == ofIssue {
		w.later = "a run that began later (%s) has already said in the issue that the drift is over: its comment stays"
		w.unsure = "it is not known whether the issue has a second comment: %s"
		w.refused = "github-token may not write comments on %s: it needs the permission `issues: write` (%s)"
	}
	return w
}
