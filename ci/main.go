// Previews infrastructure in pull requests and applies it on the main branch, with Pulumi.
//
// `preview` runs `pulumi preview` and keeps one comment on the pull request that says what will
// change; `up` applies it. Both take the same values in GitHub Actions, on any other CI system and
// on a laptop, as flags or from a `.env` file beside `dagger.json`:
//
//	dagger call with-credentials --pulumi-token env://PULUMI_ACCESS_TOKEN \
//	    --aws-access-key env://AWS_ACCESS_KEY_ID --aws-secret-key env://AWS_SECRET_ACCESS_KEY \
//	    preview --src . --stack org/prod --github-token env://GITHUB_TOKEN --github-ref "$GITHUB_REF"
package main

import (
	"cmp"

	"dagger/iac/internal/dagger"
)

// Runs Pulumi for a team: previews in pull requests, deployments from the main branch
type Iac struct {
	// +private
	PulumiToken *dagger.Secret
	// +private
	AwsAccessKey *dagger.Secret
	// +private
	AwsSecretKey *dagger.Secret
	// +private
	PulumiVersion string
	// +private
	GhVersion string
	// CiVariables are what the CI system says about the run, as NAME=value with spaces between.
	// +private
	CiVariables string

	// OwnContainer is true when Pulumi runs in a container of this module, with kept caches.
	// +private
	OwnContainer bool
	// +private
	CacheName string
	// +private
	CacheFrom *dagger.File
	// +private
	Base *dagger.Container
	// +private
	VariableNames []string
	// +private
	VariableValues []string
	// +private
	SecretNames []string
	// +private
	SecretValues []*dagger.Secret
	// InstallNames are the variables and secrets that the installation of dependencies sees too.
	// +private
	InstallNames []string
}

// Every argument can also be given by `with-credentials`, or stand in `.env`
func New(
	// Access token of Pulumi Cloud, such as env://PULUMI_ACCESS_TOKEN
	//
	// +optional
	pulumiToken *dagger.Secret,
	// Access key ID of AWS, such as env://AWS_ACCESS_KEY_ID
	//
	// +optional
	awsAccessKey *dagger.Secret,
	// Secret access key of AWS, such as env://AWS_SECRET_ACCESS_KEY
	//
	// +optional
	awsSecretKey *dagger.Secret,
	// Version of the Pulumi CLI, without a v; if left out, the one that this version of iac was made with
	//
	// +optional
	pulumiVersion string,
	// Version of the GitHub CLI that publishes the comment, without a v; if left out, the one that this version of iac was made with
	//
	// +optional
	ghVersion string,
	// Run Pulumi in a container of this module with kept caches, as with-cache does: fast, and for any credentials
	//
	// +optional
	cache bool,
	// The CI system's variables that name the pull request, as NAME=value with spaces between; .env.example has the line
	//
	// +optional
	ciVariables string,
) *Iac {
	return &Iac{
		PulumiToken:   pulumiToken,
		AwsAccessKey:  awsAccessKey,
		AwsSecretKey:  awsSecretKey,
		PulumiVersion: cmp.Or(pulumiVersion, pulumiRelease),
		GhVersion:     cmp.Or(ghVersion, ghRelease),
		OwnContainer:  cache,
		CiVariables:   ciVariables,
	}
}

// Sets the credentials of Pulumi Cloud and of AWS
func (m *Iac) WithCredentials(
	// Access token of Pulumi Cloud, such as env://PULUMI_ACCESS_TOKEN
	pulumiToken *dagger.Secret,
	// Access key ID of AWS, such as env://AWS_ACCESS_KEY_ID
	awsAccessKey *dagger.Secret,
	// Secret access key of AWS, such as env://AWS_SECRET_ACCESS_KEY
	awsSecretKey *dagger.Secret,
) *Iac {
	c := *m
	c.PulumiToken, c.AwsAccessKey, c.AwsSecretKey = pulumiToken, awsAccessKey, awsSecretKey
	return &c
}
