package comment

import "encoding/json"

// allVersion changes when a program that read the report of an older one could no longer do so.
const allVersion = 1

// jsonAll is the report of many stacks as other programs read it; all.schema.json describes it.
type jsonAll struct {
	Version  int            `json:"version"`
	Commit   string         `json:"commit,omitempty"`
	OK       bool           `json:"ok"`
	Reason   string         `json:"reason,omitempty"`
	Total    int            `json:"total"`
	Changed  int            `json:"changed"`
	Failed   int            `json:"failed"`
	Digest   string         `json:"digest,omitempty"`
	Counts   map[string]int `json:"counts"`
	Stacks   []jsonRow      `json:"stacks"`
	Markdown string         `json:"markdown"`
}

type jsonRow struct {
	Dir          string   `json:"dir"`
	Project      string   `json:"project"`
	Stack        string   `json:"stack"`
	Organization string   `json:"organization,omitempty"`
	Why          string   `json:"why"`
	State        string   `json:"state"`
	Reads        []string `json:"reads"`
	Removed      bool     `json:"removed"`
	Reason       string   `json:"reason,omitempty"`
	Report       *jsonRun `json:"report,omitempty"`
}

var stateNames = map[state]string{
	failed: "failed", notApplied: "not-applied", skipped: "not-run", losing: "changed", changing: "changed",
	gone: "removed", remarked: "unchanged", unchanged: "unchanged",
}

// JSON gives the report for other programs, in the form of all.schema.json.
func (a All) JSON() (string, error) {
	out := jsonAll{
		Version: allVersion, Commit: a.Commit, Reason: a.NotStarted + a.NotApplied, Total: a.total(), Failed: len(a.Failed()), Digest: a.ID.Plan,
		Counts: map[string]int{}, Stacks: []jsonRow{}, Markdown: a.Render(),
	}
	out.OK = out.Reason == "" && out.Failed == 0
	for _, row := range a.Rows {
		told := a.jsonRow(row)
		if told.State == "changed" {
			out.Changed++
		}
		if told.Report != nil && told.Report.Preview != a.past() {
			for operation, n := range told.Report.Counts {
				out.Counts[operation] += n
			}
		}
		out.Stacks = append(out.Stacks, told)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	return string(text) + "\n", err
}

func (a All) jsonRow(row Row) jsonRow {
	out := jsonRow{
		Dir: row.Dir, Project: row.Project, Stack: row.Stack, Organization: row.Organization, Why: row.Why, State: stateNames[row.state()],
		Reads: append([]string{}, row.Reads...), Removed: row.Removed, Reason: row.NotApplied + row.Skipped + row.NotRun,
	}
	if out.State == "changed" && counted(row.Report) == "" {
		out.State = "unknown"
	}
	if row.ran() {
		content := row.content(a.Quiet)
		content.Commit, content.Report = a.Commit, row.Report
		run := content.jsonRun()
		out.Report = &run
	}
	return out
}
