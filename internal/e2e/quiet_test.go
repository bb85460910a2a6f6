package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the team does not want to read about is counted, stands in a fold of its own, and is part of the plan.
func TestQuietPropertiesAreCountedAndFoldedApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	program := filepath.Join(w.stack.Src, "Pulumi.yaml")
	text := string(must(os.ReadFile(program)))
	// Only the tags of the bucket change.
	for was, is := range map[string]string{"versioned: true": "versioned: false", "days: 90": "days: 30"} {
		if !strings.Contains(text, was) {
			t.Fatalf("%s has no %q", program, was)
		}
		text = strings.Replace(text, was, is, 1)
	}
	w.write(program, text)

	quiet := []string{"--quiet-property", "tags.*"}
	const loud, apart = "\n<summary>Diff, ", "\n<summary>Diff of quiet updates, "
	w.succeed(w.preview(inContainer, quiet...)...)
	body := w.comment().Body
	w.has(body, "1 to update", "\n1 of the updates changes only `tags.*`\n", "| `~` update |")
	first, second, found := strings.Cut(body, apart)
	if !found {
		t.Fatalf("there is no second fold in\n%s", body)
	}
	w.has(first, loud, "(replace)", "--outputs:--")
	w.has(second, "demo:storage:Bucket: (update)", `"production"`)
	w.hasNot(first, "(update)")
	w.hasNot(second, "(replace)", "(delete)", "(create)", "--outputs:--")

	w.succeed(w.preview(inContainer)...)
	w.has(w.comment().Body, loud)
	w.hasNot(w.comment().Body, "quiet", "changes only")

	digest := w.succeed(w.verb(inContainer, "plan", "digest")...)
	if other := w.succeed(append(w.verb(inContainer, "plan", quiet...), "digest")...); other != digest {
		t.Errorf("the plan has the digest %s, and with quiet properties %s", digest, other)
	}
	w.has(w.succeed(append(w.verb(inContainer, "plan", quiet...), "markdown")...), loud, apart, "changes only `tags.*`")

	const want = `invalid quiet-property "*": want the path of a property`
	w.has(w.fail(w.preview(inContainer, "--quiet-property", "*")...), want)
	w.has(w.comment().Body, "could not start", want)
	w.has(w.fail(append(w.verb(inContainer, "plan", "--quiet-property", "*"), "text")...), want)
}
