package githubapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	enterprise = "ghe.example.com"
	bot        = "github-actions[bot]"
)

// start starts a server with a pull request 7 in octo/infra, on github.com and on an Enterprise
// Server, and with four tokens.
func start(t *testing.T, options Options) *Server {
	t.Helper()
	options.Hosts = append(options.Hosts, enterprise)
	s, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.AddUser(User{Token: "bot-token", Login: bot})
	s.AddUser(User{Token: "fork-token", Login: bot, ReadOnly: true})
	s.AddUser(User{Token: "mona-token", Login: "mona"})
	s.AddUser(User{Token: "enterprise-token", Login: "robot", Host: enterprise})
	s.AddPullRequest("octo/infra", 7, "Move the queue")
	s.AddPullRequest(enterprise+"/octo/infra", 7, "Move the queue")
	return s
}

// comment adds a comment.
func comment(t *testing.T, s *Server, login, body string) Comment {
	t.Helper()
	c, err := s.AddComment("octo/infra", 7, login, body)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// result is what a process gave.
type result struct {
	stdout, stderr string
	exit           int
}

// gh runs the real gh against the server, with the variables given and no others of this process.
func gh(t *testing.T, s *Server, variables []string, arguments ...string) result {
	t.Helper()
	path, err := exec.LookPath(filepath.Join("..", "..", "build", "bin", "gh"))
	if err != nil {
		path, err = exec.LookPath("gh")
	}
	if err != nil {
		t.Fatal("gh is neither in build/bin nor on PATH: make tools sees to it, or Debian's package gh")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, path, arguments...)
	command.Env = append(s.Env(), "HOME="+t.TempDir())
	command.Env = append(command.Env, variables...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

var asBot = []string{"GH_TOKEN=bot-token"}

// file writes a file for gh.
func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "body.md")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// client is an HTTP client that takes the server for GitHub.
func client(t *testing.T, s *Server) *http.Client {
	t.Helper()
	proxy, err := url.Parse(strings.TrimPrefix(s.Env()[0], "HTTPS_PROXY="))
	if err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile(strings.TrimPrefix(s.Env()[1], "SSL_CERT_FILE="))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	transport := &http.Transport{
		Proxy:             http.ProxyURL(proxy),
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// send sends a request and gives the status, the header and the body.
func send(t *testing.T, c *http.Client, token, method, address, body string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "token "+token)
	}
	answer, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(content)
}

// query sends a GraphQL request to github.com and gives the answer.
func query(t *testing.T, s *Server, token, text string, variables map[string]any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	_, _, answer := send(t, client(t, s), token, http.MethodPost, "https://api.github.com/graphql", string(body))
	return answer
}
