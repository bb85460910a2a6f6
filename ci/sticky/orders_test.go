package sticky

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"dagger/iac/marker"
	"dagger/iac/pullrequest"
)

// github is a pull request with a scheduler: the calls of several jobs are answered one at a time, in an
// order that the test chooses.
type github struct {
	comments []comment
	lastID   int64
	scheduler
}

// scheduler lets jobs run by turns.
type scheduler struct {
	jobs []*job
	// answer answers a call, and named gives it a name.
	answer func(args []string, body string) string
	named  func(args []string) string
	// fails tells whether a call meets a fault that passes, before or after it took effect.
	fails func() (before, after bool)
}

// job is one run that publishes.
type job struct {
	began   time.Time
	body    string
	ask     chan []string
	text    string
	reply   chan string
	done    chan error
	over    bool
	calls   []event
	pending []string
}

// event is a call that was answered: when, what it was, and the text that was sent.
type event struct {
	at     int
	method string
	text   string
}

func newGithub() *github {
	g := &github{}
	g.answer, g.named = g.answerFor, func(args []string) string { method, _ := methodOf(args); return method }
	g.fails = func() (bool, bool) { return false, false }
	return g
}

func (g *github) add(m marker.Marker, text string) {
	g.lastID++
	g.comments = append(g.comments, comment{ID: g.lastID, Body: m.String() + "\n" + text})
}

var about = marker.Marker{Project: "web", Stack: "prod"}

func at(minute int) time.Time { return time.Date(2026, 1, 2, 15, minute, 0, 0, time.UTC) }

func markerAt(minute int) marker.Marker {
	m := about
	m.Began = at(minute)
	return m
}

// instant is a clock on which waiting takes no time.
type instant struct{ now time.Time }

func (c *instant) Now() time.Time { return c.now }

func (c *instant) Wait(_ context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return nil
}

// start starts a job for each minute at which a run began.
func (g *github) start(ctx context.Context, minutes ...int) {
	for _, minute := range minutes {
		body := fmt.Sprintf("%s\nreport of %d", markerAt(minute), minute)
		g.begin(minute, body, func(p *Publisher) error { return p.Publish(ctx, body) })
	}
}

// begin starts a job for a run that began at this minute.
func (s *scheduler) begin(minute int, body string, publish func(*Publisher) error) {
	j := &job{began: at(minute), body: body, ask: make(chan []string), reply: make(chan string), done: make(chan error, 1)}
	s.jobs = append(s.jobs, j)
	p := &Publisher{
		GH: func(_ context.Context, args []string, body string) (string, string, int, error) {
			j.text = body
			j.ask <- args
			out := <-j.reply
			if strings.HasPrefix(out, "HTTP/2.0 2") {
				return out, "", 0, nil
			}
			return out, "gh: failed", 1, nil
		},
		Repository: pullrequest.Repository{Host: "github.com", Owner: "acme", Name: "shop"}, Number: 7,
		Show: func(s string) string { return s }, Warn: func(string) {}, Clock: &instant{now: at(59)},
	}
	go func() { j.done <- publish(p) }()
	j.next()
}

// next waits until the job makes a call or is done.
func (j *job) next() {
	select {
	case j.pending = <-j.ask:
	case err := <-j.done:
		j.over = true
		if err != nil {
			panic(err)
		}
	}
}

// serve answers the pending call of a job.
func (s *scheduler) serve(j *job, time int) {
	before, after := s.fails()
	j.calls = append(j.calls, event{time, s.named(j.pending), j.text})
	out := "HTTP/2.0 502 Bad Gateway\n\r\n\r\n"
	if !before {
		if answered := s.answer(j.pending, j.text); !after {
			out = answered
		}
	}
	j.reply <- out
	j.next()
}

func methodOf(args []string) (method string, id int64) {
	if args[2] != "-X" {
		return "LIST", 0
	}
	_, _ = fmt.Sscanf(args[4][strings.LastIndex(args[4], "/")+1:], "%d", &id)
	return args[3], id
}

func (g *github) answerFor(args []string, body string) string {
	method, id := methodOf(args)
	out := "HTTP/2.0 200 OK\n\r\n\r\n"
	if method == "LIST" {
		for _, c := range g.comments {
			line, _ := json.Marshal(map[string]string{"url": fmt.Sprintf("https://x#issuecomment-%d", c.ID), "body": c.Body})
			out += string(line) + "\n"
		}
		return out
	}
	if method == "POST" {
		g.lastID++
		g.comments = append(g.comments, comment{ID: g.lastID, Body: body})
		return out
	}
	for i, c := range g.comments {
		if c.ID != id {
			continue
		}
		if method == "PATCH" {
			g.comments[i].Body = body
		} else {
			g.comments = append(g.comments[:i:i], g.comments[i+1:]...)
		}
		return out
	}
	return "HTTP/2.0 404 Not Found\n\r\n\r\n"
}

// play lets choose pick who is answered next until all jobs are done, and gives the order.
func (s *scheduler) play(choose func(ready int) int) (order string) {
	for time := 0; ; time++ {
		var ready []int
		for i, j := range s.jobs {
			if !j.over {
				ready = append(ready, i)
			}
		}
		if len(ready) == 0 {
			return order
		}
		i := ready[choose(len(ready))]
		_, id := methodOf(s.jobs[i].pending)
		order += fmt.Sprintf("%d:%s%d ", i, s.named(s.jobs[i].pending), id)
		s.serve(s.jobs[i], time)
	}
}

// check tells what is wrong at the end.
func (g *github) check() string {
	if len(g.comments) != 1 {
		return fmt.Sprintf("%d comments are left", len(g.comments))
	}
	last := g.jobs[0]
	for _, j := range g.jobs {
		if j.began.After(last.began) {
			last = j
		}
	}
	if g.comments[0].Body != last.body && !g.overtaken(last) {
		return "the report of an earlier run is left"
	}
	return ""
}

// overtaken tells whether a job wrote, after the last job's last look, what it had decided on before the last
// job last wrote. GitHub has no way to write only if nothing has changed, so nobody can prevent or see that.
func (g *github) overtaken(last *job) bool {
	wrote, looked := -1, -1
	for _, e := range last.calls {
		if e.method == "LIST" {
			looked = e.at
		} else {
			wrote = e.at
		}
	}
	for _, j := range g.jobs {
		look := -1
		for _, e := range j.calls {
			if e.method == "LIST" {
				look = e.at
			} else if j != last && e.method == "PATCH" && look < wrote && e.at > looked {
				return true
			}
		}
	}
	return false
}

// starts are what may be on the pull request when the jobs begin.
var starts = map[string]func(*github){
	"no comment":              func(*github) {},
	"a comment":               func(g *github) { g.add(markerAt(0), "old") },
	"a comment of an old iac": func(g *github) { g.add(about, "old") },
	"two comments":            func(g *github) { g.add(markerAt(0), "old"); g.add(about, "older") },
	"a lost job's twin":       func(g *github) { g.add(markerAt(0), "old"); g.add(markerAt(1), "newer") },
}

// Whatever the order in which the requests of two jobs reach GitHub: one comment is left, with the report of
// the run that began last.
func TestEveryOrderOfTwoJobsLeavesOneComment(t *testing.T) {
	for name, prepare := range starts {
		t.Run(name, func(t *testing.T) {
			orders := every(func(choose func(int) int) {
				g := newGithub()
				prepare(g)
				g.start(t.Context(), 2, 3)
				order := g.play(choose)
				if wrong := g.check(); wrong != "" {
					t.Fatalf("%s after %s: %+v", wrong, order, g.comments)
				}
			})
			t.Logf("%d orders", orders)
			if orders < 20 {
				t.Errorf("only %d orders", orders)
			}
		})
	}
}

// every plays once for each order, and counts them.
func every(play func(choose func(ready int) int)) (orders int) {
	for prefix := []int{}; prefix != nil; orders++ {
		var taken, ready []int
		play(func(n int) int {
			choice := 0
			if len(taken) < len(prefix) {
				choice = prefix[len(taken)]
			}
			taken, ready = append(taken, choice), append(ready, n)
			return choice
		})
		prefix = following(taken, ready)
	}
	return orders
}

// following is the next list of choices in order, nil after the last.
func following(taken, ready []int) []int {
	for i := len(taken) - 1; i >= 0; i-- {
		if taken[i]+1 < ready[i] {
			return append(taken[:i:i], taken[i]+1)
		}
	}
	return nil
}

// The same with three jobs and with faults that pass, in many orders out of all.
func TestThreeJobsAmongFaultsLeaveOneComment(t *testing.T) {
	for name, prepare := range starts {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(400) {
				random := rand.New(rand.NewPCG(seed, 7))
				g := newGithub()
				g.fails = someFaults(random)
				prepare(g)
				g.start(t.Context(), 2, 4, 3)
				order := g.play(random.IntN)
				if wrong := g.check(); wrong != "" {
					t.Fatalf("seed %d: %s after %s: %+v", seed, wrong, order, g.comments)
				}
			}
		})
	}
}

// someFaults are up to six.
func someFaults(random *rand.Rand) func() (before, after bool) {
	faults := 6
	return func() (before, after bool) {
		if faults == 0 || random.IntN(6) > 0 {
			return false, false
		}
		faults--
		before = random.IntN(2) == 0
		return before, !before
	}
}

// A twin goes only when the oldest comment has the text of the run that began last, whatever is there.
func TestOnlyTwinsWhoseTextIsOldAreDeleted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7))
	for range 20_000 {
		s := state{marker: markerAt(3), written: random.IntN(2) == 0, now: at(59)}
		s.body = s.marker.String() + "\nmine"
		latest := comment{Marker: s.marker, Body: s.body}
		for id := range 1 + random.IntN(4) {
			m := markerAt(random.IntN(6))
			c := comment{ID: int64(id + 1), Marker: m, Body: m.String() + "\ntext"}
			if s.found = append(s.found, c); m.Began.After(latest.Marker.Began) {
				latest = c
			}
		}
		next := decide(s)
		oldest := s.found[0]
		switch {
		case next.action == create:
			t.Fatalf("a second comment is made beside %+v", s.found)
		case next.action == edit && next.comment.ID != oldest.ID:
			t.Fatalf("%+v is edited, want the oldest of %+v", next.comment, s.found)
		case next.action == edit && began(next.body).Before(latest.Marker.Began):
			t.Fatalf("an earlier text is written: %q, of %+v", next.body, s.found)
		case next.action != edit && began(oldest.Body).Before(latest.Marker.Began):
			t.Fatalf("%v comes before the text of the latest run is in the oldest of %+v", next.action, s.found)
		case next.action == remove && next.comment.ID == oldest.ID:
			t.Fatalf("the oldest of %+v is deleted", s.found)
		case next.action == nothing && len(s.found) > 1:
			t.Fatalf("twins are left: %+v", s.found)
		}
	}
}

func began(body string) time.Time {
	m, _ := marker.Parse(body)
	return m.Began
}

// GitHub lists for a while what is deleted, and does not list yet what is new.
func TestListThatIsBehind(t *testing.T) {
	for name, test := range map[string]struct {
		listed []int
		gone   string
		want   string
	}{
		"the new comment is not listed yet":         {nil, "", "LIST POST LIST"},
		"a deleted comment is listed when edited":   {[]int{1}, "PATCH", "LIST PATCH LIST POST LIST"},
		"a deleted twin is listed":                  {[]int{2, 1}, "", "LIST DELETE LIST"},
		"a twin that another job deleted is listed": {[]int{2, 1}, "DELETE", "LIST DELETE LIST"},
	} {
		g := newGithub()
		for _, minute := range test.listed {
			g.add(markerAt(minute), "old")
		}
		var asked []string
		p := &Publisher{
			GH: func(_ context.Context, args []string, _ string) (string, string, int, error) {
				method, _ := methodOf(args)
				asked = append(asked, method)
				switch method {
				case "LIST":
					return g.answer(args, ""), "", 0, nil
				case test.gone:
					return "HTTP/2.0 404 Not Found\n\r\n\r\n", "gh: Not Found (HTTP 404)", 1, nil
				}
				return "HTTP/2.0 200 OK\n\r\n\r\n", "", 0, nil
			},
			Show: func(s string) string { return s }, Warn: func(s string) { t.Errorf("%s: it warned: %s", name, s) },
			Clock: &instant{now: at(59)},
		}
		m := markerAt(2)
		body := m.String() + "\nold"
		if err := p.Publish(t.Context(), body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(asked, " "); got != test.want {
			t.Errorf("%s: it asked %s, want %s", name, got, test.want)
		}
	}
}

// Who changed a comment is read with it.
func TestEditorIsRead(t *testing.T) {
	line, err := json.Marshal(map[string]any{
		"url": "https://github.com/acme/shop/pull/7#issuecomment-3100000002", "body": markerAt(2).String() + "\nx",
		"editor": nil,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := publication{Publisher: &Publisher{}, kind: ofPullRequest, state: state{marker: markerAt(5)}}
	found, err := p.read([]json.RawMessage{line, []byte(strings.Replace(string(line), "null", `"mona"`, 1))})
	if err != nil || len(found) != 2 || found[0].ID != 3_100_000_002 || found[0].Marker != markerAt(2) ||
		found[0].Editor != "" || found[1].Editor != "mona" {
		t.Errorf("it read %+v, %v", found, err)
	}
	if _, err := p.read([]json.RawMessage{[]byte(strings.Replace(string(line), "#issuecomment-", "#", 1))}); err == nil {
		t.Error("a URL without the number of a comment is read")
	}
}
