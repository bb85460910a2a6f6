package main

import (
	"os"
	"path/filepath"
)

// A scenario is one recording.
type scenario struct {
	name, about string
	// program is the folder in testdata/programs, "cases" if empty, and of that the case.
	program, test string
	// before are runs that come before the recorded one, in the step "before".
	before []string
	// change is done to the machine between them.
	change func(files string) error
	// leftOver is a resource of which the state gets a replaced copy between them.
	leftOver string
	// args are the recorded run's, without what every run has.
	args []string
	// cloud is the token for the recorded run on a stand-in for Pulumi Cloud, empty for a run on files.
	cloud string
	// locked keeps another run on the stack meanwhile.
	locked bool
	// noEvents tells that Pulumi comes to nothing and writes no event log.
	noEvents bool
	// signal is sent to Pulumi when its event log has the text in reached.
	signal  os.Signal
	reached string
	// parallel lets Pulumi do several things at once, so that their order differs from run to run.
	parallel bool
}

var (
	preview = []string{"preview", "--diff"}
	up      = []string{"up", "--yes", "--diff"}
	plainUp = []string{"up", "--yes"}
)

// policyPack stands for the folder of the policy pack in args.
const policyPack = "POLICY-PACK"

// created tells that "assets" was made, and not only previewed: then its address is not known yet.
const created = `"address":"https://assets.example.com"`

var scenarios = []scenario{
	{name: "create", about: "a new stack", test: "create", args: preview},
	{name: "update", about: "nested and long values change", test: "update", before: up, args: preview},
	{name: "update-full", about: "the same with --show-full-output", test: "update", before: up, args: append(preview[:2:2], "--show-full-output")},
	{name: "multiline", about: "values of several lines change", test: "multiline", before: up, args: preview},
	{name: "unicode", about: "other scripts, emoji, right-to-left, invisible characters", test: "unicode", before: up, args: preview},
	{name: "replace", about: "properties that force a replacement", test: "replace", before: up, args: preview},
	{name: "replace-steps", about: "the same with --show-replacement-steps", test: "replace", before: up, args: append(preview[:2:2], "--show-replacement-steps")},
	{name: "replace-triggers", about: "a change forces a replacement only because the program says so", test: "replace-triggers", before: up, args: preview},
	{name: "delete", about: "resources are gone from the program", test: "delete", before: up, args: preview},
	{name: "retain", about: "resources that are kept when they are deleted or replaced", test: "retain", before: up, args: preview},
	{name: "pending-delete", about: "nothing to do but a deletion that an earlier run left", test: "same", before: up, leftOver: "assets", args: preview},
	{name: "import", about: "a resource is taken over", test: "import", before: up, change: greet("motd"), args: preview},
	{name: "read", about: "a resource is looked up, another taken over in exchange", test: "read", before: up, change: greet("motd"), args: preview},
	{name: "refresh-preview", about: "drift: one file edited, one gone", test: "refresh", before: up, change: drift, args: append(preview[:2:2], "--refresh")},
	{name: "refresh", about: "the same, taken into the state", test: "refresh", before: up, change: drift, args: []string{"refresh", "--yes", "--diff"}},
	{name: "drift", about: "the same as a check of drift: --refresh --expect-no-changes", test: "refresh", before: up, change: drift, args: append(preview[:2:2], "--refresh", "--expect-no-changes")},
	{name: "refresh-only", about: "refresh --preview-only", test: "refresh", before: up, change: drift, args: []string{"refresh", "--preview-only", "--diff"}},
	{name: "secrets", about: "secrets change, and a plain value becomes one", test: "secrets", before: up, args: preview},
	{name: "secret-to-plain", about: "secrets become plain, and plain values become secrets", test: "secret-to-plain", before: up, args: preview},
	{name: "hostile", about: "values that look like Markdown, HTML, a shell or Pulumi's own words", test: "hostile", before: up, args: preview},
	{name: "same", about: "nothing to do", test: "same", before: up, args: preview},
	{name: "same-expect", about: "changes with --expect-no-changes", test: "update", before: up, args: append(preview[:2:2], "--expect-no-changes")},
	{name: "slow", about: "a run of almost a minute, with Pulumi's signs of life", test: "slow", args: preview},
	{name: "components", about: "resources inside components inside components", test: "components", before: up, args: preview},
	{name: "many", about: "500 changes among 600 resources", test: "many", before: up, args: preview},
	{name: "outputs", about: "outputs of the stack change", test: "outputs", before: up, args: preview},
	{name: "rename", about: "a resource has another name, by an alias", test: "rename", before: up, args: preview},
	{name: "protect", about: "a protected resource would be deleted", test: "protect", before: up, args: preview},
	{name: "protect-replace", about: "a protected resource would be replaced", test: "protect-replace", before: up, args: preview},
	{name: "policy", about: "policies that forbid, advise, mend, and look at the whole stack", test: "policy", args: append(preview[:2:2], "--policy-pack", policyPack)},
	{name: "policy-advice", about: "policies that advise or mend only", test: "advice", args: append(preview[:2:2], "--policy-pack", policyPack)},
	{name: "up-policy", about: "a policy forbids what up would do", test: "policy", args: append(up[:3:3], "--policy-pack", policyPack)},
	{name: "log", about: "the program's log at all levels, and what it prints", test: "log", args: preview},
	{name: "provider", about: "the provider's log at all levels, and a property that it refuses", test: "provider", args: preview},
	{name: "error", about: "the program fails by itself", test: "error", args: preview},
	{name: "config", about: "the program lacks a value of its configuration", test: "config", args: preview},
	{name: "panic", about: "the program panics", program: "panic", args: preview},
	{name: "compile-error", about: "the program does not compile", program: "compile-error", args: preview},
	{name: "no-stack", about: "there is no such stack", test: "create", args: []string{"preview", "--diff", "--stack", "organization/cases/nosuch"}, noEvents: true},
	{name: "conflict", about: "another run holds the stack's lock", test: "locked", args: up, locked: true, noEvents: true},
	{name: "canceled-preview", about: "a preview is interrupted", test: "slow", args: preview, signal: os.Interrupt, reached: `"resOutputsEvent":{"metadata":{"op":"create","urn":"urn:pulumi:dev::cases::demo:storage:Bucket::assets"`},
	{name: "up", about: "create, update, replace and delete, done", test: "mixed", before: up, args: up},
	{name: "up-plain", about: "the same without --diff", test: "mixed", before: up, args: plainUp},
	{name: "up-create", about: "a new stack, made", test: "create", args: up},
	{name: "up-create-plain", about: "the same without --diff", test: "create", args: plainUp},
	{name: "up-failed", about: "a resource fails half-way", test: "fault", before: up, args: up},
	{name: "up-failed-plain", about: "the same without --diff", test: "fault", before: up, args: plainUp},
	{name: "up-continued", about: "the same with --continue-on-error", test: "fault", before: up, args: append(up[:3:3], "--continue-on-error")},
	{name: "up-same", about: "nothing to do", test: "same", before: up, args: up},
	{name: "pending-delete-up", about: "a deletion that an earlier run left, done", test: "same", before: up, leftOver: "assets", args: up},
	{name: "canceled", about: "up is interrupted", test: "waiting", args: up, signal: os.Interrupt, reached: created},
	{name: "killed", about: "up is killed", test: "waiting", args: up, signal: os.Kill, reached: created},
	{name: "up-outputs", about: "outputs of the stack change", test: "outputs", before: up, args: up},
	{name: "cloud-preview", about: "a preview on Pulumi Cloud", test: "mixed", before: up, args: preview, cloud: goodToken},
	{name: "cloud-up", about: "up on Pulumi Cloud", test: "mixed", before: up, args: up, cloud: goodToken},
	{name: "cloud-up-plain", about: "the same without --diff", test: "mixed", before: up, args: plainUp, cloud: goodToken},
	{name: "cloud-up-failed", about: "a resource fails half-way on Pulumi Cloud", test: "fault", before: up, args: up, cloud: goodToken},
	{name: "cloud-conflict", about: "another update is in progress on Pulumi Cloud", test: "mixed", before: up, args: up, cloud: goodToken, locked: true, noEvents: true},
	{name: "cloud-token", about: "a token that Pulumi Cloud refuses", test: "mixed", before: up, args: preview, cloud: badToken, noEvents: true},
	{name: "cloud-no-stack", about: "there is no such stack on Pulumi Cloud", test: "mixed", before: up, args: []string{"preview", "--diff", "--stack", "acme/cases/nosuch"}, cloud: goodToken, noEvents: true},
	{name: "destroy", about: "everything is deleted", test: "update", before: up, args: []string{"destroy", "--yes", "--diff"}},
	{name: "destroy-parallel", about: "the same, several at once", test: "update", before: up, args: []string{"destroy", "--yes", "--diff"}, parallel: true},
	{name: "destroy-only", about: "destroy --preview-only", test: "update", before: up, args: []string{"destroy", "--preview-only", "--diff"}},
	{name: "destroy-plain", about: "the same without --diff", test: "update", before: up, args: []string{"destroy", "--yes"}},
}

func greet(name string) func(string) error {
	return func(files string) error {
		return os.WriteFile(filepath.Join(files, name), []byte("Welcome.\n"), 0o644)
	}
}

// drift edits one of the files and removes another.
func drift(files string) error {
	if err := os.WriteFile(filepath.Join(files, "motd"), []byte("Welcome.\nSomebody was here.\n"), 0o644); err != nil {
		return err
	}
	return os.Remove(filepath.Join(files, "gone"))
}
