// A module for tests.
//
// It has a function of each kind.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dagger/iac/greeting"
	"dagger/iac/internal/dagger"
)

// Sample is the main object.
type Sample struct {
	// The name that is greeted.
	Name string

	// +private
	Token *dagger.Secret
	// +private
	Tags []string
	// +private
	Parts []*Part

	lost string
}

// Part is another object.
type Part struct {
	// What the part says.
	Text string
}

func New(
	// Whom to greet.
	// +default="world"
	name string,
	// A secret; its value is not shown.
	//
	// +optional
	token *dagger.Secret,
) *Sample {
	return &Sample{Name: name, Token: token, lost: "yes"}
}

// WithTags keeps tags.
//
// They are added to those that are there.
func (m *Sample) WithTags(
	// The tags.
	tags []string,
	upper bool, // In capitals.
) *Sample {
	out := *m
	for _, tag := range tags {
		if upper {
			tag = strings.ToUpper(tag)
		}
		out.Tags = append(out.Tags, tag)
		out.Parts = append(out.Parts, &Part{Text: tag})
	}
	return &out
}

// Greet says hello.
//
// +cache="never"
func (m *Sample) Greet(
	ctx context.Context,
	// +optional
	times int,
) (string, error) {
	secret := "no token"
	if m.Token != nil {
		text, err := m.Token.Plaintext(ctx)
		if err != nil {
			return "", fmt.Errorf("reading the token: %w", err)
		}
		secret = fmt.Sprintf("a token of %d letters", len(text))
	}
	line := fmt.Sprintf("%s %s %v %d %q", greeting.Of(m.Name), secret, m.Tags, len(m.Parts), m.lost)
	return strings.Repeat(line+"\n", max(1, times)), nil
}

// Last gives the last part.
func (m *Sample) Last() (*Part, error) {
	if len(m.Parts) == 0 {
		return nil, errors.New("there are no parts")
	}
	return m.Parts[len(m.Parts)-1], nil
}

// Shout says the text loudly.
func (p *Part) Shout() string { return strings.ToUpper(p.Text) + "!" }

// List gives the names of the files of a folder.
func (m *Sample) List(
	ctx context.Context,
	// +defaultPath="/"
	// +ignore=["**/*.go", "dagger.json"]
	src *dagger.Directory,
) ([]string, error) {
	return src.Entries(ctx)
}

// Write gives a file with some text.
func (m *Sample) Write(text string) *dagger.File {
	return dag.File("out.txt", text)
}

// Folder gives a folder with one file.
func (m *Sample) Folder(
	file *dagger.File,
) *dagger.Directory {
	return dag.Directory().WithFile("copy.txt", file)
}

// Fail fails with the text.
func (m *Sample) Fail(text string) error { return errors.New(text) }

// FailExec fails as an exec does, with words around it.
func (m *Sample) FailExec(ctx context.Context) (string, error) {
	_, err := dag.Pulumi().WithAwsCredentials(m.Token, m.Token).WithPulumiToken(m.Token).
		Run(ctx, dag.Directory().WithNewFile("Pulumi.yaml", "name: p\nruntime: dotnet\n"), "nonsense")
	var failed *dagger.ExecError
	if !errors.As(err, &failed) {
		return "", fmt.Errorf("not an exec error: %v", err)
	}
	return "", fmt.Errorf("these words are lost: %w", err)
}

// Panic panics.
func (m *Sample) Panic() string { panic("on purpose") }

// Gh shows what the bindings of the dependencies look like.
func (m *Sample) Gh(ctx context.Context, token *dagger.Secret) (string, error) {
	var (
		file   *dagger.File = dag.Gh().Get(dagger.GhGetOpts{Version: "1.2.3"})
		_      *dagger.File = dag.Gh().Get()
		pulumi *dagger.Pulumi
		client *dagger.Client = dag
	)
	pulumi = client.Pulumi().FromVersion("1.2.3").With(func(p *dagger.Pulumi) *dagger.Pulumi { return p })
	if _, err := pulumi.Preview(ctx, dag.Directory(), "dev"); err != nil {
		return "", err
	}
	if _, err := file.Contents(ctx); err != nil {
		return "", err
	}
	return dag.Gh().Run(ctx, token, "version", dagger.GhRunOpts{DisableCache: true})
}
