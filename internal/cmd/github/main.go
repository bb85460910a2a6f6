// Command github shows what the stand-in for GitHub holds: as a picture, or in a browser.
//
//	github picture -state FILE -repo OWNER/NAME -pull N -out FILE.png
//	github serve -repo OWNER/NAME -pull N [-state FILE] [-title TEXT] [-host ghe.example.com]
//	github authority FOLDER
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"iac/internal/githubapi"
	"iac/internal/picture"
)

const usage = `usage:
  github picture -state FILE -repo OWNER/NAME -pull N -out FILE.png
      photographs the page of a pull request whose comments are in the state file
  github serve -repo OWNER/NAME -pull N [-state FILE] [-title TEXT] [-host ghe.example.com]
      shows the page in a browser and takes comments from gh, until it is interrupted
  github authority FOLDER
      makes ca.pem, which those have to trust who are to take a stand-in for GitHub, and its key ca.key
A repository on an Enterprise Server is HOST/OWNER/NAME.
`

// token is good for the stand-in of serve only.
const token = "token-for-the-stand-in"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "github:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	verb := ""
	if len(arguments) > 0 {
		verb, arguments = arguments[0], arguments[1:]
	}
	switch verb {
	case "picture":
		return photograph(ctx, arguments, stdout, stderr)
	case "serve":
		return serve(ctx, arguments, stdout, stderr)
	case "authority":
		return makeAuthority(arguments)
	case "-h", "--help", "help":
		_, err := io.WriteString(stdout, usage)
		return err
	}
	return fmt.Errorf("there is no verb %q: it is picture, serve or authority", verb)
}

// options are the flags of both verbs.
type options struct {
	state, repo, title, host, out string
	pull                          int
}

// newFlags gives the flags that both verbs take.
func newFlags(verb string, o *options, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { _, _ = io.WriteString(stderr, usage) }
	flags.StringVar(&o.state, "state", "", "")
	flags.StringVar(&o.repo, "repo", "", "")
	flags.IntVar(&o.pull, "pull", 0, "")
	return flags
}

// parse reads the flags and checks what both verbs need.
func (o *options) parse(flags *flag.FlagSet, arguments []string) error {
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is one argument too many", flags.Arg(0))
	}
	if n := strings.Count(o.repo, "/"); n != 1 && n != 2 {
		return fmt.Errorf("-repo is [HOST/]OWNER/NAME, not %q", o.repo)
	}
	if o.pull < 1 {
		return fmt.Errorf("-pull is the number of a pull request, not %d", o.pull)
	}
	return nil
}

func photograph(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	var o options
	flags := newFlags("picture", &o, stderr)
	flags.StringVar(&o.out, "out", "", "")
	if err := o.parse(flags, arguments); err != nil {
		return err
	}
	if o.state == "" || o.out == "" {
		return errors.New("picture needs -state, the file with the comments, and -out, the file for the picture")
	}
	if _, err := os.Stat(o.state); err != nil {
		return err
	}
	server, err := githubapi.Start(githubapi.Options{State: o.state})
	if err != nil {
		return err
	}
	page, err := server.Page(o.repo, o.pull)
	if err := errors.Join(err, server.Close()); err != nil {
		return err
	}
	if err := picture.Photograph(ctx, page, o.out); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, o.out)
	return err
}

func makeAuthority(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("authority takes one folder, not %q", arguments)
	}
	authority, err := githubapi.NewAuthority()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(arguments[0], 0o700); err != nil {
		return err
	}
	return authority.Write(arguments[0])
}

func serve(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	var o options
	flags := newFlags("serve", &o, stderr)
	flags.StringVar(&o.title, "title", "A pull request", "")
	flags.StringVar(&o.host, "host", "", "")
	if err := o.parse(flags, arguments); err != nil {
		return err
	}
	settings := githubapi.Options{State: o.state, Log: stderr}
	if o.host != "" {
		settings.Hosts = []string{o.host}
	}
	server, err := githubapi.Start(settings)
	if err != nil {
		return err
	}
	for _, host := range append(settings.Hosts, "") {
		server.AddUser(githubapi.User{Token: token, Login: "github-actions[bot]", Host: host})
	}
	server.AddPullRequest(o.repo, o.pull, o.title)

	variables := append(server.Env(), "GH_TOKEN="+token, "GH_ENTERPRISE_TOKEN="+token)
	_, err = fmt.Fprintf(stdout, "The pull request: %s\nFor gh:\nexport %s\n",
		server.PageURL(o.repo, o.pull), strings.Join(variables, "\nexport "))
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, server.Close())
}
