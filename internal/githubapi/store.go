package githubapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

const (
	// maxBody is how long the body of a comment may be. GitHub does not say what it counts; the
	// stand-in counts UTF-16 units, of which a text has never fewer than code points.
	maxBody = 65536

	// maxFiles is how many files of a pull request GitHub lists.
	maxFiles = 3000

	// firstID lies above the 32 bits that an Int of GraphQL holds, as ids on github.com do.
	firstID = 3_100_000_001
)

// Comment is a comment on a pull request or an issue as GitHub holds it.
type Comment struct {
	ID int64 `json:"id"`
	// Author is the login as REST gives it, with "[bot]" for a GitHub App.
	Author    string    `json:"author"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Edits is how often the body was sent anew.
	Edits int `json:"edits,omitempty"`
	// Editor is the login of who sent it last, empty where nobody did.
	Editor string `json:"editor,omitempty"`
	// Minimized is the reason for which it was minimised, such as "outdated", or empty.
	Minimized string `json:"minimized,omitempty"`
}

// NodeID is the id that GraphQL uses.
func (c Comment) NodeID() string { return nodeID("IC", c.ID) }

// File is one that a pull request changes.
type File struct {
	Name string `json:"name"`
	// Status is added, changed, copied, modified, removed, renamed or unchanged.
	Status string `json:"status"`
	// Previous is the name that a renamed or copied file comes from, empty for others.
	Previous string `json:"previous,omitempty"`
	// SHA is that of its content; it may be empty.
	SHA string `json:"sha,omitempty"`
}

// fileStatuses are GitHub's, and whether a file with it comes from another one.
var fileStatuses = map[string]bool{
	"added": false, "changed": false, "copied": true, "modified": false, "removed": false, "renamed": true, "unchanged": false,
}

// check refuses a file that GitHub could not list.
func (f File) check() error {
	moved, known := fileStatuses[f.Status]
	switch {
	case f.Name == "":
		return invalidError{"a file has no name"}
	case !known:
		return invalidError{fmt.Sprintf("invalid status %q of the file %s: want one of GitHub's, such as added", f.Status, f.Name)}
	case moved != (f.Previous != ""):
		return invalidError{fmt.Sprintf("invalid previous name %q of the file %s, which is %s: want one where it is renamed or copied, and only there", f.Previous, f.Name, f.Status)}
	}
	return nil
}

// conversation is what a pull request and an issue have in common. Their numbers are of one row.
type conversation struct {
	ID     int64  `json:"id"`
	Host   string `json:"host"`
	Repo   string `json:"repo"`
	Number int    `json:"number"`
	Title  string `json:"title"`
	// Comments are the oldest first.
	Comments []Comment `json:"comments"`
	// IsIssue is true for an issue that is no pull request.
	IsIssue bool `json:"is_issue,omitempty"`
}

// pullRequest is a pull request with its comments.
type pullRequest struct {
	conversation
	// Commits are those that it holds, MergeCommit is what its merge made.
	Commits     []string  `json:"commits,omitempty"`
	MergeCommit string    `json:"merge_commit,omitempty"`
	MergedAt    time.Time `json:"merged_at,omitzero"`
	// Files are those that it changes.
	Files []File `json:"files,omitempty"`
}

// state is that of GraphQL.
func (p pullRequest) state() string {
	if p.MergedAt.IsZero() {
		return "OPEN"
	}
	return "MERGED"
}

// holds tells whether a commit, which may be shortened, is one of the pull request's or its merge.
func (p pullRequest) holds(sha string) bool {
	return slices.ContainsFunc(append([]string{p.MergeCommit}, p.Commits...), func(c string) bool { return isCommit(c, sha) })
}

// isCommit tells whether a hash, which may be shortened to 7 digits, is that of a commit.
func isCommit(commit, sha string) bool {
	return len(sha) >= 7 && strings.HasPrefix(commit, strings.ToLower(sha))
}

// repository is one of a host.
type repository struct {
	Host string `json:"host"`
	Repo string `json:"repo"`
}

// commit is one that no pull request need have.
type commit struct {
	Host string `json:"host"`
	Repo string `json:"repo"`
	SHA  string `json:"sha"`
}

func (c conversation) url() string {
	kind := "pull"
	if c.IsIssue {
		kind = "issues"
	}
	return fmt.Sprintf("https://%s/%s/%s/%d", c.Host, c.Repo, kind, c.Number)
}

func (c conversation) commentURL(id int64) string {
	return fmt.Sprintf("%s#issuecomment-%d", c.url(), id)
}

func (c conversation) clone() conversation {
	c.Comments = slices.Clone(c.Comments)
	return c
}

// in tells whether it is one of the repository.
func (c conversation) in(host, repo string) bool {
	return c.Host == host && strings.EqualFold(c.Repo, repo)
}

// invalidError is GitHub's refusal of a value.
type invalidError struct{ message string }

func (e invalidError) Error() string { return e.message }

// errNotFound says that there is no such thing, or none that the caller may see.
var errNotFound = errors.New("not found")

// store holds pull requests, issues and comments, in memory and, where it has a file, on disk.
type store struct {
	file string

	mu      sync.Mutex
	lastID  int64
	pulls   []*pullRequest
	issues  []*Issue
	commits []commit
	// withoutIssues are repositories that take no issues.
	withoutIssues []repository
	saveErr       error
}

// stored is the form of the file.
type stored struct {
	LastID       int64          `json:"last_id"`
	PullRequests []*pullRequest `json:"pull_requests"`
	Commits      []commit       `json:"commits,omitempty"`
	Issues       []*Issue       `json:"issues,omitempty"`
	// WithoutIssues are repositories that take no issues.
	WithoutIssues []repository `json:"without_issues,omitempty"`
}

// openStore reads the file, which need not exist yet. An empty name is a store in memory.
func openStore(file string) (*store, error) {
	s := &store{file: file, lastID: firstID}
	if file == "" {
		return s, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	var content stored
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("%s does not hold the comments of a GitHub stand-in: %w", file, err)
	}
	s.lastID, s.pulls, s.commits = max(content.LastID, firstID), content.PullRequests, content.Commits
	s.issues, s.withoutIssues = content.Issues, content.WithoutIssues
	return s, nil
}

// save writes the file anew. The caller holds the lock. The first error is kept for close.
func (s *store) save() {
	if s.file == "" {
		return
	}
	if err := s.write(); err != nil && s.saveErr == nil {
		s.saveErr = fmt.Errorf("the GitHub stand-in cannot keep its comments: %w", err)
	}
}

func (s *store) write() error {
	data, err := json.MarshalIndent(stored{s.lastID, s.pulls, s.commits, s.issues, s.withoutIssues}, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(append(data, '\n'))
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), s.file)
}

func (s *store) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saveErr
}

func (s *store) nextID() int64 {
	s.lastID++
	return s.lastID
}

// addPullRequest adds a pull request, or gives the one that is there a new title.
func (s *store) addPullRequest(host, repo string, number int, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.find(host, repo, number); p != nil {
		p.Title = title
	} else {
		s.pulls = append(s.pulls, &pullRequest{conversation: conversation{
			ID: s.nextID(), Host: host, Repo: repo, Number: number, Title: title,
		}})
	}
	s.save()
}

// addCommit makes a commit known, which is one of these pull requests.
func (s *store) addCommit(host, repo, sha string, numbers []int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, number := range numbers {
		p := s.find(host, repo, number)
		if p == nil {
			return errNotFound
		}
		p.Commits = append(p.Commits, sha)
	}
	s.commits = append(s.commits, commit{host, repo, sha})
	s.save()
	return nil
}

// setFiles says which files a pull request changes.
func (s *store) setFiles(host, repo string, number int, files []File) error {
	for _, file := range files {
		if err := file.check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(host, repo, number)
	if p == nil {
		return errNotFound
	}
	p.Files = slices.Clone(files)
	s.save()
	return nil
}

// merge closes a pull request by a commit.
func (s *store) merge(host, repo string, number int, sha string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(host, repo, number)
	if p == nil {
		return errNotFound
	}
	p.MergeCommit, p.MergedAt = sha, timestamp()
	s.save()
	return nil
}

// pullsOf gives the pull requests that hold a commit, the newest first, and whether the repository knows it. GitHub
// knows commits by the network of forks, and lists pull requests of all of it; here, repositories of one name and host
// are forks of each other.
func (s *store) pullsOf(host, repo, sha string) (pulls []pullRequest, known bool) {
	_, name, _ := strings.Cut(repo, "/")
	fork := func(of string) bool { return strings.EqualFold(of[strings.Index(of, "/")+1:], name) }
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range slices.Backward(s.pulls) {
		if p.Host == host && fork(p.Repo) && p.holds(sha) {
			pulls = append(pulls, p.clone())
		}
	}
	known = slices.ContainsFunc(s.commits, func(c commit) bool { return c.Host == host && fork(c.Repo) && isCommit(c.SHA, sha) })
	return pulls, known || len(pulls) > 0
}

// find looks up a pull request. The caller holds the lock.
func (s *store) find(host, repo string, number int) *pullRequest {
	for _, p := range s.pulls {
		if p.in(host, repo) && p.Number == number {
			return p
		}
	}
	return nil
}

// conversations are all pull requests and issues. The caller holds the lock.
func (s *store) conversations() (all []*conversation) {
	for _, p := range s.pulls {
		all = append(all, &p.conversation)
	}
	for _, i := range s.issues {
		all = append(all, &i.conversation)
	}
	return all
}

// locate finds a comment by its number, on any host where none is named. The caller holds the lock.
func (s *store) locate(host string, id int64) (*conversation, int) {
	for _, c := range s.conversations() {
		if host != "" && c.Host != host {
			continue
		}
		i := slices.IndexFunc(c.Comments, func(c Comment) bool { return c.ID == id })
		if i >= 0 {
			return c, i
		}
	}
	return nil, -1
}

// hasRepo tells whether the repository has a pull request or an issue, and with that whether it exists, and the spelling
// of its name.
func (s *store) hasRepo(host, repo string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conversations() {
		if c.in(host, repo) {
			return c.Repo, true
		}
	}
	return "", false
}

// conversation gives a copy of a pull request or an issue, as far as they are alike.
func (s *store) conversation(host, repo string, number int) (conversation, error) {
	return s.conversationOf(func(c *conversation) bool { return c.in(host, repo) && c.Number == number })
}

// conversationByID gives a copy of the pull request or the issue with the id.
func (s *store) conversationByID(host string, id int64) (conversation, error) {
	return s.conversationOf(func(c *conversation) bool { return c.Host == host && c.ID == id })
}

func (s *store) conversationOf(wanted func(*conversation) bool) (conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conversations() {
		if wanted(c) {
			return c.clone(), nil
		}
	}
	return conversation{}, errNotFound
}

// pull gives a copy of a pull request.
func (s *store) pull(host, repo string, number int) (pullRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(host, repo, number)
	if p == nil {
		return pullRequest{}, errNotFound
	}
	return p.clone(), nil
}

// pullsIn gives the pull requests of a repository.
func (s *store) pullsIn(host, repo string) (pulls []pullRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pulls {
		if p.in(host, repo) {
			pulls = append(pulls, p.clone())
		}
	}
	return pulls
}

// pullByID gives a copy of the pull request with the id.
func (s *store) pullByID(host string, id int64) (pullRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pulls {
		if p.Host == host && p.ID == id {
			return p.clone(), nil
		}
	}
	return pullRequest{}, errNotFound
}

func (p *pullRequest) clone() pullRequest {
	copied := *p
	copied.conversation = p.conversation.clone()
	return copied
}

// comment gives a comment, with the pull request or the issue that it stands on.
func (s *store) comment(host string, id int64) (conversation, Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	on, i := s.locate(host, id)
	if on == nil {
		return conversation{}, Comment{}, errNotFound
	}
	return on.clone(), on.Comments[i], nil
}

// add writes a new comment.
func (s *store) add(host, repo string, number int, login, body string) (conversation, Comment, error) {
	if err := checkBody(body); err != nil {
		return conversation{}, Comment{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, on := range s.conversations() {
		if !on.in(host, repo) || on.Number != number {
			continue
		}
		now := timestamp()
		c := Comment{ID: s.nextID(), Author: login, Body: body, CreatedAt: now, UpdatedAt: now}
		on.Comments = append(on.Comments, c)
		s.save()
		return on.clone(), c, nil
	}
	return conversation{}, Comment{}, errNotFound
}

// edit gives a comment another body.
func (s *store) edit(host string, id int64, login, body string) (conversation, Comment, error) {
	if err := checkBody(body); err != nil {
		return conversation{}, Comment{}, err
	}
	return s.change(host, id, func(c *Comment) {
		c.Body, c.UpdatedAt = body, timestamp()
		c.Edits++
		c.Editor = login
	})
}

// minimize hides a comment for a reason, or shows it again where the reason is empty.
func (s *store) minimize(host string, id int64, reason string) (conversation, Comment, error) {
	return s.change(host, id, func(c *Comment) { c.Minimized = reason })
}

func (s *store) remove(host string, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	on, i := s.locate(host, id)
	if on == nil {
		return errNotFound
	}
	on.Comments = slices.Delete(on.Comments, i, i+1)
	s.save()
	return nil
}

// change lets edit change a comment and gives the result.
func (s *store) change(host string, id int64, edit func(*Comment)) (conversation, Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	on, i := s.locate(host, id)
	if on == nil {
		return conversation{}, Comment{}, errNotFound
	}
	edit(&on.Comments[i])
	s.save()
	return on.clone(), on.Comments[i], nil
}

// checkBody is GitHub's check of a comment's text.
func checkBody(body string) error {
	if strings.TrimSpace(body) == "" {
		return invalidError{"Body cannot be blank"}
	}
	return checkLength("Body", body, maxBody)
}

// checkLength is GitHub's check of how long a text may be.
func checkLength(name, text string, most int) error {
	if len(text) > most && len(utf16.Encode([]rune(text))) > most {
		return invalidError{fmt.Sprintf("%s is too long (maximum is %d characters)", name, most)}
	}
	return nil
}

// timestamp is the time as GitHub tells it: in UTC, without fractions of a second.
func timestamp() time.Time { return time.Now().UTC().Truncate(time.Second) }

// nodeID makes an id in the manner of GitHub's: a kind, and what nobody outside reads.
func nodeID(kind string, id int64) string { return nameID(kind, strconv.FormatInt(id, 10)) }

// nameID makes such an id of a name.
func nameID(kind, name string) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// parseNodeID takes an id of nodeID apart.
func parseNodeID(id string) (kind string, number int64, ok bool) {
	kind, rest, ok := strings.Cut(id, "_")
	if !ok {
		return "", 0, false
	}
	digits, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil {
		return "", 0, false
	}
	number, err = strconv.ParseInt(string(digits), 10, 64)
	return kind, number, err == nil
}
