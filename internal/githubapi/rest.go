package githubapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const notAccessible = "Resource not accessible by integration"

var (
	issuesPath   = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/issues$`)
	issuePath    = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/issues/(\d+)$`)
	commentsPath = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/issues/(\d+)/comments$`)
	pullsPath    = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/commits/([^/]+)/pulls$`)
	filesPath    = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/pulls/(\d+)/files$`)
	commentPath  = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/issues/comments/(\d+)$`)
)

// rest answers a request to the REST API.
func (s *Server) rest(c *call) response {
	if c.path == "/user" {
		return currentUser(c)
	}
	if match := issuesPath.FindStringSubmatch(c.path); match != nil {
		return s.allIssues(c, match[1])
	}
	if match := issuePath.FindStringSubmatch(c.path); match != nil {
		return s.oneIssue(c, match[1], match[2])
	}
	if match := commentsPath.FindStringSubmatch(c.path); match != nil {
		return s.allComments(c, match[1], match[2])
	}
	if match := pullsPath.FindStringSubmatch(c.path); match != nil && c.Method == http.MethodGet {
		return s.pullsOf(c, match[1], match[2])
	}
	if match := filesPath.FindStringSubmatch(c.path); match != nil && c.Method == http.MethodGet {
		return s.filesOf(c, match[1], match[2])
	}
	if match := commentPath.FindStringSubmatch(c.path); match != nil {
		return s.oneComment(c, match[1], match[2])
	}
	return failure(http.StatusNotFound, "Not Found")
}

// currentUser answers who the token belongs to. The token of a GitHub App's installation, which
// that of a workflow is, may not ask.
func currentUser(c *call) response {
	if c.user.bot() {
		return failure(http.StatusForbidden, notAccessible)
	}
	return answer(http.StatusOK, restUser(c.site, c.user.Login))
}

// allComments answers for the comments of a pull request or an issue.
func (s *Server) allComments(c *call, repo, digits string) response {
	number, err := strconv.Atoi(digits)
	if err != nil {
		return failure(http.StatusNotFound, "Not Found")
	}
	on, err := s.store.conversation(c.site, repo, number)
	if err != nil {
		return refusal(err)
	}
	switch c.Method {
	case http.MethodGet:
		return c.list(on)
	case http.MethodPost:
		return s.create(c, on)
	}
	return failure(http.StatusNotFound, "Not Found")
}

// list gives one page of comments, with links to the others.
func (c *call) list(on conversation) response {
	comments := []restComment{}
	for _, comment := range on.Comments {
		comments = append(comments, c.comment(on, comment))
	}
	return page(c, comments)
}

// pullsOf lists the pull requests that hold a commit, as "List pull requests associated with a commit" does.
func (s *Server) pullsOf(c *call, asked, sha string) response {
	repo, ok := s.store.hasRepo(c.site, asked)
	if !ok {
		return failure(http.StatusNotFound, "Not Found")
	}
	found, known := s.store.pullsOf(c.site, repo, sha)
	if !known {
		return failure(http.StatusUnprocessableEntity, "No commit found for SHA: "+sha)
	}
	pulls := []restPull{}
	for _, pull := range found {
		pulls = append(pulls, c.pull(pull))
	}
	return page(c, pulls)
}

// filesOf lists the files that a pull request changes, as "List pull requests files" does.
func (s *Server) filesOf(c *call, repo, digits string) response {
	number, err := strconv.Atoi(digits)
	if err != nil {
		return failure(http.StatusNotFound, "Not Found")
	}
	pull, err := s.store.pull(c.site, repo, number)
	if err != nil {
		return refusal(err)
	}
	files := []restFile{}
	for _, file := range pull.Files[:min(maxFiles, len(pull.Files))] {
		files = append(files, c.file(pull, file))
	}
	return page(c, files)
}

// page gives the page of a list that is asked for, with links to the others.
func page[T any](c *call, all []T) response {
	query := c.URL.Query()
	size := min(number(query.Get("per_page"), 30), 100)
	page := number(query.Get("page"), 1)
	from := min((page-1)*size, len(all))
	result := answer(http.StatusOK, all[from:min(from+size, len(all))])
	if links := c.links(page, (len(all)+size-1)/size); links != "" {
		result = result.with("Link", links)
	}
	return result
}

// number reads a positive number of a query; anything else is the fallback, as on GitHub.
func number(digits string, fallback int) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return fallback
	}
	return n
}

// links is the Link header of a page among several.
func (c *call) links(page, last int) string {
	var links []string
	add := func(to int, name string) {
		query := c.URL.Query()
		query.Set("page", strconv.Itoa(to))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.baseURL(), c.path, query.Encode(), name))
	}
	if page > 1 {
		add(page-1, "prev")
	}
	if page < last {
		add(page+1, "next")
		add(last, "last")
	}
	if page > 1 {
		add(1, "first")
	}
	return strings.Join(links, ", ")
}

func (s *Server) create(c *call, on conversation) response {
	body, refused := c.newBody()
	if refused != nil {
		return *refused
	}
	on, comment, err := s.store.add(on.Host, on.Repo, on.Number, c.user.Login, body)
	if err != nil {
		return refusal(err)
	}
	created := c.comment(on, comment)
	return answer(http.StatusCreated, created).with("Location", created.URL)
}

// oneComment answers for one comment.
func (s *Server) oneComment(c *call, repo, digits string) response {
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return failure(http.StatusNotFound, "Not Found")
	}
	on, comment, err := s.store.comment(c.site, id)
	if err == nil && !strings.EqualFold(on.Repo, repo) {
		err = errNotFound
	}
	if err != nil {
		return refusal(err)
	}
	switch c.Method {
	case http.MethodGet:
		return answer(http.StatusOK, c.comment(on, comment))
	case http.MethodPatch:
		return s.edit(c, id)
	case http.MethodDelete:
		return s.delete(c, id)
	}
	return failure(http.StatusNotFound, "Not Found")
}

func (s *Server) edit(c *call, id int64) response {
	body, refused := c.newBody()
	if refused != nil {
		return *refused
	}
	on, comment, err := s.store.edit(c.site, id, c.user.Login, body)
	if err != nil {
		return refusal(err)
	}
	return answer(http.StatusOK, c.comment(on, comment))
}

func (s *Server) delete(c *call, id int64) response {
	if c.user.ReadOnly {
		return failure(http.StatusForbidden, notAccessible)
	}
	if err := s.store.remove(c.site, id); err != nil {
		return refusal(err)
	}
	return response{http.StatusNoContent, http.Header{}, nil}
}

// newBody reads the text of a comment that is to be written, or gives the refusal.
func (c *call) newBody() (string, *response) {
	refuse := func(status int, message string) (string, *response) {
		refused := failure(status, message)
		return "", &refused
	}
	if c.user.ReadOnly {
		return refuse(http.StatusForbidden, notAccessible)
	}
	var input struct {
		Body any `json:"body"`
	}
	if err := json.Unmarshal(c.body, &input); err != nil {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	switch body := input.Body.(type) {
	case string:
		return body, nil
	case nil:
		return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n\"body\" wasn't supplied.")
	default:
		return refuse(http.StatusUnprocessableEntity,
			fmt.Sprintf("Invalid request.\n\nFor 'properties/body', %v is not a string.", body))
	}
}

// refusal is the answer to an error of the store about a comment.
func refusal(err error) response { return refusalOf("IssueComment", err) }

// refusalOf is the answer to an error of the store about such a thing.
func refusalOf(resource string, err error) response {
	var invalid invalidError
	if !errors.As(err, &invalid) {
		return failure(http.StatusNotFound, "Not Found")
	}
	return answer(http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed",
		"errors": []any{map[string]any{
			"resource": resource,
			"code":     "unprocessable",
			"field":    "data",
			"message":  invalid.message,
		}},
		"documentation_url": "https://docs.github.com/rest/issues/comments",
		"status":            "422",
	})
}

// restComment is a comment in the form of the REST API.
type restComment struct {
	ID        int64     `json:"id"`
	NodeID    string    `json:"node_id"`
	URL       string    `json:"url"`
	HTMLURL   string    `json:"html_url"`
	IssueURL  string    `json:"issue_url"`
	Body      string    `json:"body"`
	User      user      `json:"user"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// restPull is a pull request in the short form of the REST API, as lists have it.
type restPull struct {
	ID             int64      `json:"id"`
	NodeID         string     `json:"node_id"`
	URL            string     `json:"url"`
	HTMLURL        string     `json:"html_url"`
	Number         int        `json:"number"`
	State          string     `json:"state"`
	Title          string     `json:"title"`
	MergedAt       *time.Time `json:"merged_at"`
	MergeCommitSHA *string    `json:"merge_commit_sha"`
	Base           restBranch `json:"base"`
}

type restBranch struct {
	Label string   `json:"label"`
	Ref   string   `json:"ref"`
	Repo  restRepo `json:"repo"`
}

type restRepo struct {
	Name     string `json:"name"`
	FullName string `json:"full_name"`
	HTMLURL  string `json:"html_url"`
}

func (c *call) pull(pull pullRequest) restPull {
	owner, name, _ := strings.Cut(pull.Repo, "/")
	out := restPull{
		ID:      pull.ID,
		NodeID:  nodeID("PR", pull.ID),
		URL:     fmt.Sprintf("%s/repos/%s/pulls/%d", c.baseURL(), pull.Repo, pull.Number),
		HTMLURL: pull.url(),
		Number:  pull.Number,
		State:   "open",
		Title:   pull.Title,
		Base:    restBranch{owner + ":main", "main", restRepo{name, pull.Repo, fmt.Sprintf("https://%s/%s", pull.Host, pull.Repo)}},
	}
	if !pull.MergedAt.IsZero() {
		out.State, out.MergedAt, out.MergeCommitSHA = "closed", &pull.MergedAt, &pull.MergeCommit
	}
	return out
}

// restFile is a file of a pull request in the form of the REST API, without what is in it.
type restFile struct {
	SHA         *string `json:"sha"`
	Filename    string  `json:"filename"`
	Status      string  `json:"status"`
	ContentsURL string  `json:"contents_url"`
	Previous    string  `json:"previous_filename,omitempty"`
}

func (c *call) file(pull pullRequest, file File) restFile {
	out := restFile{
		Filename:    file.Name,
		Status:      file.Status,
		ContentsURL: fmt.Sprintf("%s/repos/%s/contents/%s", c.baseURL(), pull.Repo, url.PathEscape(file.Name)),
		Previous:    file.Previous,
	}
	if file.SHA != "" {
		out.SHA = &file.SHA
	}
	return out
}

type user struct {
	Login   string `json:"login"`
	HTMLURL string `json:"html_url"`
	Type    string `json:"type"`
}

func restUser(site, login string) user {
	name, bot := strings.CutSuffix(login, "[bot]")
	if bot {
		return user{login, fmt.Sprintf("https://%s/apps/%s", site, name), "Bot"}
	}
	return user{login, fmt.Sprintf("https://%s/%s", site, url.PathEscape(login)), "User"}
}

func (c *call) comment(on conversation, comment Comment) restComment {
	repo := c.baseURL() + "/repos/" + on.Repo
	return restComment{
		ID:        comment.ID,
		NodeID:    comment.NodeID(),
		URL:       fmt.Sprintf("%s/issues/comments/%d", repo, comment.ID),
		HTMLURL:   on.commentURL(comment.ID),
		IssueURL:  fmt.Sprintf("%s/issues/%d", repo, on.Number),
		Body:      comment.Body,
		User:      restUser(c.site, comment.Author),
		CreatedAt: comment.CreatedAt,
		UpdatedAt: comment.UpdatedAt,
	}
}
