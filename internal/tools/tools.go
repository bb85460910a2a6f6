// Package tools gets the programs that tests and developers of iac need into build/bin: built from Go
// modules, each pinned by a go.mod in a folder beside this file, or found on this machine, or
// installed with Debian's apt-get. Packages of npm, pinned in such a folder too, go into build/npm.
package tools

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Default is what Pulumi programs and comments take; checks and tests name what else they need.
var Default = []string{"pulumi", "languages", "yaml", "provider", "gh", "nodejs"}

// A tool brings one or several programs into the bin folder.
type tool interface {
	// ready tells whether the programs are there already, in the version wanted.
	ready(in *installer) bool
	// get brings them there. What it is and takes is told before.
	get(ctx context.Context, in *installer) error
	// about says what happens and about how long it takes.
	about() string
}

var all = map[string][]tool{
	"pulumi": {&module{
		dir:      "internal/tools/pulumi",
		packages: "tool",
		programs: []string{"pulumi"},
		ldflags:  "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
		what:     "building the Pulumi CLI 3.259.0 from source, about 3 minutes",
	}},
	"languages": {&module{
		dir:      "internal/tools/languages",
		packages: "tool",
		programs: []string{"hosts/pulumi-language-go", "pulumi-language-nodejs"},
		what:     "building Pulumi's hosts for Go and Node.js programs 3.60.0 from source, about 1 minute",
	}, &module{
		dir:      "internal/tools/golanguage",
		packages: ".",
		programs: []string{"pulumi-language-go"},
		what:     "building what tells the host for Go programs its options, a few seconds",
	}},
	"yaml": {&module{
		dir:      "internal/tools/yaml",
		packages: "tool",
		programs: []string{"pulumi-language-yaml"},
		what:     "building Pulumi's host for YAML programs 1.30.0 from source, about 2 minutes",
	}},
	"provider": {&module{
		dir:      "internal/provider",
		packages: "./...",
		programs: []string{"pulumi-resource-demo", "pulumi-analyzer-policy-demo"},
		what:     "building the provider and the policies of the test programs, about 1 minute",
	}},
	"lint": {&module{
		dir:      "internal/tools/lint",
		packages: "tool",
		programs: []string{"golangci-lint"},
		what:     "building golangci-lint 2.15.0 from source, about 4 minutes",
	}},
	"testsum": {&module{
		dir:      "internal/tools/testsum",
		packages: "tool",
		programs: []string{"gotestsum"},
		what:     "building gotestsum from source, a few seconds",
	}},
	"gcc": {&system{
		program: "gcc", commands: []string{"gcc"}, packages: []string{"gcc", "libc6-dev"},
		byHand: "https://gcc.gnu.org",
	}},
	"renovate": {&packed{
		of: "renovate@44.121.2", path: "renovate-schema.json",
		sum:  "989a29d9d8f1c421436b68de9472898283b55db6c5cf98fb243489e40e338a02",
		what: "getting the schema of Renovate's configuration out of its npm package, a few seconds",
	}},
	"bench": {&module{
		dir:      "internal/tools/bench",
		packages: "tool",
		programs: []string{"benchstat"},
		what:     "building benchstat from source, a few seconds",
	}},
	"gh": {&system{
		program: "gh", commands: []string{"gh"}, atLeast: "v2.23.0", packages: []string{"gh"},
		byHand: "https://cli.github.com",
	}},
	"chromium": {&system{
		program: "chromium", commands: []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}, packages: []string{"chromium"},
		byHand: "https://www.chromium.org/getting-involved/download-chromium",
	}},
	"jq": {&system{
		program: "jq", commands: []string{"jq"}, packages: []string{"jq"},
		byHand: "https://jqlang.org",
	}},
	"nodejs": {
		&system{program: "node", commands: []string{"node", "nodejs"}, atLeast: "v18.0.0", packages: []string{"nodejs"}, byHand: "https://nodejs.org"},
		&system{program: "npm", commands: []string{"npm"}, packages: []string{"npm"}, byHand: "https://nodejs.org"},
	},
	// After nodejs, whose npm it takes.
	"pipelines": {&packages{
		dir:  "internal/tools/pipelines",
		what: "installing parsers of CI systems' files with npm, up to a minute",
	}},
}

// Names are the tools that Install knows.
func Names() []string {
	return slices.Sorted(maps.Keys(all))
}

// Install brings the named tools, or the default ones, into the bin folder of the checkout at root.
// What is there already in the pinned version is left alone. Each step that takes time is told on
// log before it begins.
func Install(ctx context.Context, root string, names []string, log io.Writer) error {
	if len(names) == 0 {
		names = Default
	}
	for _, name := range names {
		if _, known := all[name]; !known {
			return fmt.Errorf("no tool is called %q: there are %s", name, strings.Join(Names(), ", "))
		}
	}
	in := &installer{root: root, log: log}
	if err := os.MkdirAll(Bin(root), 0o755); err != nil {
		return err
	}
	for _, name := range names {
		for _, t := range all[name] {
			if err := in.install(ctx, t); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

type installer struct {
	root string
	log  io.Writer
}

func (in *installer) install(ctx context.Context, t tool) error {
	if t.ready(in) {
		return nil
	}
	fmt.Fprintln(in.log, t.about(), "…")
	return t.get(ctx, in)
}

// program is where a program of the bin folder lies.
func (in *installer) program(name string) string {
	return filepath.Join(Bin(in.root), name)
}
