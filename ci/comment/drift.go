package comment

import (
	"slices"
	"strings"

	"dagger/iac/marker"
	"dagger/iac/report"
)

// Check is what one look for drift found.
type Check struct {
	// Unapplied is true where the stack was compared with its program, and not the cloud with the stack's state.
	Unapplied bool
	Report    report.Report
	// NotRun says why Pulumi was not run or did not come to its end, empty where it did.
	NotRun string
}

// Drifted reports whether the check found drift, which fails a run with --expect-no-changes.
func (k Check) Drifted() bool { return k.NotRun == "" && k.Report.ExitCode == Unexpected }

// Failed reports whether it is not known if there is drift.
func (k Check) Failed() bool { return !k.Drifted() && (k.NotRun != "" || !k.Report.OK()) }

// found is the report as one of a run that went well. What changed in the cloud has been done.
func (k Check) found() report.Report {
	r := k.Report
	if !k.Drifted() {
		return r
	}
	r.ExitCode = 0
	if k.Unapplied || !r.OK() {
		return r
	}
	r.Preview = false
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		r.Steps[i].Outcome = report.Done
	}
	return r
}

// Drift writes the text of an issue about the drift of a stack, in at most 60,000 bytes, which the checks share. Of c count
// ID, RunURL and Time.
func Drift(c Content, checks ...Check) string {
	var out strings.Builder
	about := c
	about.Report = report.Report{}
	for i, check := range checks {
		c.Report, c.NotRun = check.found(), check.NotRun
		out.WriteString(fitted(c, maxBytes/len(checks), maxTop/len(checks), func(l limits) *page {
			p := newPage(c, l)
			p.tell(check)
			if i > 0 {
				p.Marker = ""
			}
			p.Footer = ""
			if i == len(checks)-1 {
				p.Footer = l.footer(about)
			}
			return p
		}))
	}
	return out.String()
}

// tell says in the title what a check was about, and below it what can be done.
func (p *page) tell(check Check) {
	switch {
	case check.Failed() && check.Unapplied:
		p.Word = "Check for what is not applied to"
	case check.Failed():
		p.Word = "Check for drift in"
	case check.Unapplied:
		p.Word, p.Note = "Not applied to", "The stack is not what its program says. `up` applies the program."
	default:
		p.Word, p.Note = "Drift in", "The cloud is not what the stack's state says. `up --refresh` sets the cloud back; `refresh` takes what it is now into the state."
	}
}

// NoDrift writes the comment on the issue of a stack without drift.
func NoDrift(c Content) string {
	p := &page{Marker: c.ID.String(), Outcome: "No drift any more in " + usual.title(c.ID), Footer: usual.footer(c)}
	return p.execute()
}

// DriftTitle is the title of the issue, as plain text.
func DriftTitle(id marker.Marker) string {
	return "Drift in " + strings.Join(strings.Fields(usual.short(fullName(id))), " ")
}
