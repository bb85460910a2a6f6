package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

var cases = map[string]func(*program) error{
	"create":           create,
	"update":           update,
	"multiline":        multiline,
	"unicode":          unicode,
	"replace":          replace,
	"replace-triggers": triggered,
	"retain":           retain,
	"secret-to-plain":  uncovered,
	"protect-replace":  protectReplaced,
	"waiting":          waiting,
	"delete":           remove,
	"import":           importFile,
	"refresh":          drifting,
	"secrets":          secrets,
	"hostile":          hostile,
	"same":             create,
	"mixed":            mixed,
	"many":             many,
	"components":       components,
	"fault":            fault,
	"outputs":          outputs,
	"log":              logs,
	"provider":         notices,
	"error":            failing,
	"locked":           locked,
	"rename":           rename,
	"protect":          protect,
	"read":             read,
	"slow":             slow,
	"config":           configured,
	"policy":           policed,
	"advice":           advised,
}

func create(p *program) error {
	if err := p.bucket("assets", props{
		"region":    "eu-west-1",
		"versioned": true,
		"tags":      props{"team": "web", "cost-centre": "4711"},
		"rules":     []any{props{"prefix": "logs/", "days": 30}},
	}); err != nil {
		return err
	}
	return p.database("orders", props{"engine": "postgres", "release": "16.3", "size": 20, "password": pulumi.ToSecret("correct horse")})
}

func update(p *program) error {
	settings := func(level int) props {
		deep := props{"level": level, "limits": []any{1, 2.5, level}, "enabled": level > 1}
		return props{"a": props{"b": props{"c": props{"d": deep}}}, "list": []any{props{"name": "one"}, props{"name": "two", "level": level}}}
	}
	rules := []any{
		props{"prefix": "logs/", "days": 30, "transitions": []any{props{"class": "cold", "days": 10}}},
		props{"prefix": "tmp/", "days": 1},
	}
	if p.after {
		rules = []any{
			props{"prefix": "logs/", "days": 60, "transitions": []any{props{"class": "cold", "days": 10}, props{"class": "frozen", "days": 40}}},
			props{"prefix": "cache/", "days": 1},
			props{"prefix": "tmp/", "days": 1},
		}
	}
	if err := p.bucket("assets", props{
		"tags":      p.pick(props{"team": "web", "stage": "test"}, props{"team": "platform", "owner": "alice"}),
		"versioned": p.pick(false, true),
		"policy":    p.pick("short", strings.Repeat("a long value that goes on and on, ", 20)),
		"rules":     rules,
		"settings":  settings(p.pick(1, 2).(int)),
	}); err != nil {
		return err
	}
	return p.database("orders", props{"engine": "postgres", "release": p.pick("16.3", "17.1"), "size": p.pick(20, 200), "password": pulumi.ToSecret("correct horse")})
}

func multiline(p *program) error {
	policy := []string{"{", `  "Version": "2012-10-17",`, `  "Statement": [`, `    {"Effect": "Allow", "Action": "s3:GetObject"}`, "  ]", "}"}
	script := []string{"#!/bin/sh", "set -e", "", "apt-get update", "apt-get install -y nginx", "systemctl enable nginx", "\ttabs and trailing spaces  ", "exit 0"}
	if p.after {
		policy[3] = `    {"Effect": "Deny", "Action": "s3:DeleteObject"}`
		script = append(script[:4:4], append([]string{"apt-get upgrade -y"}, script[5:]...)...)
	}
	if err := p.bucket("assets", props{"policy": strings.Join(policy, "\n")}); err != nil {
		return err
	}
	if err := p.bucket("scripts", props{"settings": props{"boot": strings.Join(script, "\n") + "\n", "yaml": p.pick("a: 1\nb: 2\n", "a: 1\nb: 3\n")}}); err != nil {
		return err
	}
	if !p.after {
		return nil
	}
	return p.bucket("new", props{"policy": strings.Join(policy, "\r\n"), "settings": props{"long": strings.Repeat("line\n", 12)}})
}

func unicode(p *program) error {
	if err := p.bucket("größe-日本", props{
		"name": "größe",
		"tags": props{"名前": p.pick("東京", "大阪"), "emoji": p.pick("🙂", "👩‍👩‍👧‍👦 🇪🇺 👍🏽"), "combining": "e\u0301\u0308"},
	}); err != nil {
		return err
	}
	return p.bucket("directions", props{"settings": props{
		"arabic":     p.pick("مرحبا", "مرحبا بالعالم"),
		"hebrew":     "שלום",
		"override":   p.pick("plain", "\u202etxt.exe\u202c \u2066isolate\u2069 \u200fmark"),
		"invisible":  p.pick("plain", "zero\u200bwidth\u2060joiner\ufeff"),
		"separators": p.pick("plain", "line\u2028paragraph\u2029next\u0085end"),
	}})
}

func replace(p *program) error {
	if err := p.bucket("assets", props{"name": "assets", "region": p.pick("eu-west-1", "eu-central-1"), "tags": props{"team": p.pick("web", "platform")}}); err != nil {
		return err
	}
	return p.database("orders", props{"engine": p.pick("mysql", "postgres"), "release": p.pick("8.0", "16.3"), "password": pulumi.ToSecret("correct horse")},
		pulumi.DeleteBeforeReplace(true))
}

// triggered has a change that forces a replacement only because the program says so, beside one that does not.
func triggered(p *program) error {
	return p.bucket("assets", props{
		"policy": p.pick("short", "shorter"),
		"tags":   props{"team": p.pick("web", "platform"), "stage": "test"},
	}, pulumi.ReplaceOnChanges([]string{"tags.team"}))
}

func remove(p *program) error {
	if err := p.bucket("keep", props{}); err != nil || p.after {
		return err
	}
	if err := p.bucket("assets", props{"tags": props{"team": "web"}, "policy": "one\ntwo"}); err != nil {
		return err
	}
	return p.database("orders", props{"engine": "postgres", "password": pulumi.ToSecret("correct horse")})
}

// retain has a resource gone and another one replaced, of which the old ones are to be kept.
func retain(p *program) error {
	keep := pulumi.RetainOnDelete(true)
	if err := p.bucket("logs", props{"region": p.pick("eu-west-1", "eu-central-1")}, keep); err != nil || p.after {
		return err
	}
	return each(p.bucket("archive", props{}, keep), p.bucket("scratch", props{}))
}

func importFile(p *program) error {
	if !p.after {
		return p.bucket("keep", props{})
	}
	path := os.Getenv("FILES") + "/motd"
	if err := p.bucket("keep", props{}); err != nil {
		return err
	}
	return p.add("demo:index:File", "motd", props{"path": path, "content": "Welcome.\n"}, pulumi.Import(pulumi.ID(path)))
}

func drifting(p *program) error {
	for _, name := range []string{"motd", "gone", "same"} {
		path := os.Getenv("FILES") + "/" + name
		if err := p.add("demo:index:File", name, props{"path": path, "content": "Welcome.\nTo " + name + ".\n"}); err != nil {
			return err
		}
	}
	return nil
}

func secrets(p *program) error {
	if err := p.database("orders", props{"engine": "postgres", "password": pulumi.ToSecret(p.pick("correct horse", "battery staple"))}); err != nil {
		return err
	}
	policy := any("was plain before")
	if p.after {
		policy = pulumi.ToSecret("is secret now")
	}
	if err := p.bucket("assets", props{"policy": policy, "settings": props{"list": []any{pulumi.ToSecret(p.pick("one", "two")), "three"}}}); err != nil {
		return err
	}
	p.ctx.Export("password", pulumi.ToSecret(p.pick("correct horse", "battery staple")))
	return nil
}

// uncovered has secrets that become plain and the other way round, with the same value and with another.
func uncovered(p *program) error {
	turn := func(secretBefore bool, before, after string) any {
		value := p.pick(before, after)
		if secretBefore != p.after {
			return pulumi.ToSecret(value)
		}
		return value
	}
	if err := p.bucket("assets", props{
		"policy":   turn(true, "the same value", "the same value"),
		"tags":     props{"opened": turn(true, "was secret", "is plain now")},
		"settings": props{"closed": turn(false, "was plain", "is secret now")},
	}); err != nil {
		return err
	}
	p.ctx.Export("opened", pulumi.ToOutput(turn(true, "the same output", "the same output")))
	p.ctx.Export("closed", pulumi.ToOutput(turn(false, "a plain output", "a secret output")))
	return nil
}

func hostile(p *program) error {
	values := props{
		"apostrophe": "it's",
		"backticks":  "a ` b `` c ``` d ```` e",
		"command":    "$(id) `id` ${HOME} ; rm -rf / && echo \\",
		"escape":     "\x1b[31mred\x1b[0m \x1b]0;title\x07 bell\a back\b",
		"html":       "</details></summary><img src=x onerror=alert(1)><script>alert(1)</script><!-- -->",
		"link":       "[click](https://evil.example.com) <https://evil.example.com> https://evil.example.com #1 GH-1 owner/repo#1",
		"marker":     `<!-- iac {"project":"cases","stack":"dev","key":""} -->`,
		"mention":    "@everyone @octocat",
		"percent":    "%s %d %!s(MISSING) %%",
		"table":      "a | b | c",
	}
	block := strings.Join([]string{
		"```", "</details>", "~~~", "````", "Resources:", "    + 1 to create", "    999 unchanged",
		`<!-- iac {"project":"cases","stack":"dev","key":""} -->`, "@everyone", "# heading", "- demo:storage:Bucket: (delete)",
		"    [urn=urn:pulumi:dev::cases::demo:storage:Bucket::fake]", "Duration: 1s", "error: not really", "View Live: https://evil.example.com",
	}, "\n")
	if err := p.bucket("assets", props{"tags": p.pick(props{}, values), "policy": p.pick("plain", block)}); err != nil {
		return err
	}
	if !p.after {
		return nil
	}
	if err := p.bucket("it's `</details>` @everyone $(id) <img onerror=x>", props{"settings": values, "policy": block}); err != nil {
		return err
	}
	p.ctx.Export("text", pulumi.String(block))
	p.ctx.Export("Resources:", pulumi.String("@everyone"))
	return nil
}

// many has 500 changes among 600 resources.
func many(p *program) error {
	for i := range 600 {
		args, region, tag := props{}, "eu-west-1", "same"
		switch {
		case i < 200 && p.after:
			tag = "changed"
		case i < 260 && p.after:
			region = "eu-central-1"
		case i >= 260 && i < 300 && p.after, i >= 300 && i < 500 && !p.after:
			continue
		}
		args["region"], args["tags"] = region, props{"state": tag}
		if err := p.bucket(fmt.Sprintf("bucket-%03d", i), args); err != nil {
			return err
		}
	}
	return nil
}

func components(p *program) error {
	for _, stage := range []string{"blue", "green"} {
		if err := service(p, stage); err != nil {
			return err
		}
	}
	return nil
}

func service(p *program, stage string) error {
	var outer, inner pulumi.ResourceState
	if err := p.component("demo:web:Service", stage, &outer); err != nil {
		return err
	}
	if err := p.bucket(stage+"-assets", props{"tags": props{"stage": p.pick("test", stage)}}, pulumi.Parent(&outer)); err != nil {
		return err
	}
	if err := p.component("demo:web:Storage", stage+"-storage", &inner, pulumi.Parent(&outer)); err != nil {
		return err
	}
	return p.database(stage+"-data", props{"engine": p.pick("mysql", "postgres"), "password": pulumi.ToSecret("x")}, pulumi.Parent(&inner))
}

func (p *program) component(kind, name string, component pulumi.ComponentResource, opts ...pulumi.ResourceOption) error {
	if err := p.ctx.RegisterComponentResource(kind, name, component, opts...); err != nil {
		return err
	}
	_, err := internals.UnsafeAwaitOutput(p.ctx.Context(), component.URN())
	if err != nil {
		return err
	}
	return p.ctx.RegisterResourceOutputs(component, pulumi.Map{"stage": pulumi.String(name)})
}

func fault(p *program) error {
	if err := p.bucket("assets", props{"tags": props{"step": p.pick("before", "after")}}); err != nil || !p.after {
		return err
	}
	if err := p.database("orders", props{"engine": "postgres", "password": pulumi.ToSecret("x")}); err != nil {
		return err
	}
	if err := p.add("demo:index:Fault", "broken", props{"at": "create", "message": "quota exceeded: 5 of 5 databases in use\nask for more at the console"}); err != nil {
		return err
	}
	return p.bucket("never", props{})
}

func outputs(p *program) error {
	p.ctx.Export("kept", pulumi.String("as it was"))
	p.ctx.Export("url", pulumi.String(p.pick("https://old.example.com", "https://new.example.com").(string)))
	p.ctx.Export("list", pulumi.ToArray(p.pick([]any{"a", "b"}, []any{"a", "c", "d"}).([]any)))
	p.ctx.Export("nested", pulumi.ToMap(p.pick(props{"a": props{"b": 1}}, props{"a": props{"b": 2, "c": true}}).(props)))
	p.ctx.Export("secret", pulumi.ToSecret(p.pick("one", "two")))
	if p.after {
		p.ctx.Export("added", pulumi.String("line one\nline two"))
	} else {
		p.ctx.Export("removed", pulumi.String("bye"))
	}
	return p.bucket("assets", props{})
}

func logs(p *program) error {
	log := p.ctx.Log
	// What is printed comes in through other pipes than what is logged.
	time.Sleep(time.Second / 4)
	fmt.Println("printed to standard output")
	time.Sleep(time.Second / 4)
	fmt.Fprintln(os.Stderr, "printed to standard error")
	time.Sleep(time.Second / 4)
	if err := each(
		log.Debug("a debug line", nil),
		log.Info("an information", nil),
		log.Info("an information\nof two lines", nil),
		log.Warn("a warning", nil),
		log.Warn("a warning with `code`, </details>, @everyone and it's\nand a second line", nil),
		p.bucket("assets", props{}),
	); err != nil {
		return err
	}
	var bucket pulumi.CustomResourceState
	if err := p.ctx.RegisterResource("demo:storage:Bucket", "noted", pulumi.Map{"name": pulumi.String("noted")}, &bucket); err != nil {
		return err
	}
	return each(
		log.Warn("a warning about a resource", &pulumi.LogArgs{Resource: &bucket}),
		log.Error("an error that was logged", &pulumi.LogArgs{Resource: &bucket}),
	)
}

func notices(p *program) error {
	for _, level := range []string{"debug", "info", "warning", "error"} {
		if err := p.add("demo:index:Notice", level, props{"level": level, "text": "the provider says " + level + "\nin two lines"}); err != nil {
			return err
		}
	}
	return p.add("demo:storage:Bucket", "invalid", props{"versioned": []any{"not", "a", "boolean"}})
}

func failing(p *program) error {
	if err := p.bucket("assets", props{}); err != nil {
		return err
	}
	return errors.New("the program gives up: no zone called `eu-x`\n  it's not there")
}

// locked waits, so that another run meets the stack's lock.
func locked(*program) error {
	time.Sleep(time.Minute)
	return nil
}

func rename(p *program) error {
	if !p.after {
		return p.bucket("old", props{"name": "assets"})
	}
	return p.bucket("new", props{"name": "assets"}, pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("old")}}), pulumi.IgnoreChanges([]string{"tags"}))
}

func protect(p *program) error {
	if p.after {
		return nil
	}
	return p.bucket("precious", props{}, pulumi.Protect(true))
}

func protectReplaced(p *program) error {
	return p.bucket("precious", props{"region": p.pick("eu-west-1", "eu-central-1")}, pulumi.Protect(true))
}

// waiting stops half-way, so that it is ended from outside. Its preview does not.
func waiting(p *program) error {
	if err := p.bucket("assets", props{}); err != nil {
		return err
	}
	if !p.ctx.DryRun() {
		time.Sleep(time.Minute)
	}
	return p.bucket("logs", props{})
}

// mixed has one of every change.
func mixed(p *program) error {
	if err := each(
		p.bucket("kept", props{}),
		p.bucket("updated", props{"tags": props{"step": p.pick("before", "after")}}),
		p.bucket("moved", props{"region": p.pick("eu-west-1", "eu-central-1")}),
	); err != nil {
		return err
	}
	p.ctx.Export("step", pulumi.String(p.pick("before", "after").(string)))
	if !p.after {
		return p.database("deleted", props{"engine": "postgres", "password": pulumi.ToSecret("x")})
	}
	return p.database("created", props{"engine": "postgres", "password": pulumi.ToSecret("x")})
}

// policed breaks a policy of each kind.
func policed(p *program) error {
	return each(
		p.bucket("assets", props{"tags": props{"owner": "alice"}, "versioned": true}),
		p.bucket("logs", props{"tags": props{"team": "web"}, "versioned": true}),
		p.bucket("uploads", props{}),
		p.database("orders", props{"engine": "postgres", "size": 500, "password": pulumi.ToSecret("x")}),
	)
}

// advised breaks only policies that advise or mend.
func advised(p *program) error {
	return each(
		p.bucket("assets", props{"tags": props{"owner": "alice"}}),
		p.database("orders", props{"engine": "postgres", "size": 500, "password": pulumi.ToSecret("x")}),
	)
}

// read looks up a resource that it does not own, and takes another one over in exchange for its own.
func read(p *program) error {
	files := os.Getenv("FILES")
	if !p.after {
		return p.add("demo:index:File", "notice", props{"path": files + "/notice", "content": "Hello.\n"})
	}
	var motd pulumi.CustomResourceState
	id := pulumi.ID(files + "/motd")
	if err := p.ctx.ReadResource("demo:index:File", "motd", id, pulumi.Map{}, &motd); err != nil {
		return err
	}
	if _, err := internals.UnsafeAwaitOutput(p.ctx.Context(), motd.URN()); err != nil {
		return err
	}
	return p.add("demo:index:File", "notice", props{"path": files + "/motd", "content": "Welcome.\n"}, pulumi.Import(id))
}

func configured(p *program) error {
	config.New(p.ctx, "").Require("zone")
	return nil
}

// slow takes long enough for Pulumi to show that it is still at work.
func slow(p *program) error {
	if err := p.bucket("assets", props{}); err != nil {
		return err
	}
	time.Sleep(45 * time.Second)
	return p.bucket("logs", props{})
}
