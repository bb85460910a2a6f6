// Package githubapi stands in for GitHub's API, so that a real gh can publish comments on a machine
// without access to GitHub. Its server is an HTTP proxy on loopback that answers for api.github.com
// and for Enterprise Servers over TLS with a certificate of its own, and for nobody else. It holds
// pull requests, issues and their comments, remembers what was asked of it, can be told to fail, and shows
// a pull request as GitHub would.
package githubapi

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// githubHost is the host of repositories for which no other is named.
const githubHost = "github.com"

// Options say what a server stands in for.
type Options struct {
	// Hosts are names of Enterprise Servers, such as ghe.example.com, beside github.com. Behind Listen they
	// are what its clients call it, such as 172.17.0.1:8443.
	Hosts []string
	// Listen is an address such as 0.0.0.0:8443 that answers over TLS too, for clients that cannot be given a
	// proxy. Its clients have to trust Authority.
	Listen string
	// Authority signs the server's certificate; if nil, one that is made for it alone.
	Authority *Authority
	// State is a JSON file in which pull requests and comments are kept between runs. Without it
	// they are kept in memory only.
	State string
	// Log gets a line for each request; it may be nil. Tokens are never written.
	Log io.Writer
}

// User is who a token belongs to.
type User struct {
	// Token is the secret by which the user is known.
	Token string
	// Login is the name as REST gives it: a GitHub App's bot has the ending "[bot]".
	Login string
	// Host is the Enterprise Server that the token is good for; empty for github.com.
	Host string
	// ReadOnly is a token that may not write, such as that of a pull request from a fork.
	ReadOnly bool
}

func (u User) bot() bool { return strings.HasSuffix(u.Login, "[bot]") }

// Server is a running stand-in. Its methods may be called at any time from any goroutine.
type Server struct {
	store    *store
	hosts    []string
	folder   string
	listener net.Listener
	proxy    *http.Server
	tunnels  *tunnels
	secure   *http.Server

	mu       sync.Mutex
	log      io.Writer
	users    []User
	requests []Request
	faults   []*Fault
	before   func(Request)
}

// Start starts a server on a free port of the loopback interface. Close ends it.
func Start(options Options) (*Server, error) {
	comments, err := openStore(options.State)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		store:    comments,
		hosts:    slices.Clone(options.Hosts),
		listener: listener,
		tunnels:  newTunnels(listener.Addr()),
		log:      options.Log,
	}
	if err := s.secureHosts(options.Authority); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	var direct net.Listener
	if options.Listen != "" {
		if direct, err = net.Listen("tcp", options.Listen); err != nil {
			return nil, errors.Join(err, listener.Close(), os.RemoveAll(s.folder))
		}
	}

	// What clients break off, and faults that break connections off, are no news.
	quiet := log.New(io.Discard, "", 0)
	s.proxy = &http.Server{Handler: http.HandlerFunc(s.serveProxy), ErrorLog: quiet, ReadHeaderTimeout: time.Minute}
	s.secure.ErrorLog = quiet
	go func() { _ = s.proxy.Serve(s.listener) }()
	go func() { _ = s.secure.ServeTLS(s.tunnels, "", "") }()
	if direct != nil {
		go func() { _ = s.secure.ServeTLS(direct, "", "") }()
	}
	return s, nil
}

// secureHosts prepares the TLS side: the certificate, the file with its authority, the server.
func (s *Server) secureHosts(authority *Authority) error {
	var err error
	if authority == nil {
		if authority, err = NewAuthority(); err != nil {
			return err
		}
	}
	certificate, err := authority.sign(s.names())
	if err != nil {
		return err
	}
	s.folder, err = os.MkdirTemp("", "githubapi")
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.caFile(), authority.pem(), 0o600); err != nil {
		return errors.Join(err, os.RemoveAll(s.folder))
	}
	s.secure = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, connection)
		},
	}
	return nil
}

// Close ends the server and its connections. It fails where comments could not be kept.
func (s *Server) Close() error {
	return errors.Join(s.proxy.Close(), s.secure.Close(), os.RemoveAll(s.folder), s.store.err())
}

// Env gives the variables by which a process takes the server for GitHub. With them it needs
// nothing of the environment of this one.
func (s *Server) Env() []string {
	return []string{
		"HTTPS_PROXY=" + s.address(),
		"SSL_CERT_FILE=" + s.caFile(),
	}
}

// PageURL is where a browser on this machine sees a pull request, over plain HTTP. The repository
// is [HOST/]OWNER/NAME.
func (s *Server) PageURL(repo string, number int) string {
	host, name := splitRepo(repo)
	address := fmt.Sprintf("%s/%s/pull/%d", s.address(), name, number)
	if host != githubHost {
		address += "?" + url.Values{"host": {host}}.Encode()
	}
	return address
}

// AddUser makes a token known.
func (s *Server) AddUser(user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user.Host == "" {
		user.Host = githubHost
	}
	s.users = append(s.users, user)
}

// AddPullRequest adds an open pull request, and its repository with it. One that is there keeps its
// comments. The repository is [HOST/]OWNER/NAME.
func (s *Server) AddPullRequest(repo string, number int, title string) {
	host, name := splitRepo(repo)
	s.store.addPullRequest(host, name, number, title)
}

// AddCommit makes a commit known, which these pull requests hold; it may be none.
func (s *Server) AddCommit(repo, sha string, numbers ...int) error {
	host, name := splitRepo(repo)
	return s.store.addCommit(host, name, sha, numbers)
}

// Merge merges a pull request by a commit. What it holds stays as it is.
func (s *Server) Merge(repo string, number int, sha string) error {
	host, name := splitRepo(repo)
	return s.store.merge(host, name, number, sha)
}

// SetFiles says which files a pull request changes, in the place of those it was told before.
func (s *Server) SetFiles(repo string, number int, files ...File) error {
	host, name := splitRepo(repo)
	return s.store.setFiles(host, name, number, files)
}

// Comments gives the comments of a pull request or an issue, oldest first; none where there is no such one.
func (s *Server) Comments(repo string, number int) []Comment {
	host, name := splitRepo(repo)
	on, err := s.store.conversation(host, name, number)
	if err != nil {
		return nil
	}
	return on.Comments
}

// AddComment writes a comment in somebody's name.
func (s *Server) AddComment(repo string, number int, login, body string) (Comment, error) {
	host, name := splitRepo(repo)
	_, c, err := s.store.add(host, name, number, login, body)
	return c, err
}

// EditComment gives a comment another text in somebody's name.
func (s *Server) EditComment(id int64, login, body string) error {
	_, _, err := s.store.edit("", id, login, body)
	return err
}

// Minimize hides a comment as outdated, as people do on the page.
func (s *Server) Minimize(id int64) error {
	_, _, err := s.store.minimize("", id, "outdated")
	return err
}

// DeleteComment takes a comment away.
func (s *Server) DeleteComment(id int64) error {
	return s.store.remove("", id)
}

// splitRepo takes [HOST/]OWNER/NAME apart.
func splitRepo(repo string) (host, name string) {
	if strings.Count(repo, "/") == 2 {
		host, name, _ = strings.Cut(repo, "/")
		return host, name
	}
	return githubHost, repo
}

func (s *Server) address() string { return "http://" + s.listener.Addr().String() }
func (s *Server) caFile() string  { return filepath.Join(s.folder, "ca.pem") }

// names are the hosts that the server stands in for.
func (s *Server) names() []string {
	return append([]string{githubHost, "api.github.com", "uploads.github.com"}, s.hosts...)
}

// serveProxy answers what comes to the port itself: tunnels for the hosts of the server, and the
// pages for a browser.
func (s *Server) serveProxy(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		s.connect(w, r)
	case r.URL.IsAbs():
		http.Error(w, "The GitHub stand-in takes TLS only.", http.StatusForbidden)
	default:
		host := r.URL.Query().Get("host")
		if host == "" {
			host = githubHost
		}
		s.page(host, r).write(w)
	}
}

// connect makes the connection of a CONNECT request one to the TLS server.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil || port != "443" || !slices.Contains(s.names(), host) {
		http.Error(w, fmt.Sprintf("The GitHub stand-in does not stand in for %s.", r.Host), http.StatusForbidden)
		return
	}
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := io.WriteString(connection, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = connection.Close()
		return
	}
	s.tunnels.hand(&tunnel{connection, buffered.Reader})
}

// tunnel is a connection of which the first bytes may have been read already.
type tunnel struct {
	net.Conn
	reader *bufio.Reader
}

func (t *tunnel) Read(p []byte) (int, error) { return t.reader.Read(p) }

// tunnels is a listener that gives the connections handed to it.
type tunnels struct {
	address net.Addr
	queue   chan net.Conn
	closed  chan struct{}
	close   func()
}

func newTunnels(address net.Addr) *tunnels {
	closed := make(chan struct{})
	return &tunnels{
		address: address,
		queue:   make(chan net.Conn),
		closed:  closed,
		close:   sync.OnceFunc(func() { close(closed) }),
	}
}

func (t *tunnels) hand(connection net.Conn) {
	select {
	case t.queue <- connection:
	case <-t.closed:
		_ = connection.Close()
	}
}

func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case connection := <-t.queue:
		return connection, nil
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

func (t *tunnels) Close() error {
	t.close()
	return nil
}

func (t *tunnels) Addr() net.Addr { return t.address }
