package bindings_test

import (
	"testing"

	"iac/internal/bindings"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]struct{ kebab, snake string }{
		"Preview":         {"preview", "preview"},
		"WithCredentials": {"with-credentials", "with_credentials"},
		"pulumiToken":     {"pulumi-token", "pulumi_token"},
		"awsAccessKey":    {"aws-access-key", "aws_access_key"},
		"runUrl":          {"run-url", "run_url"},
		"runURL":          {"run-url", "run_url"},
		"commitSHAShort":  {"commit-shashort", "commit_shashort"}, // as Dagger has it
		"s3Bucket":        {"s-3-bucket", "s_3_bucket"},
		"github_ref":      {"github-ref", "github_ref"},
		"ID":              {"id", "id"},
	} {
		if got := bindings.KebabName(name); got != want.kebab {
			t.Errorf("KebabName(%q) = %q, want %q", name, got, want.kebab)
		}
		if got := bindings.SnakeName(name); got != want.snake {
			t.Errorf("SnakeName(%q) = %q, want %q", name, got, want.snake)
		}
	}
}
