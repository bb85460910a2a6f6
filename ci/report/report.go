// Package report reads what a run of Pulumi printed.
package report

import "time"

// Run is one finished run of the Pulumi CLI, with --diff and --color never.
type Run struct {
	// Stdout is standard output. It holds standard error too where the two were joined.
	Stdout string
	// Stderr is standard error, empty where it was joined to Stdout.
	Stderr string
	// ExitCode is the exit code of the CLI.
	ExitCode int
	// Preview is true when nothing but a preview was asked for. Otherwise a preview may be followed by
	// the run itself, and a program that logs into joined output could make one up.
	Preview bool
}

// Report is what a run said. A field that the output did not tell, or told in a form that is not
// understood, is left at its zero value.
type Report struct {
	// Summarised is true when the output ended with Pulumi's own summary. Without it the counts
	// say nothing: the run failed before, or was not understood.
	Summarised bool
	// Disputed is true when the output contradicts itself: more of it looks like Pulumi's own words
	// than Pulumi can have printed, so something else imitates them. What is told nevertheless is
	// what the structure of the output says; what that cannot tell either is left out.
	Disputed bool
	// Counts are the lines of the summary, in Pulumi's order.
	Counts []Count
	// Unchanged is the number of resources that stay as they are.
	Unchanged int
	// Errored is the number of resources that the run failed to change.
	Errored int
	// Resources are those that change, in the order of the output, and after a failed run also
	// those that it tried to change. An operation whose resources are not as many as its count is
	// left out whole.
	Resources []Resource
	// Diagnostics are warnings and errors, each with its resource where it has one.
	Diagnostics []Diagnostic
	// Policies are the violations that policy packs reported.
	Policies []Policy
	// Outputs are the stack outputs that change.
	Outputs []Output
	// Link is the page of this run on Pulumi Cloud or on a Pulumi server of one's own: always https,
	// with a path that ends in /<stack>/previews/<id> or /<stack>/updates/<version>.
	Link string
	// Duration is how long Pulumi says it took.
	Duration time.Duration
	// ExitCode is the exit code of the CLI.
	ExitCode int
	// Text is everything that was printed, without escape codes and control characters, standard
	// error first. It is valid UTF-8.
	Text string
	// Diff is the part of the text that tells the changes, without summary, diagnostics and links.
	Diff string
}

// Operation is what Pulumi does to a resource, in Pulumi's words without their endings, whether it
// is going to be done or has been done.
type Operation string

// The operations that a summary or a diff can name.
const (
	Create            Operation = "create"
	Update            Operation = "update"
	Replace           Operation = "replace"
	Delete            Operation = "delete"
	CreateReplacement Operation = "create-replacement"
	DeleteReplaced    Operation = "delete-replaced"
	Import            Operation = "import"
	ImportReplacement Operation = "import-replacement"
	Read              Operation = "read"
	ReadReplacement   Operation = "read-replacement"
	Refresh           Operation = "refresh"
	Discard           Operation = "discard"
	DiscardReplaced   Operation = "discard-replaced"
	RemovePending     Operation = "remove-pending-replace"
	Same              Operation = "same"
)

// Count is one line of the summary.
type Count struct {
	Operation Operation
	Number    int
}

// Resource is one resource that changes.
type Resource struct {
	Operation Operation
	// Type is the type token, such as aws:s3/bucket:Bucket.
	Type string
	// Name is the last part of the URN.
	Name string
	URN  string
	// Retained is true when the resource itself stays where it is and Pulumi only forgets it.
	Retained bool
	// Changes are the top-level properties that change in an update or a replacement.
	Changes []string
	// ForcedBy are the properties that force a replacement, where Pulumi tells them. The CLI's
	// --diff marks none of its Changes so, up to version 3.259.
	ForcedBy []string
}

// Diagnostic is a warning or an error.
type Diagnostic struct {
	// Severity is "error" or "warning".
	Severity string
	// Type and Name are the resource's, both empty for a diagnostic of the run itself.
	Type, Name string
	Message    string
}

// Policy is one violation of a policy.
type Policy struct {
	// Enforcement is "mandatory", "advisory" or "remediate".
	Enforcement string
	Pack        string
	Policy      string
	// Type and Name are the resource's.
	Type, Name string
	Message    string
}

// Output is a stack output that changes.
type Output struct {
	Operation Operation
	Name      string
}

// Parse reads what a run printed. It takes nothing for Pulumi's own words that stands in the value of a
// property as Pulumi writes values, and checks the resources of the diff against the numbers of the
// summary.
//
// Pulumi writes some texts of a program as they come: the keys of a map, and in joined output whatever
// the program logs. With them a program can imitate any line of Pulumi's. It cannot take a line of
// Pulumi's away, so an imitation shows as one line too many, and the report is then Disputed. Only
// diagnostics, policies and outputs have nothing that they could be checked against.
func Parse(run Run) Report {
	stderr, stdout := clean(run.Stderr), clean(run.Stdout)
	r := Report{ExitCode: run.ExitCode, Text: join(stderr, stdout)}
	stderr, stdout = r.Text[:len(stderr)], r.Text[len(r.Text)-len(stdout):]

	s := scanner{text: stdout, joined: stderr == "", single: run.Preview}
	s.run()
	s.settle(&r)

	log := stderr
	if s.joined {
		log = stdout
	}
	r.Diagnostics = diagnostics(log, stdout, r.Resources)
	r.Diff = s.diff()
	return r
}

// join gives standard error and then standard output, starting on a line of its own.
func join(stderr, stdout string) string {
	switch {
	case stderr == "":
		return stdout
	case stdout == "":
		return stderr
	case stderr[len(stderr)-1] == '\n':
		return stderr + stdout
	}
	return stderr + "\n" + stdout
}
