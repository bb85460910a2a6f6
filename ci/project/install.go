package project

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Install is how the dependencies of a program are installed before Pulumi runs.
type Install struct {
	// Command is the program and its arguments, empty where Pulumi itself gets what is needed.
	Command []string
	// Include are the files that the command needs, all of them where it is empty. As long as they
	// stay the same, what was installed stays too.
	Include []string
	// Locked is true where the lock file lies beside the program.
	Locked bool
}

// pulumiInstall asks Pulumi to install with the package manager that it finds.
var pulumiInstall = []string{"pulumi", "install"}

// Plan says how to install the dependencies of a program. list gives the names in its folder, read the
// text of one of them; neither is asked for a program that needs no such step.
func (p Project) Plan(list func() ([]string, error), read func(name string) (string, error)) (Install, error) {
	if p.Packages {
		return Install{Command: pulumiInstall}, nil
	}
	switch p.Runtime {
	case "go", "yaml", "dotnet", "java":
		// Their builds fetch what the lock file says by themselves, into the caches.
		return Install{}, nil
	case "nodejs", "python":
	default:
		return Install{Command: pulumiInstall}, nil
	}
	files, err := list()
	if err != nil {
		return Install{}, err
	}
	if p.Runtime == "python" {
		return p.planPython(files, read)
	}
	return p.planNode(files, read)
}

// nodeInstalls are the commands that install just what a lock file says.
var nodeInstalls = []struct {
	manager, lock string
	command       []string
}{
	{"npm", "package-lock.json", []string{"npm", "ci", "--no-audit", "--no-fund"}},
	{"yarn", "yarn.lock", []string{"yarn", "install", "--frozen-lockfile"}},
	{"pnpm", "pnpm-lock.yaml", []string{"pnpm", "install", "--frozen-lockfile"}},
}

var nodeManifests = []string{
	"Pulumi.yaml", "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
	".npmrc", ".yarnrc", ".yarnrc.yml", ".yarn",
}

func (p Project) planNode(files []string, read func(string) (string, error)) (Install, error) {
	switch {
	case slices.Contains(files, "package.json"):
	case p.Main != "":
		// It may lie there, or between.
		return Install{Command: pulumiInstall}, nil
	default:
		return Install{}, nil
	}
	manifest, err := read("package.json")
	if err != nil {
		return Install{}, err
	}
	plan := Install{Command: pulumiInstall}
	if !needsSources(manifest) {
		plan.Include = nodeManifests
	}
	if command := p.lockedInstall(files); command != nil {
		plan.Command, plan.Locked = command, true
	}
	return plan, nil
}

// PlanAbove says how to install the dependencies of a program that is a workspace of a folder above it, false where that
// folder does not hold workspaces. The command is to run in the program's folder.
func (p Project) PlanAbove(files []string, read func(name string) (string, error)) (Install, bool, error) {
	if !slices.Contains(files, "package.json") {
		return Install{}, false, nil
	}
	manifest, err := read("package.json")
	var file struct {
		Workspaces json.RawMessage `json:"workspaces"`
	}
	if err != nil || !slices.Contains(files, "pnpm-workspace.yaml") && (json.Unmarshal([]byte(manifest), &file) != nil || file.Workspaces == nil) {
		return Install{}, false, err
	}
	if command := p.lockedInstall(files); command != nil {
		return Install{Command: command}, true, nil
	}
	// `pulumi install` wants node_modules beside the program, where a workspace has none.
	return Install{Command: []string{cmp.Or(p.PackageManager, "npm"), "install"}}, true, nil
}

// lockedInstall is the command that installs what the lock file among these files says, nil where there is none.
func (p Project) lockedInstall(files []string) []string {
	for _, i := range nodeInstalls {
		if slices.Contains(files, i.lock) && (p.PackageManager == "" || p.PackageManager == i.manager) {
			return i.command
		}
	}
	return nil
}

// needsSources is true for a package.json whose installation reads more than the manifests: scripts
// that run then, packages of the same repository, or anything that is not understood.
func needsSources(manifest string) bool {
	var file struct {
		Scripts              map[string]string `json:"scripts"`
		Workspaces           json.RawMessage   `json:"workspaces"`
		Dependencies         map[string]string `json:"dependencies"`
		DevDependencies      map[string]string `json:"devDependencies"`
		OptionalDependencies map[string]string `json:"optionalDependencies"`
	}
	if json.Unmarshal([]byte(manifest), &file) != nil || file.Workspaces != nil {
		return true
	}
	for _, script := range []string{"preinstall", "install", "postinstall", "prepare"} {
		if file.Scripts[script] != "" {
			return true
		}
	}
	for _, group := range []map[string]string{file.Dependencies, file.DevDependencies, file.OptionalDependencies} {
		for _, version := range group {
			for _, local := range []string{"file:", "link:", "workspace:", "portal:", ".", "/"} {
				if strings.HasPrefix(version, local) {
					return true
				}
			}
		}
	}
	return false
}

var pythonManifests = []string{"Pulumi.yaml", "requirements.txt", "poetry.lock", "poetry.toml", "uv.lock"}

func (p Project) planPython(files []string, read func(string) (string, error)) (Install, error) {
	plan := Install{Command: pulumiInstall, Include: pythonManifests}
	if slices.Contains(files, "pyproject.toml") || p.Main != "" {
		// It may name the program itself as a package, whose sources are read then, or lie where main is.
		return Install{Command: pulumiInstall}, nil
	}
	if !slices.Contains(files, "requirements.txt") {
		return plan, nil
	}
	text, err := read("requirements.txt")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "-") || strings.HasPrefix(line, ".") || strings.Contains(line, "file:") {
			plan.Include = nil
		}
	}
	return plan, err
}
