package hostengine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// pulumi does what the module github.com/matipan/daggerverse/pulumi does at the pinned commit.
type pulumi struct {
	version              string
	token                *secret
	accessKey, secretKey *secret
}

func (p *pulumi) typeName() string { return "Pulumi" }
func (p *pulumi) key() string {
	parts := []string{p.version}
	for _, s := range []*secret{p.token, p.accessKey, p.secretKey} {
		if s == nil {
			parts = append(parts, "none")
			continue
		}
		parts = append(parts, s.key())
	}
	return digest(parts...)
}

func init() {
	resolvers["Query.pulumi"] = func(*request, object, arguments) (any, error) { return &pulumi{}, nil }
	method("Pulumi.fromVersion", func(_ *request, p *pulumi, a arguments) (any, error) {
		n := *p
		n.version = a.string("version")
		return &n, nil
	})
	method("Pulumi.withPulumiToken", func(r *request, p *pulumi, a arguments) (any, error) {
		token, err := byID[*secret](r, a["pulumiToken"])
		n := *p
		n.token = token
		return &n, err
	})
	method("Pulumi.withAwsCredentials", func(r *request, p *pulumi, a arguments) (any, error) {
		access, err := byID[*secret](r, a["awsAccessKey"])
		if err != nil {
			return nil, err
		}
		key, err := byID[*secret](r, a["awsSecretKey"])
		n := *p
		n.accessKey, n.secretKey = access, key
		return &n, err
	})
	method("Pulumi.version", func(_ *request, p *pulumi, _ arguments) (any, error) { return p.version, nil })
	for name, get := range map[string]func(*pulumi) *secret{
		"pulumiToken":  func(p *pulumi) *secret { return p.token },
		"awsAccessKey": func(p *pulumi) *secret { return p.accessKey },
		"awsSecretKey": func(p *pulumi) *secret { return p.secretKey },
	} {
		method("Pulumi."+name, func(_ *request, p *pulumi, _ arguments) (any, error) {
			if s := get(p); s != nil {
				return s, nil
			}
			return nil, fmt.Errorf("%s is not set", name)
		})
	}
	for name, command := range map[string]string{
		"preview": "preview --stack %s --non-interactive --diff",
		"up":      "up --stack %s --yes --non-interactive",
		"refresh": "refresh --stack %s --non-interactive --diff",
		"destroy": "destroy --stack %s --non-interactive --yes",
	} {
		method("Pulumi."+name, func(r *request, p *pulumi, a arguments) (any, error) {
			return p.run(r, a, fmt.Sprintf(command, a.string("stack")))
		})
	}
	method("Pulumi.run", func(r *request, p *pulumi, a arguments) (any, error) {
		return p.run(r, a, a.string("command"))
	})
}

// dependencies are the commands that install a program's dependencies, by runtime.
var dependencies = map[string]string{
	"go": "go mod tidy", "nodejs": "npm install", "python": "pip install -r requirements.txt", "dotnet": "",
}

// run gives the command's words to a shell as they are, as the module does.
func (p *pulumi) run(r *request, a arguments, command string) (any, error) {
	src, err := byID[*directory](r, a["src"])
	if err != nil {
		return nil, err
	}
	if p.token == nil {
		return nil, errors.New("pulumi token is required, `with-pulumi-token` sets it")
	}
	runtime, err := runtimeOf(src)
	if err != nil {
		return nil, err
	}
	install, ok := dependencies[runtime]
	if !ok {
		return nil, fmt.Errorf("unsupported pulumi runtime: %s", runtime)
	}
	version := p.version
	if version == "" {
		version = "latest"
	}
	bash := func(c *container, command string) *container {
		return c.withExec(execution{args: []string{"/bin/bash", "-c", command}, expect: "SUCCESS"})
	}
	c := &container{image: "pulumi/pulumi-" + runtime + ":" + version, workdir: "/infra"}
	c = bash(c.withSecret("PULUMI_ACCESS_TOKEN", p.token).withOp(op{path: "/infra", dir: src}), install)
	if p.accessKey == nil || p.secretKey == nil {
		return nil, errors.New("no credentials of a cloud provider were provided")
	}
	c = bash(c.withSecret("AWS_ACCESS_KEY_ID", p.accessKey).withSecret("AWS_SECRET_ACCESS_KEY", p.secretKey), "pulumi "+command)
	res, err := r.run(c.after, false)
	if err != nil {
		return nil, err
	}
	return res.printed(stdout)
}

// runtimeOf reads the runtime of a program, which this module takes as a plain word only.
func runtimeOf(src *directory) (string, error) {
	text, err := os.ReadFile(filepath.Join(src.path, "Pulumi.yaml"))
	if err != nil {
		return "", notThere(err, "Pulumi.yaml")
	}
	var project struct {
		Runtime string `yaml:"runtime"`
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		return "", err
	}
	return project.Runtime, nil
}

// gh does what the module github.com/aweris/daggerverse/gh does at the pinned commit, with the gh
// of this host in every version.
type gh struct{}

func (gh) typeName() string { return "Gh" }
func (gh) key() string      { return "" }

func init() {
	resolvers["Query.gh"] = func(*request, object, arguments) (any, error) { return gh{}, nil }
	method("Gh.get", func(r *request, _ gh, _ arguments) (any, error) { return r.gh() })
	method("Gh.run", func(r *request, _ gh, a arguments) (any, error) {
		token, err := byID[*secret](r, a["token"])
		if err != nil {
			return nil, err
		}
		program, err := r.gh()
		if err != nil {
			return nil, err
		}
		c := (&container{image: "alpine/git:latest"}).
			withOp(op{path: "/usr/local/bin/gh", file: program, mode: program.mode}).
			withSecret("GITHUB_TOKEN", token)
		if a.bool("disableCache") {
			c = c.withVariable("CACHEBUSTER", strconv.FormatInt(time.Now().UnixNano(), 10))
		}
		command := []string{"sh", "-c", "/usr/local/bin/gh " + a.string("cmd")}
		res, err := r.run(c.withExec(execution{args: command, expect: "SUCCESS"}).after, false)
		if err != nil {
			return nil, err
		}
		return res.printed(stdout)
	})
}

func (r *request) gh() (*file, error) {
	program := filepath.Join(r.Programs, "gh")
	f, err := r.store.addFile(program)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no gh at %s: `make tools` sets it up", program)
	}
	if err != nil {
		return nil, err
	}
	f.name, f.mode = "gh", 0o755
	return f, nil
}
