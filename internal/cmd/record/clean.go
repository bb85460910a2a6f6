package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// What differs from run to run and from machine to machine, in text and in events, and what stands for
// it. None of it changes how a string is written in JSON.
var volatile = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?m)^Duration: \d+[hms\d]*$`), "Duration: 2s"},
	{regexp.MustCompile(`(?m)^(\{"sequence":\d+,"timestamp":)\d+`), "${1}1767323045"},
	{regexp.MustCompile(`(?m)^(\{"sequence":\d+,"timestamp":\d+,"summaryEvent":\{.*"durationSeconds":)\d+`), "${1}2"},
	{regexp.MustCompile(`\(\d+(\.\d+)?s\)`), "(1s)"},
	{regexp.MustCompile(`http://app\.pulumi\.com/`), "https://app.pulumi.com/"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "https://api.pulumi.com"},
	{regexp.MustCompile(`created by \S+@\S+ \(pid \d+\) at [-+.:\dTZ]+`), "created by user@host (pid 123) at 2026-01-02T03:04:05Z"},
	{regexp.MustCompile(`(?m)^    Name {2,}Version$`), "    Name  Version"}, // As wide as the policy pack's path.
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [-+]\d{4} [A-Z]+`), "2026-01-02 03:04:05 +0000 UTC"},
	{regexp.MustCompile(`goroutine \d+`), "goroutine 1"},
	{regexp.MustCompile(`0x[0-9a-f]{6,}`), "0xc000000000"},
	{regexp.MustCompile(`\+0x[0-9a-f]+`), "+0x0"},
}

// Identifiers differ too, but for the one that Pulumi's events have in place of a value that is not known yet.
var identifier = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

const (
	notYetKnown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	noID        = "00000000-0000-0000-0000-000000000000"
)

// unordered are lists that a provider gives in another order at each run, and item is one of their strings.
var (
	unordered = regexp.MustCompile(`"(?:keys|diffs)":\[(?:"(?:[^"\\]|\\.)*",?)+\]`)
	item      = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

func ordered(list []byte) []byte {
	items := item.FindAll(list, -1)
	slices.SortFunc(items[1:], bytes.Compare)
	return fmt.Appendf(nil, "%s:[%s]", items[0], bytes.Join(items[1:], []byte(",")))
}

// alive are the lines by which a run shows every second or so that it is still at work.
var alive = regexp.MustCompile(`(?m)^(@ [A-Za-z ]+)\.+$\n?`)

// cleaner replaces this machine's paths and what else is volatile. Signs of life stay where they
// belong to the recording, and are as long as each other.
func (r *recorder) cleaner(s scenario) func([]byte) []byte {
	home, _ := os.UserHomeDir()
	signs := "$1....\n"
	if slices.Contains(s.args, "--diff") && s.name != "slow" {
		signs = ""
	}
	return func(text []byte) []byte {
		text = alive.ReplaceAll(text, []byte(signs))
		for _, path := range []struct{ real, instead string }{
			{filepath.Join(r.dir, "work"), "/work"},
			{r.dir, "/work"},
			{r.root, "/checkout"},
			{home, "/home/user"},
		} {
			text = bytes.ReplaceAll(text, []byte(path.real), []byte(path.instead))
		}
		for _, v := range volatile {
			text = v.pattern.ReplaceAll(text, []byte(v.instead))
		}
		text = unordered.ReplaceAllFunc(text, ordered)
		return identifier.ReplaceAllFunc(text, func(id []byte) []byte {
			if string(id) == notYetKnown {
				return id
			}
			return []byte(noID)
		})
	}
}

// prebuilt makes a copied Go program run this binary, so that nothing is compiled at each run.
func prebuilt(src, binary string) error {
	path := filepath.Join(src, "Pulumi.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text = bytes.Replace(text, []byte("runtime: go\n"), fmt.Appendf(nil, "runtime: {name: go, options: {binary: %q}}\n", binary), 1)
	return os.WriteFile(path, text, 0o644)
}
