package comment

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"dagger/iac/report"
)

// Kinds of problems, the worst first. The first two make a run fail.
var kinds = []string{"error", "mandatory policy violation", "warning", "advisory policy violation", "policy remediation"}

const (
	failing   = 0
	mandatory = 1
	warned    = 2
	advisory  = 3
	remedied  = 4
)

// remark is a diagnostic or a policy violation that may be shown.
type remark struct {
	kind int
	// rank orders the remarks of one kind, the worst first.
	rank int
	// echo is true for an error that only says that there were errors.
	echo bool
	show func() problem
}

var echo = regexp.MustCompile(`^(preview|update|refresh|destroy) failed$`)

// withoutEcho leaves out what Pulumi says last of every failed run, unless it says nothing else.
func withoutEcho(remarks []remark) []remark {
	if !slices.ContainsFunc(remarks, func(r remark) bool { return r.kind <= mandatory && !r.echo }) {
		return remarks
	}
	return slices.DeleteFunc(remarks, func(r remark) bool { return r.echo })
}

// problems are those of a run, the worst first, and how many there are beyond what is shown.
func (l limits) problems(r report.Report) (shown []problem, more string) {
	remarks := withoutEcho(l.remarks(r))
	slices.SortStableFunc(remarks, func(a, b remark) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.rank, b.rank))
	})
	left := make([]int, len(kinds))
	for i, remark := range remarks {
		if i < l.maxProblems {
			shown = append(shown, remark.show())
			continue
		}
		left[remark.kind]++
	}
	var rest []string
	for kind, n := range left {
		if n > 0 {
			rest = append(rest, plural(n, "more "+kinds[kind]))
		}
	}
	return shown, list(rest)
}

func (l limits) remarks(r report.Report) []remark {
	var out []remark
	for _, d := range r.Diagnostics {
		kind := warned
		if d.Severity == "error" {
			kind = failing
		}
		echo := kind == failing && len(d.Message) < 30 && echo.MatchString(strings.TrimSpace(d.Message))
		out = append(out, remark{kind: kind, echo: echo, show: func() problem { return l.diagnostic(d, kinds[kind]) }})
	}
	for _, p := range r.Policies {
		kind := advisory
		switch p.Enforcement {
		case "mandatory":
			kind = mandatory
		case "remediate":
			kind = remedied
		}
		out = append(out, remark{kind: kind, rank: severityRank(p.Severity), show: func() problem { return l.violation(p, kinds[kind]) }})
	}
	if !r.OK() && !slices.ContainsFunc(out, func(r remark) bool { return r.kind <= mandatory }) {
		// What went wrong is told by nothing but the text.
		text := r.Stderr
		if r.NoLog {
			text = printed(r)
		}
		if strings.TrimSpace(text) != "" {
			out = append(out, remark{kind: failing, show: func() problem { return l.problem("**Pulumi printed**", text) }})
		}
	}
	return out
}

func (l limits) diagnostic(d report.Diagnostic, kind string) problem {
	title := "**" + capital(kind) + "**"
	if resource := l.resource(d.Type, d.Name); resource != "" {
		title += " in " + resource
	}
	return l.problem(title, d.Message)
}

func (l limits) violation(p report.Policy, kind string) problem {
	title := "**" + capital(kind) + "**"
	if severity := l.code(p.Severity); severity != "" {
		title += " (severity " + severity + ")"
	}
	if policy := l.code(p.Policy); policy != "" {
		title += " of " + policy
	}
	if pack := l.code(p.Pack); pack != "" {
		title += " in pack " + pack
	}
	if resource := l.resource(p.Type, p.Name); resource != "" {
		title += " by " + resource
	}
	return l.problem(title, p.Message)
}

// severities are those that a policy can have, the worst first.
var severities = []string{"critical", "high", "medium", "low"}

func severityRank(severity string) int {
	if i := slices.Index(severities, severity); i >= 0 {
		return i
	}
	return len(severities)
}

// shortMessage is the length up to which a message stands in the line of its title.
const shortMessage = 120

// problem shows a message, without its middle if it is long.
func (l limits) problem(title, message string) problem {
	message = strings.Trim(message, "\r\n")
	if len(message) <= shortMessage && !strings.Contains(message, "\n") {
		return problem{Title: title, Line: l.code(message)}
	}
	text := shortened(message, l.lines, l.text).plain()
	if strings.TrimSpace(text) == "" {
		return problem{Title: title}
	}
	return problem{Title: title, Block: block("", text)}
}

func capital(text string) string { return string(text[0]-'a'+'A') + text[1:] }
