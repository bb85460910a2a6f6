package githubapi

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"iac/internal/markdown"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
	pullPath     = regexp.MustCompile(`^/([^/]+/[^/]+)/pull/(\d+)/?$`)
)

// pageContent is what the page of a pull request shows.
type pageContent struct {
	Style  template.CSS
	Host   string
	Repo   string
	Number int
	Title  string
	// Comments are in the order of the page.
	Comments []pageComment
}

type pageComment struct {
	ID        int64
	Login     string
	Letter    string
	Bot       bool
	Age       string
	Time      time.Time
	Edited    bool
	Minimized string
	Body      template.HTML
}

// Page shows a pull request and its comments as GitHub would, as a page that needs nothing but
// itself. The repository is [HOST/]OWNER/NAME.
func (s *Server) Page(repo string, number int) (html string, err error) {
	host, name := splitRepo(repo)
	pull, err := s.store.pull(host, name, number)
	if err != nil {
		return "", fmt.Errorf("there is no pull request %d in %s on %s", number, name, host)
	}
	content := pageContent{
		Style:  template.CSS(pageStyle), // Our own file.
		Host:   host,
		Repo:   pull.Repo,
		Number: pull.Number,
		Title:  pull.Title,
	}
	for _, comment := range pull.Comments {
		shown, err := show(comment)
		if err != nil {
			return "", err
		}
		content.Comments = append(content.Comments, shown)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, content); err != nil {
		return "", err
	}
	return out.String(), nil
}

func show(comment Comment) (pageComment, error) {
	body, err := markdown.HTML(comment.Body)
	if err != nil {
		return pageComment{}, err
	}
	login, bot := strings.CutSuffix(comment.Author, "[bot]")
	return pageComment{
		ID:        comment.ID,
		Login:     login,
		Letter:    strings.ToUpper(string([]rune(login + "?")[:1])),
		Bot:       bot,
		Age:       age(time.Since(comment.CreatedAt)),
		Time:      comment.CreatedAt,
		Edited:    comment.Edits > 0,
		Minimized: comment.Minimized,
		Body:      template.HTML(body), // markdown.HTML leaves in only what GitHub does.
	}, nil
}

// age is a span of time in the words of the page.
func age(d time.Duration) string {
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit + " ago"
		}
		return fmt.Sprintf("%d %ss ago", n, unit)
	}
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return count(int(d.Minutes()), "minute")
	case d < 24*time.Hour:
		return count(int(d.Hours()), "hour")
	default:
		return count(int(d.Hours()/24), "day")
	}
}

// page answers a browser that asks a host for a pull request.
func (s *Server) page(host string, r *http.Request) response {
	const html = "text/html; charset=utf-8"
	missing := text(http.StatusNotFound, html, errorPage("404 Not Found"))
	match := pullPath.FindStringSubmatch(r.URL.Path)
	if match == nil {
		return missing
	}
	number, err := strconv.Atoi(match[2])
	if err != nil {
		return missing
	}
	if _, err := s.store.pull(host, match[1], number); err != nil {
		return missing
	}
	page, err := s.Page(host+"/"+match[1], number)
	if err != nil {
		return text(http.StatusInternalServerError, "text/plain; charset=utf-8", err.Error())
	}
	// Nothing in a comment makes the browser fetch or run anything.
	return text(http.StatusOK, html, page).
		with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
}
