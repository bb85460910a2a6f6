package comment

import (
	"slices"
	"strings"
	"text/template"
	"time"

	"dagger/iac/clean"
	"dagger/iac/marker"
	"dagger/iac/report"
)

// layout is the order of the comment. Every value in it is Markdown already: words of ours, or code.
var layout = template.Must(template.New("comment").Parse(`
{{- .Marker}}
### {{if .Failed}}❌ {{end}}{{with .Word}}{{.}} {{end}}{{with .Name}}{{.}}: {{end}}{{.Outcome}}
{{- with .Note}}

{{.}}
{{- end}}
{{- if .Failed}}{{template "problems" .}}{{end}}
{{- with .Halts}}{{template "alert" .}}{{end}}
{{- with .Counts}}

|{{range .}} {{.Head}} |{{end}}
|{{range .}} ---: |{{end}}
|{{range .}} {{.Number}} |{{end}}
{{- end}}
{{- with .Losses}}{{template "alert" .}}{{end}}
{{- with .Exposures}}{{template "alert" .}}{{end}}
{{- with .Warning}}

> [!WARNING]
> {{.}}
{{- end}}
{{- if not .Failed}}{{template "problems" .}}{{end}}
{{- with .Outputs}}

{{.}}
{{- end}}
{{- with .Quiet}}

{{.}}
{{- end}}
{{- with .Link}}

{{.}}
{{- end}}
{{- range .Folds}}

<details{{if .Open}} open{{end}}>
<summary>{{.Title}}</summary>

{{.Block}}

</details>
{{- end}}
{{- with .Footer}}

<sub>{{.}}</sub>
{{- end}}
{{define "problems"}}
{{- range .Problems}}

{{.Title}}
{{- with .Line}}: {{.}}{{end}}
{{- with .Block}}

{{.}}
{{- end}}
{{- end}}
{{- with .MoreProblems}}

… and {{.}}
{{- end}}
{{- end}}
{{- define "alert"}}

> [!{{.Kind}}]
> **{{.Title}}**
>
{{- range .Lines}}
> - {{.}}
{{- end}}
{{- end}}`))

// page is what layout shows.
type page struct {
	Marker string
	// Word tells what is applied from what is previewed, which has none.
	Word, Name, Outcome      string
	Failed                   bool
	Counts                   []column
	Halts, Losses, Exposures *alert
	// Note says what the title means; empty for most.
	Note string
	// Warning says why what is told may not be all.
	Warning      string
	Problems     []problem
	MoreProblems string
	Outputs      string
	// Quiet counts what only changes quiet properties.
	Quiet  string
	Link   string
	Folds  []*fold
	Footer string
}

// column is one of the table of counts.
type column struct{ Head, Number string }

// problem is a diagnostic or a violation of a policy, with its message in the same line or in a block.
type problem struct{ Title, Line, Block string }

func (p *page) execute() string {
	var out strings.Builder
	if err := layout.Execute(&out, p); err != nil {
		panic(err) // The template reads fields that are there, and a Builder takes everything.
	}
	return out.String()
}

func newPage(c Content, l limits) *page {
	r := c.Report
	if reason := c.NotStarted + c.NotRun + c.NotApplied; reason != "" {
		r = report.Report{ExitCode: -1, Diagnostics: []report.Diagnostic{{Severity: "error", Message: reason}}}
	}
	p := &page{
		Marker:    c.ID.String(),
		Name:      l.title(c.ID),
		Word:      word(c.ID.Verb, r),
		Outcome:   outcome(r),
		Failed:    !r.OK(),
		Warning:   l.warning(r),
		Counts:    columns(r),
		Halts:     l.halts(r),
		Losses:    l.losses(r),
		Exposures: l.exposures(r),
		Outputs:   l.outputs(r),
		Quiet:     l.quiet(c.Quiet.of(r)),
		Link:      link("View on Pulumi Cloud", pageOnCloud(r), "https"),
		Footer:    l.footer(c),
	}
	if counted(r) == onlyOptions(r) {
		p.Note = "Pulumi counts a resource as unchanged if only `protect`, `retainOnDelete` or an alias changes."
	}
	p.Problems, p.MoreProblems = l.problems(r)
	switch {
	case c.NotStarted != "":
		p.Outcome = "could not start"
	case c.NotRun != "":
		p.Outcome = "Pulumi did not run to its end"
	case c.NotApplied != "":
		p.Word, p.Outcome, p.Problems[0].Title = "", "not applied", "**Reason**"
	}
	return p
}

// code gives a text of others as a code span.
func (l limits) code(text string) string { return span(l.short(text)) }

// short gives the beginning of a text of others, clean.
func (l limits) short(text string) string {
	begin := upTo(text, atMost*l.name)
	out, rest := clean.UpTo(begin, l.name)
	if rest != "" || len(begin) < len(text) {
		out += "…"
	}
	return out
}

// fullName is the name of a stack as Pulumi has it: organisation/project/stack.
func fullName(id marker.Marker) string {
	switch parts := strings.Split(id.Stack, "/"); {
	case len(parts) == 3 || id.Project == "":
		return id.Stack
	case len(parts) == 2:
		return parts[0] + "/" + id.Project + "/" + parts[1]
	}
	return id.Project + "/" + id.Stack
}

// title names what the comment is about.
func (l limits) title(id marker.Marker) string {
	name := fullName(id)
	if key := l.code(id.Key); key != "" {
		return l.code(name) + " (" + key + ")"
	}
	return l.code(name)
}

// columns are the table of counts: one for each operation that there is, and what stays.
func columns(r report.Report) []column {
	var out []column
	add := func(head string, n int) {
		if n > 0 {
			out = append(out, column{head, number(n)})
		}
	}
	for _, count := range r.Counts {
		word := tense(r, count.Operation.Present(), count.Operation.Past())
		add(strings.TrimSpace(span(count.Operation.Mark())+" "+word), count.Number)
	}
	add(tense(r, "left over", "leftover deleted"), len(leftOver(r)))
	add("errored", r.ErroredSteps())
	add("not finished", unfinished(r))
	if len(out) > 0 {
		add("unchanged", r.Unchanged)
	}
	return out
}

// warning says why what is told may not be all.
func (l limits) warning(r report.Report) string {
	switch {
	case r.NoLog && r.OK():
		return "Pulumi wrote no event log, so " + tense(r, "what changes", "what changed") + " is not known."
	case r.Broken != "":
		return "Pulumi's event log is not whole (" + l.code(r.Broken) + "), so there may be more than what is shown here."
	}
	return ""
}

// outputs names the outputs of the stack that change.
func (l limits) outputs(r report.Report) string {
	var parts []string
	for _, group := range []struct {
		title      string
		operations []report.Operation
	}{
		{"new", []report.Operation{report.Create}},
		{"changed", []report.Operation{report.Update, report.Replace}},
		{"removed", []report.Operation{report.Delete}},
	} {
		var names []string
		more := 0
		for _, output := range r.Outputs {
			if !slices.Contains(group.operations, output.Operation) {
				continue
			}
			if name := l.code(output.Name); name != "" && len(names) < l.maxOutputs {
				names = append(names, name)
				continue
			}
			more++
		}
		if more > 0 {
			names = append(names, number(more)+" more")
		}
		if len(names) > 0 {
			parts = append(parts, group.title+" "+list(names))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "**Outputs:** " + strings.Join(parts, "; ")
}

// list joins names as a sentence does.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// footer says of which commit and run the comment is, as far as it is known.
func (l limits) footer(c Content) string {
	var parts []string
	if commit := l.code(short(c.Commit)); commit != "" {
		parts = append(parts, "commit "+commit)
	}
	if run := link("run", c.RunURL, "https", "http"); run != "" {
		parts = append(parts, run)
	}
	if !c.Time.IsZero() {
		parts = append(parts, c.Time.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if d := c.Report.Duration; d > 0 && !c.Report.Preview {
		parts = append(parts, "took "+d.Round(time.Second).String())
	}
	return strings.Join(parts, " · ")
}

// short is the beginning of a commit's hash, as git and GitHub show it.
func short(commit string) string {
	if len(commit) == 40 && strings.Trim(commit, "0123456789abcdef") == "" {
		return commit[:7]
	}
	return commit
}
