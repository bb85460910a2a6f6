package comment

import "encoding/json"

// reportVersion changes when a program that read the report of an older one could no longer do so.
const reportVersion = 1

// jsonReport is the report as other programs read it; report.schema.json describes it.
type jsonReport struct {
	jsonRun
	Markdown string `json:"markdown"`
}

// jsonRun is all of it but the comment.
type jsonRun struct {
	Version         int              `json:"version"`
	Project         string           `json:"project"`
	Stack           string           `json:"stack"`
	Commit          string           `json:"commit,omitempty"`
	OK              bool             `json:"ok"`
	ExitCode        int              `json:"exitCode"`
	Complete        bool             `json:"complete"`
	Preview         bool             `json:"preview"`
	Digest          string           `json:"digest,omitempty"`
	Changes         int              `json:"changes"`
	Unchanged       int              `json:"unchanged"`
	Counts          map[string]int   `json:"counts"`
	DurationSeconds int              `json:"durationSeconds"`
	Steps           []jsonStep       `json:"steps"`
	Outputs         []jsonOutput     `json:"outputs"`
	Diagnostics     []jsonDiagnostic `json:"diagnostics"`
	Policies        []jsonPolicy     `json:"policies"`
}

type jsonStep struct {
	Operation      string         `json:"operation"`
	URN            string         `json:"urn"`
	Type           string         `json:"type"`
	Name           string         `json:"name"`
	Outcome        string         `json:"outcome"`
	ReplaceReasons []string       `json:"replaceReasons,omitempty"`
	Properties     []jsonProperty `json:"properties,omitempty"`
	NoLongerSecret []string       `json:"noLongerSecret,omitempty"`
	Protected      bool           `json:"protected,omitempty"`
	Retained       bool           `json:"retained,omitempty"`
	LeftOver       bool           `json:"leftOver,omitempty"`
	Refreshed      bool           `json:"refreshed,omitempty"`
}

type jsonProperty struct {
	Path string `json:"path"`
	Kind string `json:"kind,omitempty"`
}

type jsonOutput struct {
	Operation      string `json:"operation"`
	Name           string `json:"name"`
	NoLongerSecret bool   `json:"noLongerSecret,omitempty"`
}

type jsonDiagnostic struct {
	Severity string `json:"severity"`
	URN      string `json:"urn,omitempty"`
	Message  string `json:"message"`
}

type jsonPolicy struct {
	Enforcement string `json:"enforcement"`
	Severity    string `json:"severity,omitempty"`
	Pack        string `json:"pack"`
	Policy      string `json:"policy"`
	URN         string `json:"urn,omitempty"`
	Message     string `json:"message"`
}

// JSON gives the report for other programs, in the form of report.schema.json.
func (c Content) JSON() (string, error) {
	text, err := json.MarshalIndent(jsonReport{c.jsonRun(), Render(c)}, "", "  ")
	return string(text) + "\n", err
}

func (c Content) jsonRun() jsonRun {
	r := c.Report
	out := jsonRun{
		Version: reportVersion, Project: c.ID.Project, Stack: c.ID.Stack, Commit: c.Commit,
		OK: r.OK(), ExitCode: r.ExitCode, Complete: r.Whole(), Preview: r.Preview, Digest: c.ID.Plan,
		Changes: r.Changes(), Unchanged: r.Unchanged, Counts: map[string]int{}, DurationSeconds: int(r.Duration.Seconds()),
		Steps: []jsonStep{}, Outputs: []jsonOutput{}, Diagnostics: []jsonDiagnostic{}, Policies: []jsonPolicy{},
	}
	for _, count := range r.Counts {
		out.Counts[string(count.Operation)] = count.Number
	}
	for _, s := range r.Steps {
		step := jsonStep{
			Operation: string(s.Operation), URN: s.URN, Type: s.Type, Name: s.Name, Outcome: string(s.Outcome), ReplaceReasons: s.ForcedBy,
			NoLongerSecret: s.NotSecret, Protected: s.Protected, Retained: s.Retained, LeftOver: s.Pending, Refreshed: s.Refreshed,
		}
		for _, change := range s.Changes {
			step.Properties = append(step.Properties, jsonProperty(change))
		}
		out.Steps = append(out.Steps, step)
	}
	for _, o := range r.Outputs {
		out.Outputs = append(out.Outputs, jsonOutput{string(o.Operation), o.Name, o.NotSecret})
	}
	for _, d := range r.Diagnostics {
		out.Diagnostics = append(out.Diagnostics, jsonDiagnostic{d.Severity, d.URN, d.Message})
	}
	for _, p := range r.Policies {
		out.Policies = append(out.Policies, jsonPolicy{p.Enforcement, p.Severity, p.Pack, p.Policy, p.URN, p.Message})
	}
	return out
}
