package markdown

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"
	"iac/internal/recordings"
)

// fourteen are the stacks of a repository of six projects, with what a recording shows of each.
var fourteen = []struct{ dir, stack, recording string }{
	{"apps/billing", "prod", "error"},
	{"apps/billing", "staging", "create"},
	{"apps/shop", "prod", "multiline"},
	{"apps/shop", "staging", "update"},
	{"data/orders", "prod", "replace"},
	{"data/orders", "staging", "same"},
	{"data/search", "prod", "policy-advice"},
	{"data/search", "staging", "same"},
	{"infra/dns", "prod", "delete"},
	{"infra/network", "dev", "same"},
	{"infra/network", "prod", "outputs"},
	{"infra/network", "staging", "same"},
	{"jobs", "prod", "secret-to-plain"},
	{"jobs", "staging", "same"},
}

// row is a stack with what a recording shows.
func row(t *testing.T, dir, stack, recording string) comment.Row {
	t.Helper()
	r, err := recordings.Read(filepath.Join(folder, recording))
	if err != nil {
		t.Fatal(err)
	}
	read, err := r.Report()
	if err != nil {
		t.Fatal(err)
	}
	return comment.Row{Dir: dir, Project: filepath.Base(dir), Organization: "acme", Stack: stack, Why: dir + "/main.go", Report: read}
}

// stacks are the comments about many stacks that are kept as golden files.
func stacks(t *testing.T) map[string]comment.All {
	t.Helper()
	about := func(total int, rows ...comment.Row) comment.All {
		return comment.All{
			Rows: rows, Total: total, Commit: "0123456789abcdef0123456789abcdef01234567",
			RunURL: "https://github.com/acme/infra/actions/runs/42", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		}
	}
	var few, many []comment.Row
	for _, s := range fourteen {
		few = append(few, row(t, s.dir, s.stack, s.recording))
	}
	few[3].Reads = []string{"infra/network:prod"}
	few[11].Report, few[11].Removed = report.Report{}, true
	kinds := []string{"same", "update", "same", "create", "same", "same", "multiline", "same", "same", "outputs"}
	for i := range 120 {
		kind := kinds[i%len(kinds)]
		switch i {
		case 17, 63:
			kind = "compile-error"
		case 40:
			kind = "pending-delete"
		case 70:
			kind = "many"
		case 88:
			kind = "delete"
		case 101:
			kind = "replace"
		}
		many = append(many, row(t, fmt.Sprintf("services/team-%02d/service-%03d", i/10, i), "prod", kind))
	}
	up := about(41, row(t, "infra/network", "prod", "up-failed"), row(t, "infra/dns", "prod", "up"), row(t, "jobs", "prod", "up-same"),
		comment.Row{Dir: "apps/shop", Project: "shop", Organization: "acme", Stack: "prod", Skipped: "infra/network:prod failed"},
		comment.Row{Dir: "apps/billing", Project: "billing", Organization: "acme", Stack: "prod", NotRun: "go mod download: no network"})
	up.ID = marker.Marker{Verb: "up"}
	return map[string]comment.All{
		"1": about(41, row(t, "data/orders", "prod", "replace")), "14": about(41, few...), "120": about(120, many...), "up": up,
		"same": about(14, row(t, "jobs", "prod", "same"), row(t, "jobs", "staging", "same")), "none": about(14),
	}
}

// TestCommentsAboutManyStacks compares the comments about many stacks with those in testdata.
func TestCommentsAboutManyStacks(t *testing.T) {
	for name, all := range stacks(t) {
		t.Run(name, func(t *testing.T) { compare(t, filepath.Join(comments, "stacks", name+".md"), all.Render()) })
	}
}
