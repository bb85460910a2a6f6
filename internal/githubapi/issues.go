package githubapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxTitle is how long the title of an issue may be.
const maxTitle = 256

// Issue is an issue as GitHub holds it.
type Issue struct {
	conversation
	// Author is the login as REST gives it, with "[bot]" for a GitHub App.
	Author string   `json:"author"`
	Body   string   `json:"body"`
	Labels []string `json:"labels,omitempty"`
	Closed bool     `json:"closed,omitempty"`
	// Reason is why it was closed, such as "completed", or "reopened"; empty for one that never was.
	Reason    string    `json:"reason,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	// Edits is how often the body was sent anew, Editor the login of who did it last, and EditedAt when.
	Edits    int       `json:"edits,omitempty"`
	Editor   string    `json:"editor,omitempty"`
	EditedAt time.Time `json:"edited_at,omitzero"`
}

// NodeID is the id that GraphQL uses.
func (i Issue) NodeID() string { return nodeID("I", i.ID) }

// state is that of REST.
func (i Issue) state() string {
	if i.Closed {
		return "closed"
	}
	return "open"
}

// hasLabels tells whether it has all of these labels.
func (i Issue) hasLabels(labels []string) bool {
	return !slices.ContainsFunc(labels, func(wanted string) bool {
		return !slices.ContainsFunc(i.Labels, func(l string) bool { return strings.EqualFold(l, wanted) })
	})
}

func (i *Issue) clone() Issue {
	copied := *i
	copied.conversation, copied.Labels = i.conversation.clone(), slices.Clone(i.Labels)
	return copied
}

// AddIssue opens an issue in somebody's name, and makes its repository known.
func (s *Server) AddIssue(repo, login, title, body string, labels ...string) (Issue, error) {
	host, name := splitRepo(repo)
	return s.store.addIssue(host, name, login, issueInput{Title: &title, Body: &body, Labels: &labels})
}

// Issues gives the issues of a repository, oldest first.
func (s *Server) Issues(repo string) []Issue {
	host, name := splitRepo(repo)
	return s.store.issuesIn(host, name)
}

// EditIssue gives an issue another text in somebody's name.
func (s *Server) EditIssue(repo string, number int, login, body string) error {
	host, name := splitRepo(repo)
	_, err := s.store.editIssue(host, name, number, login, issueInput{Body: &body})
	return err
}

// CloseIssue closes an issue for a reason, such as "not_planned", or opens it again where the reason is empty.
func (s *Server) CloseIssue(repo string, number int, reason string) error {
	host, name := splitRepo(repo)
	state := map[bool]string{true: "open", false: "closed"}[reason == ""]
	_, err := s.store.editIssue(host, name, number, "", issueInput{State: &state, Reason: &reason})
	return err
}

// DisableIssues turns the issues of a repository off.
func (s *Server) DisableIssues(repo string) {
	host, name := splitRepo(repo)
	s.store.disableIssues(host, name)
}

// issueInput is what is sent to create or change an issue; nil is what is left out.
type issueInput struct {
	Title  *string   `json:"title"`
	Body   *string   `json:"body"`
	Labels *[]string `json:"labels"`
	State  *string   `json:"state"`
	Reason *string   `json:"state_reason"`
}

// check is GitHub's check of the values.
func (in issueInput) check() error {
	if in.Title != nil {
		if strings.TrimSpace(*in.Title) == "" {
			return invalidError{"title can't be blank"}
		}
		if err := checkLength("title", *in.Title, maxTitle); err != nil {
			return err
		}
	}
	if in.Body != nil {
		if err := checkLength("body", *in.Body, maxBody); err != nil {
			return err
		}
	}
	if in.State != nil && *in.State != "open" && *in.State != "closed" {
		return invalidError{fmt.Sprintf("state %q is not one of open, closed", *in.State)}
	}
	reasons := []string{"", "completed", "not_planned", "duplicate", "reopened"}
	if in.Reason != nil && !slices.Contains(reasons, *in.Reason) {
		return invalidError{fmt.Sprintf("state_reason %q is not one of %s", *in.Reason, strings.Join(reasons[1:], ", "))}
	}
	return nil
}

// change changes an issue in somebody's name.
func (in issueInput) change(i *Issue, login string, now time.Time) {
	i.UpdatedAt = now
	if in.Title != nil {
		i.Title = *in.Title
	}
	if in.Body != nil {
		i.Body, i.Editor, i.EditedAt = *in.Body, login, now
		i.Edits++
	}
	if in.Labels != nil {
		i.Labels = slices.Clone(*in.Labels)
	}
	// A reason counts only where the state becomes another one.
	switch {
	case in.State == nil || *in.State == i.state():
	case i.Closed:
		i.Closed, i.Reason, i.ClosedAt = false, "reopened", time.Time{}
	default:
		i.Closed, i.Reason, i.ClosedAt = true, "completed", now
		if in.Reason != nil && *in.Reason != "" {
			i.Reason = *in.Reason
		}
	}
}

func (s *store) addIssue(host, repo, login string, in issueInput) (Issue, error) {
	if in.Title == nil {
		return Issue{}, invalidError{"title is missing"}
	}
	if err := in.check(); err != nil {
		return Issue{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := 0
	for _, c := range s.conversations() {
		if c.in(host, repo) {
			repo, last = c.Repo, max(last, c.Number)
		}
	}
	now := timestamp()
	i := &Issue{
		conversation: conversation{ID: s.nextID(), Host: host, Repo: repo, Number: last + 1, IsIssue: true},
		Author:       login, CreatedAt: now,
	}
	in.State = nil
	in.change(i, login, now)
	i.Edits, i.Editor, i.EditedAt = 0, "", time.Time{}
	s.issues = append(s.issues, i)
	s.save()
	return i.clone(), nil
}

func (s *store) editIssue(host, repo string, number int, login string, in issueInput) (Issue, error) {
	if err := in.check(); err != nil {
		return Issue{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.findIssue(host, repo, number)
	if i == nil {
		return Issue{}, errNotFound
	}
	in.change(i, login, timestamp())
	s.save()
	return i.clone(), nil
}

// findIssue looks up an issue. The caller holds the lock.
func (s *store) findIssue(host, repo string, number int) *Issue {
	for _, i := range s.issues {
		if i.in(host, repo) && i.Number == number {
			return i
		}
	}
	return nil
}

// issue gives a copy of an issue.
func (s *store) issue(host, repo string, number int) (Issue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.findIssue(host, repo, number)
	if i == nil {
		return Issue{}, errNotFound
	}
	return i.clone(), nil
}

// issueByID gives a copy of the issue with the id.
func (s *store) issueByID(host string, id int64) (Issue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.issues {
		if i.Host == host && i.ID == id {
			return i.clone(), nil
		}
	}
	return Issue{}, errNotFound
}

// issuesIn gives the issues of a repository, oldest first.
func (s *store) issuesIn(host, repo string) (issues []Issue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.issues {
		if i.in(host, repo) {
			issues = append(issues, i.clone())
		}
	}
	return issues
}

func (s *store) disableIssues(host, repo string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withoutIssues = append(s.withoutIssues, repository{host, strings.ToLower(repo)})
	s.save()
}

// takesIssues tells whether the issues of a repository are on.
func (s *store) takesIssues(host, repo string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.Contains(s.withoutIssues, repository{host, strings.ToLower(repo)})
}

// allIssues answers for the issues of a repository.
func (s *Server) allIssues(c *call, asked string) response {
	repo, ok := s.store.hasRepo(c.site, asked)
	switch {
	case !ok:
		return failure(http.StatusNotFound, "Not Found")
	case !s.store.takesIssues(c.site, repo) && c.Method == http.MethodPost:
		return failure(http.StatusGone, "Issues has been disabled in this repository.")
	case c.Method == http.MethodGet:
		return s.listIssues(c, repo)
	case c.Method == http.MethodPost:
		return s.createIssue(c, repo)
	}
	return failure(http.StatusNotFound, "Not Found")
}

// listIssues gives one page of issues and pull requests, the newest first, as "List repository issues" does.
func (s *Server) listIssues(c *call, repo string) response {
	query := c.URL.Query()
	state, creator := query.Get("state"), query.Get("creator")
	var labels []string
	if given := query.Get("labels"); given != "" {
		labels = strings.Split(given, ",")
	}
	wanted := func(i restIssue) bool {
		return (state == "all" || i.State == state || state == "" && i.State == "open") && (creator == "" || i.User.Login == creator)
	}
	all := []restIssue{}
	if s.store.takesIssues(c.site, repo) {
		for _, issue := range s.store.issuesIn(c.site, repo) {
			if i := c.issue(issue); wanted(i) && issue.hasLabels(labels) {
				all = append(all, i)
			}
		}
	}
	for _, pull := range s.store.pullsIn(c.site, repo) {
		if i := c.pullAsIssue(pull); wanted(i) && len(labels) == 0 {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b restIssue) int { return int(b.ID - a.ID) })
	return page(c, all)
}

func (s *Server) createIssue(c *call, repo string) response {
	in, refused := c.newIssue()
	if refused != nil {
		return *refused
	}
	issue, err := s.store.addIssue(c.site, repo, c.user.Login, in)
	if err != nil {
		return refusalOf("Issue", err)
	}
	created := c.issue(issue)
	return answer(http.StatusCreated, created).with("Location", created.URL)
}

// oneIssue answers for one issue, or for a pull request as one.
func (s *Server) oneIssue(c *call, repo, digits string) response {
	number, err := strconv.Atoi(digits)
	if err != nil {
		return failure(http.StatusNotFound, "Not Found")
	}
	switch c.Method {
	case http.MethodGet:
		if pull, err := s.store.pull(c.site, repo, number); err == nil {
			return answer(http.StatusOK, c.pullAsIssue(pull))
		}
		issue, err := s.store.issue(c.site, repo, number)
		if err != nil {
			return refusal(err)
		}
		return answer(http.StatusOK, c.issue(issue))
	case http.MethodPatch:
		in, refused := c.newIssue()
		if refused != nil {
			return *refused
		}
		issue, err := s.store.editIssue(c.site, repo, number, c.user.Login, in)
		if err != nil {
			return refusalOf("Issue", err)
		}
		return answer(http.StatusOK, c.issue(issue))
	}
	return failure(http.StatusNotFound, "Not Found")
}

// newIssue reads what is to be written, or gives the refusal.
func (c *call) newIssue() (in issueInput, refused *response) {
	refuse := func(status int, message string) (issueInput, *response) {
		r := failure(status, message)
		return in, &r
	}
	if c.user.ReadOnly {
		return refuse(http.StatusForbidden, notAccessible)
	}
	if !json.Valid(c.body) {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n"+err.Error())
	}
	return in, nil
}

// restIssue is an issue in the form of the REST API.
type restIssue struct {
	ID          int64       `json:"id"`
	NodeID      string      `json:"node_id"`
	URL         string      `json:"url"`
	HTMLURL     string      `json:"html_url"`
	CommentsURL string      `json:"comments_url"`
	Number      int         `json:"number"`
	State       string      `json:"state"`
	StateReason *string     `json:"state_reason"`
	Title       string      `json:"title"`
	Body        *string     `json:"body"`
	User        user        `json:"user"`
	Labels      []restLabel `json:"labels"`
	Comments    int         `json:"comments"`
	CreatedAt   time.Time   `json:"created_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	ClosedAt    *time.Time  `json:"closed_at"`
	// PullRequest is there for a pull request only.
	PullRequest *restPullOfIssue `json:"pull_request,omitempty"`
}

type restLabel struct {
	Name string `json:"name"`
}

type restPullOfIssue struct {
	URL      string     `json:"url"`
	HTMLURL  string     `json:"html_url"`
	MergedAt *time.Time `json:"merged_at"`
}

func (c *call) asIssue(on conversation, kind, login string) restIssue {
	url := fmt.Sprintf("%s/repos/%s/issues/%d", c.baseURL(), on.Repo, on.Number)
	return restIssue{
		ID: on.ID, NodeID: nodeID(kind, on.ID), URL: url, HTMLURL: on.url(), CommentsURL: url + "/comments",
		Number: on.Number, State: "open", Title: on.Title, User: restUser(c.site, login), Labels: []restLabel{}, Comments: len(on.Comments),
	}
}

func (c *call) issue(issue Issue) restIssue {
	out := c.asIssue(issue.conversation, "I", issue.Author)
	out.State, out.Body, out.CreatedAt, out.UpdatedAt = issue.state(), &issue.Body, issue.CreatedAt, issue.UpdatedAt
	for _, label := range issue.Labels {
		out.Labels = append(out.Labels, restLabel{label})
	}
	if issue.Reason != "" {
		out.StateReason = &issue.Reason
	}
	if issue.Closed {
		out.ClosedAt = &issue.ClosedAt
	}
	return out
}

// pullAsIssue is a pull request as lists of issues have it. Who opened it is not known here.
func (c *call) pullAsIssue(pull pullRequest) restIssue {
	out, short := c.asIssue(pull.conversation, "PR", "ghost"), c.pull(pull)
	out.State, out.ClosedAt = short.State, short.MergedAt
	out.PullRequest = &restPullOfIssue{short.URL, short.HTMLURL, short.MergedAt}
	return out
}
