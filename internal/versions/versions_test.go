// Package versions checks that a version stands in one place, that whatever has to repeat it says the same, and that
// renovate.json raises them all. It has tests only.
package versions

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const root = "../.."

// text is a file's, read once.
func text(t *testing.T, name string) string {
	t.Helper()
	if content, known := texts[name]; known {
		return content
	}
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	texts[name] = string(content)
	return texts[name]
}

var texts = map[string]string{}

// found gives what the one group of a pattern finds in a file.
func found(t *testing.T, name, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text(t, name))
	if match == nil {
		t.Fatalf("%s has no %s", name, pattern)
	}
	return match[1]
}

// versions are those that stand in several files, each read in its one place, by the name that Renovate has for it.
func versions(t *testing.T) map[string]string {
	return map[string]string{
		"pulumi/pulumi": found(t, "ci/versions.go", `pulumiRelease += "(.*)"`),
		"cli/cli":       found(t, "ci/versions.go", `ghRelease += "(.*)"`),
		"dagger/dagger": found(t, "dagger.json", `"engineVersion": "v(.*)"`),
	}
}

func TestTheChangelogBeginsWithTheVersion(t *testing.T) {
	release := found(t, "ci/versions.go", `release += "(.*)"`)
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(release) {
		t.Errorf("the version is %q, want three numbers", release)
	}
	if heading := found(t, "CHANGELOG.md", `(?m)^## (\d.*)$`); heading != release {
		t.Errorf("CHANGELOG.md begins with %s, ci/versions.go says %s", heading, release)
	}
}

// The library that the engine's generated code needs is the engine's own.
func TestTheLibraryIsTheEngines(t *testing.T) {
	for _, name := range files(t) {
		if path.Base(name) != "go.mod" {
			continue
		}
		if match := regexp.MustCompile(`dagger\.io/dagger v(\S+)`).FindStringSubmatch(text(t, name)); match != nil && match[1] != versions(t)["dagger/dagger"] {
			t.Errorf("%s has dagger.io/dagger %s, dagger.json asks for an engine %s", name, match[1], versions(t)["dagger/dagger"])
		}
	}
}

// Programs of tests have the library of the Pulumi that runs them.
func TestNodejsProgramsHaveTheCLIsVersion(t *testing.T) {
	for _, name := range []string{"testdata/infra-nodejs/package.json", "testdata/engine/package.json"} {
		if got, want := found(t, name, `"@pulumi/pulumi": "(.*)"`), versions(t)["pulumi/pulumi"]; got != want {
			t.Errorf("%s has @pulumi/pulumi %s, want %s", name, got, want)
		}
	}
}

// manager is a custom manager of renovate.json.
type manager struct {
	Description         string
	ManagerFilePatterns []string
	MatchStrings        []string
	DepNameTemplate     string
}

func managers(t *testing.T) []manager {
	t.Helper()
	var config struct{ CustomManagers []manager }
	if err := json.Unmarshal([]byte(text(t, "renovate.json")), &config); err != nil {
		t.Fatal(err)
	}
	return config.CustomManagers
}

// reads tells whether a manager reads a file. Its patterns are all regular expressions between slashes.
func (m manager) reads(t *testing.T, name string) bool {
	t.Helper()
	return slices.ContainsFunc(m.ManagerFilePatterns, func(pattern string) bool {
		if len(pattern) < 2 || pattern[0] != '/' || pattern[len(pattern)-1] != '/' {
			t.Fatalf("%s: the pattern %q is not written as /…/", m.Description, pattern)
		}
		return regexp.MustCompile(pattern[1 : len(pattern)-1]).MatchString(name)
	})
}

// hit is a version that a manager raises: where it stands, from byte to byte, and which one it is.
type hit struct {
	file       string
	begin, end int
	dependency string
	value      string
}

// hits are all that the managers raise. A digest is replaced in all that was matched. Renovate reads a pattern as Go does:
// by RE2, where ^ and $ are the ends of the file.
func hits(t *testing.T) []hit {
	t.Helper()
	var all []hit
	for _, m := range managers(t) {
		for _, pattern := range m.MatchStrings {
			expression, before := regexp.MustCompile(pattern), len(all)
			for _, name := range files(t) {
				if !m.reads(t, name) {
					continue
				}
				content := text(t, name)
				for _, at := range expression.FindAllStringSubmatchIndex(content, -1) {
					group := func(name string) (string, int, int) {
						i := expression.SubexpIndex(name)
						if i < 0 {
							return "", -1, -1
						}
						return content[at[2*i]:at[2*i+1]], at[2*i], at[2*i+1]
					}
					h := hit{file: name, dependency: m.DepNameTemplate}
					if depName, begin, _ := group("depName"); begin >= 0 {
						h.dependency = depName
					}
					if h.value, h.begin, h.end = group("currentValue"); h.begin < 0 {
						h.value, _, _ = group("currentDigest")
						h.begin, h.end = at[0], at[1]
					}
					if h.value == "" || h.dependency == "" {
						t.Errorf("%s: %s finds no version in %s", m.Description, pattern, name)
					}
					all = append(all, h)
				}
			}
			if len(all) == before && !foreseen[pattern] {
				t.Errorf("%s: %s finds nothing", m.Description, pattern)
			}
		}
	}
	return all
}

// foreseen are patterns for what pages and pipelines may say, and at times do not.
var foreseen = map[string]bool{
	`--pulumi-version (?<currentValue>\d+\.\d+\.\d+)`: true,
	`--gh-version (?<currentValue>\d+\.\d+\.\d+)`:     true,
}

// files are the repository's, but recorded runs and sums.
func files(t *testing.T) []string {
	t.Helper()
	names, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var listed = sync.OnceValues(func() ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(name string) bool {
		info, err := os.Stat(filepath.Join(root, name))
		return err != nil || !info.Mode().IsRegular() || recorded.MatchString(name)
	}), nil
})

var recorded = regexp.MustCompile(`^testdata/(recordings|comments)/|(^|/)(go\.sum|package-lock\.json|stack\.json)$`)

func TestRenovateFindsTheSameVersionEverywhere(t *testing.T) {
	want := versions(t)
	for _, h := range hits(t) {
		if version, known := want[h.dependency]; known && h.value != version {
			t.Errorf("%s has %s %s, want %s", h.file, h.dependency, h.value, version)
		}
	}
}

// Of two that overlap Renovate would write one, and fail at the other.
func TestRenovateFindsNothingTwice(t *testing.T) {
	all := hits(t)
	for i, one := range all {
		for _, other := range all[:i] {
			if one.file == other.file && one.begin < other.end && other.begin < one.end {
				t.Errorf("%s: %s %s is found twice", one.file, one.dependency, one.value)
			}
		}
	}
}

// byOthers is raised by Renovate's own managers; history is never raised.
var (
	byOthers = regexp.MustCompile(`(^|/)(go\.mod|package\.json)$`)
	history  = regexp.MustCompile(`^CHANGELOG\.md$|-notes\.md$`)
	measured = regexp.MustCompile(`(?i)measured|taken from|read from`)
)

// Each place with such a version is one that Renovate raises. One that is missed becomes wrong at the next release.
func TestRenovateMissesNoVersion(t *testing.T) {
	raised := hits(t)
	for dependency, version := range versions(t) {
		for _, missed := range missed(t, version, raised) {
			t.Errorf("%s stands in %s and no manager of renovate.json finds it: add a pattern for %s", version, missed, dependency)
		}
	}
	for _, h := range raised {
		if len(h.value) != 40 {
			continue
		}
		for _, missed := range missed(t, h.value, raised) {
			t.Errorf("%s stands in %s and no manager of renovate.json finds it: add a pattern for %s", h.value, missed, h.dependency)
		}
	}
}

// missed are the places of a version that nothing raises.
func missed(t *testing.T, version string, raised []hit) (places []string) {
	t.Helper()
	literal := regexp.MustCompile(`(?:^|[^0-9a-f.])v?(` + regexp.QuoteMeta(version) + `)(?:[^0-9a-f.]|\.\D|\.?$)`)
	for _, name := range files(t) {
		if byOthers.MatchString(name) || history.MatchString(name) {
			continue
		}
		content := text(t, name)
		for _, at := range literal.FindAllStringSubmatchIndex(content, -1) {
			line := content[strings.LastIndexByte(content[:at[2]], '\n')+1:]
			line, _, _ = strings.Cut(line, "\n")
			known := slices.ContainsFunc(raised, func(h hit) bool {
				return h.file == name && h.value == version && h.begin <= at[2] && at[3] <= h.end
			})
			if !known && !measured.MatchString(line) {
				places = append(places, fmt.Sprintf("%s:%d", name, 1+strings.Count(content[:at[2]], "\n")))
			}
		}
	}
	return places
}

func TestAMissedVersionIsFound(t *testing.T) {
	version := versions(t)["cli/cli"]
	if places := missed(t, version, nil); !slices.ContainsFunc(places, func(place string) bool { return strings.HasPrefix(place, "ci/versions.go:") }) {
		t.Errorf("without managers only %v are missed", places)
	}
}

// The schema is Renovate's own, out of its package.
func TestRenovateTakesItsConfiguration(t *testing.T) {
	schema := filepath.Join(root, "build", "bin", "renovate-schema.json")
	if _, err := os.Stat(schema); err != nil {
		t.Fatalf("Renovate's schema is missing, `make test-tools` gets it: %v", err)
	}
	compiled, err := jsonschema.NewCompiler().Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			return err
		}
		return compiled.Validate(value)
	}
	config := text(t, "renovate.json")
	if err := check(config); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{
		{`"customType": "regex"`, `"customType": "regexp"`},
		{`"matchStrings": [`, `"matchStrings": true, "x": [`},
		{`"enabled": false`, `"enabled": "no"`},
	} {
		broken := strings.Replace(config, change[0], change[1], 1)
		if broken == config {
			t.Errorf("renovate.json does not hold %s", change[0])
		}
		if check(broken) == nil {
			t.Errorf("with %s it is valid too", change[1])
		}
	}
}
