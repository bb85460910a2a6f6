// Package report reads what a run of Pulumi did, from the event log that Pulumi writes beside its text.
//
// The log is one JSON object a line, as Pulumi's sdk/go/common/apitype/events.go has them. Nothing is read
// from the text that Pulumi prints: it is kept to be shown.
package report

import (
	"slices"
	"strings"
	"time"
)

// Report is what a run did, or in a preview what it would do.
type Report struct {
	// Preview is true when nothing but a preview was run.
	Preview bool
	// NoLog is true when Pulumi wrote no event log, as it does where it cannot open the stack. Only ExitCode,
	// Stdout and Stderr tell something then.
	NoLog bool
	// Broken says what is wrong with an event log that is not whole, such as "line 7 is not JSON". What the
	// rest of it told is in the report nevertheless.
	Broken string
	// Result is how the run ended, as Pulumi says it. Versions before 3.237 do not.
	Result Result
	// Counts are the resources that change, by operation. They are the summary's, or those of the steps where
	// there is none.
	Counts []Count
	// Unchanged is the number of resources that stay as they are.
	Unchanged int
	// Steps are what happens to each resource that changes, in the order in which Pulumi came to them.
	Steps []Step
	// Diagnostics are warnings and errors.
	Diagnostics []Diagnostic
	// Policies are the remarks of policy packs.
	Policies []Policy
	// Outputs are the outputs of the stack that change.
	Outputs []Output
	// StateOnly is true where a resource stays as it is and only what Pulumi keeps of it changes: its name, by an alias,
	// or whether it may be deleted. Pulumi counts that as unchanged.
	StateOnly bool `json:",omitempty"`
	// References are the stacks whose outputs the program reads, as it names them, such as acme/network/prod.
	References []string `json:",omitempty"`
	// Duration is how long Pulumi says that it took, in whole seconds.
	Duration time.Duration

	// ExitCode is the exit code of the CLI.
	ExitCode int
	// Stdout and Stderr are what the CLI printed.
	Stdout, Stderr string

	// NowSecret are values that a changed resource had in plain and that have become secrets: Pulumi still
	// prints the old ones.
	NowSecret []string
}

// Result is how a run ended.
type Result string

// The results that Pulumi tells.
const (
	Succeeded Result = "succeeded"
	Failed    Result = "failed"
	Canceled  Result = "canceled"
)

// Count is how many resources an operation is done to.
type Count struct {
	Operation Operation
	Number    int
}

// Step is what happens to one resource. The parts of a replacement are one step.
type Step struct {
	Operation Operation
	// Type is the type token, such as aws:s3/bucket:Bucket; Name the last part of the URN.
	Type, Name string
	URN        string
	// ForcedBy are the properties that force a replacement, in Pulumi's words: `id` where a replacement was
	// asked for.
	ForcedBy []string `json:",omitempty"`
	// Changes are the properties that change in an update or a replacement, sorted by path.
	Changes []Change `json:",omitempty"`
	// NotSecret are the properties whose value was a secret and becomes plain.
	NotSecret []string `json:",omitempty"`
	// Protected is true for a resource that Pulumi refuses to delete.
	Protected bool `json:",omitempty"`
	// Retained is true where the resource itself stays and Pulumi only forgets it.
	Retained bool `json:",omitempty"`
	// Pending is true for a resource that an earlier run replaced and did not delete: it is deleted now.
	Pending bool `json:",omitempty"`
	// Refreshed is true for what a refresh found changed in the cloud. Pulumi takes it into the state and
	// changes nothing else.
	Refreshed bool `json:",omitempty"`
	// Outcome is what came of it.
	Outcome Outcome
	// Content is the hash of all that the step does.
	Content Hash `json:"-"`
}

// Outcome is what came of a step.
type Outcome string

// The outcomes of a step: Planned in a preview; in a run Done, Errored, or Unfinished where the run ended before.
const (
	Planned    Outcome = "planned"
	Done       Outcome = "done"
	Errored    Outcome = "errored"
	Unfinished Outcome = "unfinished"
)

// Change is a property that changes.
type Change struct {
	// Path is the property's, such as tags.team or rules[0].days.
	Path string
	// Kind is add, update or delete, with -replace behind it where the change forces a replacement. It is empty
	// where the provider does not tell.
	Kind string `json:",omitempty"`
}

// Diagnostic is a warning or an error.
type Diagnostic struct {
	// Severity is "error" or "warning".
	Severity string
	// Type, Name and URN are the resource's, empty for a diagnostic of the run itself.
	Type, Name, URN string
	Message         string
}

// Policy is one remark of a policy pack: a violation, or what it has mended.
type Policy struct {
	// Enforcement is "mandatory", "advisory" or "remediate".
	Enforcement string
	// Severity is "low", "medium", "high", "critical", or empty where the policy has none.
	Severity string
	Pack     string
	Policy   string
	// Type, Name and URN are the resource's.
	Type, Name, URN string
	Message         string
}

// Output is an output of the stack that changes.
type Output struct {
	Operation Operation
	Name      string
	// NotSecret is true where its value was a secret and becomes plain.
	NotSecret bool `json:",omitempty"`
	// Content is the hash of the name and of what becomes of the value.
	Content Hash `json:"-"`
}

// OK reports whether the run did what it should: it ended well, by its exit code and by its events.
func (r *Report) OK() bool {
	return r.ExitCode == 0 && r.Result != Failed && r.Result != Canceled
}

// Whole reports whether the report has all that the run did.
func (r *Report) Whole() bool { return !r.NoLog && r.Broken == "" }

// Changes is the number of resources and outputs that change, and of resources that an earlier run left over.
func (r *Report) Changes() int {
	n := len(r.Pending()) + len(r.Outputs)
	for _, count := range r.Counts {
		n += count.Number
	}
	return n
}

// ErroredSteps is the number of steps that failed.
func (r *Report) ErroredSteps() int {
	n := 0
	for _, s := range r.Steps {
		if s.Outcome == Errored {
			n++
		}
	}
	return n
}

// Pending are the steps that delete what an earlier run left over.
func (r *Report) Pending() []Step {
	var out []Step
	for _, s := range r.Steps {
		if s.Pending {
			out = append(out, s)
		}
	}
	return out
}

// Shown gives the report with every text in it passed through show, which takes out what must not be seen.
func (r Report) Shown(show func(string) string) Report {
	all := func(texts ...*string) {
		for _, text := range texts {
			*text = show(*text)
		}
	}
	each := func(texts []string) []string {
		texts = slices.Clone(texts)
		for i := range texts {
			all(&texts[i])
		}
		return texts
	}
	all(&r.Stdout, &r.Stderr, &r.Broken)
	r.NowSecret, r.References = nil, nil
	r.Steps, r.Diagnostics, r.Policies, r.Outputs = slices.Clone(r.Steps), slices.Clone(r.Diagnostics), slices.Clone(r.Policies), slices.Clone(r.Outputs)
	for i := range r.Steps {
		s := &r.Steps[i]
		all(&s.Type, &s.Name, &s.URN)
		s.ForcedBy, s.NotSecret = each(s.ForcedBy), each(s.NotSecret)
		s.Changes = slices.Clone(s.Changes)
		for j := range s.Changes {
			all(&s.Changes[j].Path, &s.Changes[j].Kind)
		}
	}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		all(&d.Severity, &d.Type, &d.Name, &d.URN, &d.Message)
	}
	for i := range r.Policies {
		p := &r.Policies[i]
		all(&p.Enforcement, &p.Severity, &p.Pack, &p.Policy, &p.Type, &p.Name, &p.URN, &p.Message)
	}
	for i := range r.Outputs {
		all(&r.Outputs[i].Name)
	}
	return r
}

// Forces reports whether the change forces a replacement, as far as the provider tells it in detail.
func (c Change) Forces() bool { return strings.HasSuffix(c.Kind, "-replace") }

// Within reports whether the change is one of the property or of a part of it.
func (c Change) Within(property string) bool {
	rest, ok := strings.CutPrefix(c.Path, property)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
