package cisystem

import (
	"slices"
	"testing"
)

func TestForPulumi(t *testing.T) {
	full := Result{System: "CircleCI", Host: "github.com", Repository: "acme/shop", Number: 7}
	for name, c := range map[string]struct {
		result      Result
		commit, url string
		want        []Variable
	}{
		"nothing is known": {Result{}, "", "", nil},
		"a pull request": {full, "6dcb09b", "https://ci.example.com/1", []Variable{
			{"PULUMI_CI_SYSTEM", "CircleCI"}, {"PULUMI_CI_BUILD_URL", "https://ci.example.com/1"}, {"PULUMI_PR_NUMBER", "7"},
			{"PULUMI_CI_PULL_REQUEST_SHA", "6dcb09b"}, {"PULUMI_VCS_REPO_OWNER", "acme"}, {"PULUMI_VCS_REPO_NAME", "shop"},
			{"PULUMI_VCS_REPO_KIND", "github.com"}, {"PULUMI_GIT_HEAD", "6dcb09b"},
		}},
		"a push": {Result{System: "Jenkins"}, "6dcb09b", "", []Variable{
			{"PULUMI_CI_SYSTEM", "Jenkins"}, {"PULUMI_CI_PULL_REQUEST_SHA", "6dcb09b"}, {"PULUMI_GIT_HEAD", "6dcb09b"},
		}},
	} {
		if got := c.result.ForPulumi(c.commit, c.url); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
