package comment

import (
	"cmp"
	"slices"
	"strings"
	"text/template"

	"dagger/iac/report"
)

// allLayout is the order of the comment about many stacks. Every value in it is Markdown already: words of ours, or
// code. What is lost stands above the table, however long that is.
var allLayout = template.Must(template.Must(layout.Clone()).New("all").Parse(`
{{- with .Marker}}{{.}}
{{end -}}
### {{if .Failed}}❌ {{end}}{{with .Key}}{{.}}: {{end}}{{.Outcome}}
{{- with .Scope}}

{{.}}
{{- end}}
{{- template "problems" .}}
{{- with .Losses}}{{template "alert" .}}{{end}}
{{- with .Table}}

| Stack | Outcome |
| :--- | :--- |
{{- range .Rows}}
| {{.Name}} | {{.Outcome}}{{with .Note}}<br>{{.}}{{end}} |
{{- end}}
{{- with .More}}

… and {{.}}
{{- end}}
{{- end}}
{{- with .Unchanged}}

<details>
<summary>{{.Title}}</summary>

{{.Block}}

</details>
{{- end}}
{{- range .Folds}}{{.}}{{end}}
{{- with .MoreFolds}}

… and {{.}}
{{- end}}
{{- with .Footer}}

<sub>{{.}}</sub>
{{- end}}
{{define "stack"}}

<details{{if .Open}} open{{end}}>
<summary>{{.Summary}}</summary>
{{- with .About}}

{{.}}
{{- end}}
{{- with .Page}}
{{- if .Failed}}{{template "problems" .}}{{end}}
{{- with .Halts}}{{template "quotation" .}}{{end}}
{{- with .Losses}}{{template "quotation" .}}{{end}}
{{- with .Exposures}}{{template "quotation" .}}{{end}}
{{- with .Warning}}

> {{.}}
{{- end}}
{{- if not .Failed}}{{template "problems" .}}{{end}}
{{- with .Outputs}}

{{.}}
{{- end}}
{{- with .Quiet}}

{{.}}
{{- end}}
{{- end}}
{{- with .LeftOut}}

{{.}}
{{- end}}
{{- with .Diff}}

{{.}}
{{- end}}
{{- range .Folds}}

<details{{if .Open}} open{{end}}>
<summary>{{.Title}}</summary>

{{.Block}}

</details>
{{- end}}

</details>
{{- end}}
{{- define "quotation"}}

> **{{.Title}}**
>
{{- range .Lines}}
> - {{.}}
{{- end}}
{{- end}}`))

// allPage is what allLayout shows.
type allPage struct {
	Marker, Key, Outcome string
	Failed               bool
	// Scope says how many of all stacks were looked at.
	Scope        string
	Problems     []problem
	MoreProblems string
	Losses       *alert
	Table        *table
	Unchanged    *fold
	// Folds are those of the stacks, written already, and MoreFolds counts those that found no room.
	Folds     []string
	MoreFolds string
	Footer    string
}

func (p *allPage) execute() string {
	var out strings.Builder
	if err := allLayout.ExecuteTemplate(&out, "all", p); err != nil {
		panic(err) // The template reads fields that are there, and a Builder takes everything.
	}
	return out.String()
}

const (
	// maxSummary is a job summary's, which GitHub takes up to 1 MiB.
	maxSummary = 1_000_000
	// maxRows and maxSummaryRows are how many stacks the table has.
	maxRows, maxSummaryRows = 100, 1000
	// maxUnchanged is how many bytes the names of the unchanged stacks take.
	maxUnchanged = 4000
	// maxOfOne is how many losses of one stack are named above the table if there are others that lose something.
	maxOfOne = 6
	// maxReads is how many stacks are named that one reads from.
	maxReads = 3
)

// tighter is halved, with half as much of each named too, and shorter names: there is less room for each of many stacks.
func (l limits) tighter() limits {
	return limits{
		name: max(10, l.name/2), text: max(200, l.text/2), lines: max(4, l.lines/2),
		maxLosses: max(1, l.maxLosses/2), maxProblems: max(1, l.maxProblems/2), maxOutputs: max(1, l.maxOutputs/2), maxProperties: max(1, l.maxProperties/2),
	}
}

// Render writes the comment in at most 60,000 bytes: first the table, which is whole up to 100 stacks, and what is lost,
// then the errors and warnings of each stack, and the diffs in the room that is left.
func (a All) Render() string { return a.write(a.ID.String(), maxBytes, maxRows) }

// Summary writes the same for a job summary, in at most 1,000,000 bytes and without the marker.
func (a All) Summary() string { return a.write("", maxSummary, maxSummaryRows) }

func (a All) write(marker string, size, places int) string {
	rows := a.sorted()
	l := usual
	page := a.newPage(rows, marker, places, l)
	around := page.execute()
	for len(around) > size/5*3 && l != l.tighter() {
		l = l.tighter()
		page = a.newPage(rows, marker, places, l)
		around = page.execute()
	}
	page.Folds, page.MoreFolds = a.folds(rows, size-len(around))
	return page.execute()
}

func (a All) newPage(rows []Row, marker string, places int, l limits) *allPage {
	together := a.together()
	more := func(rows []Row) string { return kindsOf(rows, together) }
	page := &allPage{
		Marker: marker, Key: l.code(a.ID.Key), Outcome: a.Outcome(), Scope: a.scope(),
		Failed: a.NotStarted+a.NotApplied != "" || len(a.Failed()) > 0,
		Losses: l.allLosses(rows, together),
		Table:  newTable(in(rows, failed, notApplied, skipped, losing, changing, gone, remarked), places, l.cells(), more),
		Footer: l.footer(Content{Commit: a.Commit, RunURL: a.RunURL, Time: a.Time}),
	}
	if word := a.word(); word != "" {
		page.Outcome = word + ": " + a.outcome()
	}
	if names := in(rows, unchanged); len(names) > 0 {
		page.Unchanged = &fold{Title: plural(len(names), "stack") + " unchanged", Block: l.listed(names)}
	}
	title, reason := "**Error**", a.NotStarted
	if a.NotApplied != "" {
		title, reason = "**Reason**", a.NotApplied
	}
	if reason != "" {
		page.Problems = []problem{l.problem(title, reason)}
	}
	return page
}

// word tells an applied from a previewed at a glance.
func (a All) word() string {
	switch {
	case a.ID.Verb != "up" || a.NotApplied != "" || len(a.Rows) == 0 && a.NotStarted == "":
		return ""
	case a.NotStarted != "" || len(a.Failed()) > 0:
		return "Applying"
	}
	return "Applied"
}

// scope says how many of all stacks were looked at, where those are not all.
func (a All) scope() string {
	n := a.looked()
	if n == 0 || n == a.total() {
		return ""
	}
	if a.ID.Verb == "" || a.ID.Verb == "up" {
		return "This change touches " + a.of(n) + "."
	}
	if n == 1 {
		return a.of(n) + " was looked at."
	}
	return a.of(n) + " were looked at."
}

// listed names stacks in a row.
func (l limits) listed(rows []Row) string {
	var names []string
	room := maxUnchanged
	for i, row := range rows {
		name := l.code(row.Name())
		if room -= len(name) + 2; room < 0 {
			names = append(names, number(len(rows)-i)+" more")
			break
		}
		names = append(names, name)
	}
	return list(names)
}

// allLosses names what is deleted or replaced in all stacks. Each of the first stacks has a fair share of the places.
func (l limits) allLosses(rows []Row, together report.Report) *alert {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return !r.ran() || r.Report.Preview != together.Preview || l.losses(r.Report) == nil
	})
	if len(rows) == 0 {
		return nil
	}
	// Where there is no place for all stacks, those have one that lose more than what is made anew.
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(deletes(b.Report), deletes(a.Report)) })
	named := rows[:min(len(rows), l.maxLosses)]
	needs := make([]int, len(named))
	for i, row := range named {
		needs[i] = max(1, len(stepsOf(row.Report, report.Delete))+len(stepsOf(row.Report, report.Replace)))
		if len(named) > 1 {
			needs[i] = min(needs[i], maxOfOne)
		}
	}
	out := &alert{Kind: "CAUTION"}
	for i, places := range shares(l.maxLosses, needs) {
		own := l
		own.maxLosses = places
		for _, line := range own.losses(named[i].Report).Lines {
			out.Lines = append(out.Lines, l.code(named[i].Name())+": "+line)
		}
	}
	if more := rows[len(named):]; len(more) > 0 {
		out.Lines = append(out.Lines, plural(len(more), "more stack")+": "+lost(more, together))
	}
	out.Title = lost(rows, together)
	if len(rows) > 1 {
		out.Title += " in " + plural(len(rows), "stack")
	}
	return out
}

// deletes is 1 for a run that deletes something, and 0 for one that does not.
func deletes(r report.Report) int {
	return min(1, max(len(stepsOf(r, report.Delete)), lossCount(r, report.Delete))+len(leftOver(r)))
}

// lost counts what is deleted or replaced.
func lost(rows []Row, together report.Report) string {
	var parts []string
	for _, operation := range []report.Operation{report.Delete, report.Replace} {
		n := 0
		for _, row := range rows {
			n += max(len(stepsOf(row.Report, operation)), lossCount(row.Report, operation))
		}
		if n > 0 {
			parts = append(parts, number(n)+" "+verb(together, operation))
		}
	}
	n := 0
	for _, row := range rows {
		n += len(leftOver(row.Report))
	}
	if n > 0 {
		parts = append(parts, number(n)+" "+tense(together, "left over to delete", "leftover deleted"))
	}
	return strings.Join(parts, ", ")
}

// shares divides room fairly: who needs less than an equal share leaves the rest to the others.
func shares(room int, needs []int) []int {
	out := make([]int, len(needs))
	for done, i := range ascending(needs) {
		out[i] = min(needs[i], max(0, room)/(len(needs)-done))
		room -= out[i]
	}
	return out
}

// ascending gives the places of numbers, those of the smaller ones first.
func ascending(numbers []int) []int {
	out := make([]int, len(numbers))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(numbers[a], numbers[b]) })
	return out
}
