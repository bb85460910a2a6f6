package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"dagger/iac/clean"
)

// FromLog reads an event log to its end. A log that is not whole gives a report that says so in Broken; the error
// is that of reading from log.
func FromLog(log io.Reader) (Report, error) {
	r := reader{steps: newSteps(), lastSequence: -1, seen: map[Diagnostic]bool{}}
	l := newLines(log)
	for {
		line, sequence, err := l.next()
		switch {
		case err == io.EOF: //nolint:errorlint // next gives it as it is
			return r.report(), nil
		case errors.Is(err, errTooLong), errors.Is(err, errCut):
			r.broken("line %d %s", l.number, err)
			r.lostCount = true
		case err != nil:
			return r.report(), fmt.Errorf("reading Pulumi's event log: %w", err)
		case line == nil:
			r.sequence(sequence)
		default:
			r.line(l.number, line)
		}
	}
}

// reader collects what the lines tell.
type reader struct {
	steps       *steps
	diagnostics []Diagnostic
	seen        map[Diagnostic]bool
	policies    []Policy
	references  []string
	// stateOnly is true where only what the state keeps of a resource changes.
	stateOnly bool
	// stack is what the last event about the stack itself told.
	stack     *metadata
	summary   *summaryEvent
	summaries int
	ended     bool
	planning  bool

	// fault is the first thing that is wrong with the log.
	fault string
	// lastSequence is the number of the line before; unnumbered is how many lines were 0 like the one before.
	lastSequence int64
	unnumbered   int
	// lostCount is true where a line was lost, and with it perhaps its number.
	lostCount bool
	events    int
}

func (r *reader) broken(format string, args ...any) {
	if r.fault == "" {
		r.fault = fmt.Sprintf(format, args...)
	}
}

// sequence checks that no line is missing. Logs of Pulumi's own tests number every line 0.
func (r *reader) sequence(n int64) {
	r.events++
	last := r.lastSequence
	r.lastSequence = n
	switch expected := last + 1; {
	case r.lostCount, n == expected && r.unnumbered == 0:
	case n == 0 && last == 0:
		r.unnumbered++
	case r.unnumbered > 0, n < expected:
		r.broken("event %d comes after event %d", n, last)
	default:
		r.broken("%s missing before event %d", lost(n-expected), n)
	}
	r.lostCount = false
}

func lost(n int64) string {
	if n == 1 {
		return "1 event is"
	}
	return fmt.Sprintf("%d events are", n)
}

func (r *reader) line(number int, line []byte) {
	if len(line) == 0 {
		return
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		r.lostCount = true
		var form *json.UnmarshalTypeError
		if errors.As(err, &form) {
			r.broken("line %d has an unknown form (%s)", number, form.Field)
			return
		}
		r.broken("line %d is not JSON", number)
		return
	}
	if e.Sequence == nil {
		r.broken("line %d is not an event", number)
		r.lostCount = true
		return
	}
	r.sequence(*e.Sequence)
	r.event(e)
}

func (r *reader) event(e event) {
	switch {
	case e.ResourcePre != nil:
		r.resource(e.ResourcePre, begun)
	case e.ResOutputs != nil:
		r.resource(e.ResOutputs, finished)
	case e.ResOpFailed != nil:
		r.resource(e.ResOpFailed, failed)
	case e.Diagnostic != nil:
		r.diagnostic(*e.Diagnostic)
	case e.Policy != nil:
		r.policy(*e.Policy)
	case e.Remediation != nil:
		e.Remediation.EnforcementLevel = "remediate"
		r.policy(*e.Remediation)
	case e.Summary != nil:
		r.summary = e.Summary
		r.summaries++
	case e.Cancel != nil:
		r.ended = true
	}
}

const (
	stackType     = "pulumi:pulumi:Stack"
	referenceType = "pulumi:pulumi:StackReference"
)

func (r *reader) resource(e *resourceEvent, phase phase) {
	r.planning = r.planning || e.Planning
	m := &e.Metadata
	if m.Type == stackType && phase == finished {
		r.stack = m
	}
	if m.Type == referenceType && m.New != nil {
		r.reference(m.New.Inputs)
	}
	r.stateOnly = r.stateOnly || m.restates()
	r.steps.add(m, phase)
}

// reference takes note of a stack that the program reads. A name that is not known before the run is not told.
func (r *reader) reference(inputs json.RawMessage) {
	var to struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(inputs, &to) == nil && to.Name != "" && to.Name != unknownText {
		r.references = append(r.references, to.Name)
	}
}

func (r *reader) diagnostic(e diagnosticEvent) {
	if e.Ephemeral || e.Severity != "error" && e.Severity != "warning" {
		return
	}
	d := Diagnostic{Severity: e.Severity, URN: e.URN, Message: strings.TrimSpace(clean.Message(e.Message))}
	d.Type, d.Name = splitURN(e.URN)
	if !r.seen[d] {
		r.seen[d] = true
		r.diagnostics = append(r.diagnostics, d)
	}
}

func (r *reader) policy(e policyEvent) {
	p := Policy{
		Enforcement: e.EnforcementLevel, Severity: e.Severity, Pack: e.PolicyPackName, Policy: e.PolicyName,
		URN: e.ResourceURN, Message: strings.TrimSpace(clean.Message(e.Message)),
	}
	if p.Enforcement == "warning" {
		p.Enforcement = "advisory" // the word of policies' authors and of the CLI's text
	}
	p.Type, p.Name = splitURN(e.ResourceURN)
	r.policies = append(r.policies, p)
}

// splitURN gives the type and the name of urn:pulumi:stack::project::parent$type::name.
func splitURN(urn string) (typ, name string) {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return "", ""
	}
	return parts[2][strings.LastIndexByte(parts[2], '$')+1:], parts[3]
}

// report settles what was read.
func (r *reader) report() Report {
	out := Report{
		NoLog:       r.events == 0 && r.fault == "",
		Diagnostics: r.diagnostics, Policies: r.policies,
		Preview: r.planning,
	}
	if out.NoLog {
		return out
	}
	if r.summary != nil {
		out.Preview = r.summary.IsPreview || r.planning
		out.Result = r.summary.Result
		out.Duration = time.Duration(max(0, r.summary.DurationSeconds)) * time.Second
	}
	out.Steps, out.NowSecret = r.steps.settle(out.Preview, out.Result == Succeeded)
	switch {
	case r.summaries == 0:
		r.broken("it has no summary")
	case r.summaries > 1:
		r.broken("it has %d summaries", r.summaries)
	case !r.ended:
		r.broken("its end is missing")
	}
	told := counted(out.Steps)
	out.Counts = told
	if r.summary != nil {
		out.Counts, out.Unchanged = counts(r.summary.ResourceChanges)
		// A run that failed counts otherwise than it tells.
		if out.Preview && out.Result == Succeeded && !slices.Equal(out.Counts, told) {
			r.broken("its summary counts other changes than it tells of")
		}
	}
	out.Broken = r.fault
	out.Outputs = r.outputs()
	out.StateOnly = r.stateOnly
	slices.Sort(r.references)
	out.References = slices.Compact(r.references)
	return out
}

// counted counts the steps where there is no summary.
func counted(steps []Step) []Count {
	n := map[Operation]int{}
	for _, s := range steps {
		if !s.Pending && (s.Outcome == Planned || s.Outcome == Done) {
			n[s.Operation]++
		}
	}
	out, _ := counts(n)
	return out
}
