package cisystem

import "strconv"

// Variable is one of a program's environment.
type Variable struct{ Name, Value string }

// ForPulumi gives the variables from which Pulumi Cloud's page of an update knows the CI system, the pull request and the
// commit: Pulumi's own for any CI system, since a container has none of the system's. Commit and runURL may be empty.
func (r Result) ForPulumi(commit, runURL string) []Variable {
	var number string
	if r.Number > 0 {
		number = strconv.Itoa(r.Number)
	}
	target := r.Target()
	var out []Variable
	for _, v := range []Variable{
		{"PULUMI_CI_SYSTEM", r.System},
		{"PULUMI_CI_BUILD_URL", runURL},
		{"PULUMI_PR_NUMBER", number},
		{"PULUMI_CI_PULL_REQUEST_SHA", commit},
		{"PULUMI_VCS_REPO_OWNER", target.Owner},
		{"PULUMI_VCS_REPO_NAME", target.Name},
		{"PULUMI_VCS_REPO_KIND", target.Host},
		{"PULUMI_GIT_HEAD", commit},
	} {
		if v.Value != "" {
			out = append(out, v)
		}
	}
	return out
}
