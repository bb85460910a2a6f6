package hostengine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"iac/internal/graphql"
)

// Options say what a session works with.
type Options struct {
	// Dir is the folder of the session's caches. It outlives the session.
	Dir string
	// ImageCaches is the folder of what the images bring along: downloaded and built modules, so that
	// not each new Dir starts from nothing. If empty, it is in Dir.
	ImageCaches string
	// Modules is the folder of the programs of modules that are served. If empty, it is in Dir.
	Modules string
	// Programs is the folder with the programs that the images stand for: pulumi, its language
	// hosts and providers, gh.
	Programs string
	// Workdir is the caller's working folder, where its paths are relative to; if empty, the one of this
	// process.
	Workdir string
	// Hidden are folders that an engine would keep to itself. They are left out of the caller's folders, as
	// Dir and Programs are: they would grow with every copy of themselves, and are no part of any source.
	Hidden []string
	// Environ are the caller's variables, as NAME=value: what env:// secrets are read from.
	Environ []string
	// Progress receives a line for each step, and what the module writes to standard error, several at
	// the same time.
	Progress io.Writer
	// PulumiEnv are variables of every Pulumi image, as NAME=value. Without an account, this is
	// where the passphrase of a stack comes from.
	PulumiEnv []string
	// GitHubEnv are variables of every container that is not a Pulumi image, as NAME=value: the
	// way to a stand-in for GitHub.
	GitHubEnv []string
}

// Session is a running session. Its methods may be called at the same time.
type Session struct {
	Options
	ctx      context.Context
	cancel   context.CancelFunc
	server   *http.Server
	listener net.Listener
	root     *client
	store    *store
	execs    *execCache

	mu      sync.Mutex
	clients map[string]*client
	objects map[string]object
	secrets map[string]string
	served  *served
}

// client is who asks: the caller of the session, or one call of a function of a module.
type client struct {
	token string
	call  *functionCall
}

// Start starts a session that ends with Close or with ctx.
func Start(ctx context.Context, o Options) (*Session, error) {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Dir = dir
	if o.ImageCaches == "" {
		o.ImageCaches = filepath.Join(dir, "image-caches")
	}
	if o.ImageCaches, err = filepath.Abs(o.ImageCaches); err != nil {
		return nil, err
	}
	if o.Modules == "" {
		o.Modules = filepath.Join(dir, "modules")
	}
	if o.Programs, err = filepath.Abs(o.Programs); err != nil {
		return nil, err
	}
	store, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Session{
		Options: o, ctx: ctx, cancel: cancel, listener: listener, store: store,
		execs:   newExecCache(filepath.Join(o.Dir, "execs")),
		clients: map[string]*client{}, objects: map[string]object{}, secrets: map[string]string{},
	}
	s.root = s.newClient(nil)
	s.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close stops what still runs and removes the files of execs that nothing was built upon.
func (s *Session) Close() error {
	s.cancel()
	err := s.server.Close()
	return errors.Join(err, s.execs.close())
}

func (s *Session) newClient(call *functionCall) *client {
	c := &client{token: rand.Text(), call: call}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[c.token] = c
	return c
}

// Env are the variables, as NAME=value, by which a program that the caller starts reaches the session.
func (s *Session) Env() []string { return s.env(s.root) }

func (s *Session) env(c *client) []string {
	port := s.listener.Addr().(*net.TCPAddr).Port
	return []string{"DAGGER_SESSION_PORT=" + strconv.Itoa(port), "DAGGER_SESSION_TOKEN=" + c.token}
}

// servedTo is the module whose types a client sees: the caller's programs see the one that was served to them.
func (s *Session) servedTo(c *client) *served {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c != s.root {
		return nil
	}
	return s.served
}

// Query runs a GraphQL query as the caller of the session and decodes its data into out.
func (s *Session) Query(ctx context.Context, query string, vars map[string]any, out any) error {
	answer := s.execute(ctx, s.root, graphql.Request{Query: query, Variables: vars})
	if len(answer.Errors) > 0 {
		return answer.Errors[0]
	}
	text, err := json.Marshal(answer.Data)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

// ServeHTTP answers POST /query. The token of the session is the user name of basic authorisation.
func (s *Session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, _, _ := r.BasicAuth()
	s.mu.Lock()
	c := s.clients[token]
	s.mu.Unlock()
	if c == nil {
		http.Error(w, "this session does not know that token", http.StatusUnauthorized)
		return
	}
	if r.URL.Path != "/query" || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	request, err := graphql.Read(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.execute(r.Context(), c, request))
}

// Call is one call of a function of a module.
type Call struct {
	// ParentName is the type that the function belongs to, Parent its state as JSON.
	ParentName string
	Parent     json.RawMessage
	// Name is the function, empty for the constructor.
	Name string
	Args map[string]json.RawMessage
}

// FunctionError is the error that a function of a module returned.
type FunctionError struct {
	Message string
	Values  map[string]json.RawMessage
}

func (e *FunctionError) Error() string { return e.Message }

// Call runs one function of the module that was built to binary and gives back what it returned, as
// JSON. The error is a *FunctionError where the function itself failed.
func (s *Session) Call(ctx context.Context, binary string, call Call) (json.RawMessage, error) {
	if call.Parent == nil {
		call.Parent = json.RawMessage("{}")
	}
	home, err := os.MkdirTemp("", "iac-module-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	state := &functionCall{Call: call, home: home}
	c := s.newClient(state)
	defer func() {
		s.mu.Lock()
		delete(s.clients, c.token)
		s.mu.Unlock()
	}()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = home
	cmd.Env = append(s.env(c), "HOME="+home, "TMPDIR="+home)
	cmd.Stdout = s.Progress
	cmd.Stderr = s.Progress
	runErr := cmd.Run()
	state.mu.Lock()
	defer state.mu.Unlock()
	switch {
	case state.failure != nil:
		return nil, state.failure
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case runErr != nil:
		return nil, fmt.Errorf("the module's program ended: %w", runErr)
	case state.result == nil:
		return nil, fmt.Errorf("function %q returned nothing", call.Name)
	}
	return state.result, nil
}

func (s *Session) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Progress, format+"\n", args...)
}
