package report

import (
	"strings"
	"testing"
)

// A log line after a resource must not take the resource's last property with it.
func TestLogTakesNoPropertyOutOfTheDiff(t *testing.T) {
	const joined = "Previewing update (dev):\n" +
		"+ pulumi:pulumi:Stack: (create)\n" +
		"    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]\n" +
		"    + demo:storage:Bucket: (create)\n" +
		"        [urn=urn:pulumi:dev::shop::demo:storage:Bucket::uploads]\n" +
		"        name  : \"uploads\"\n" +
		"        region: \"open-to-all\"\n" +
		"\nlogged\n" +
		"Resources:\n    + 2 to create\n"
	if diff := Parse(Run{Stdout: joined, Preview: true}).Diff; !strings.Contains(diff, "open-to-all") {
		t.Errorf("the property is missing in:\n%s", diff)
	}
}

// A count that a mask has hidden is not a count of nothing.
func TestMaskedCountsAreNotBelieved(t *testing.T) {
	for _, summary := range []string{
		"    *** 1 to delete\n", "    + 2 to create\n    *** 1 to delete\n    3 changes. 4 unchanged\n", "    - *** to delete\n", "    + 2 to create\n    - *** to delete\n",
	} {
		r := Parse(Run{Stdout: "Previewing update (dev):\n  pulumi:pulumi:Stack: (same)\n    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]\nResources:\n" + summary, Preview: true})
		if r.Summarised && len(r.Counts) == 0 || r.Summarised && !r.Disputed {
			t.Errorf("%q was believed: %+v", summary, r)
		}
	}
}
