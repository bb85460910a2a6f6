package hostdagger

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"iac/internal/bindings"
)

const commandsHelp = `Calls the functions of a Dagger module on this host, without an engine.

USAGE
  ` + program + ` [-m PATH] <command>

COMMANDS
  call         Call functions of the module, each on what the one before it gave
  functions    List the functions of the module
  run COMMAND  Run a program that speaks to the engine, such as a client of dagger.io/dagger
  develop      Write the generated code into the module's source, for editors
  stage DIR    Copy the source and the generated code into a folder, for linters

`

func printCommands(w io.Writer) error {
	_, err := io.WriteString(w, commandsHelp+optionsHelp())
	return err
}

func optionsHelp() string {
	set := newFlags()
	(&options{module: "."}).addTo(set)
	return "OPTIONS\n" + set.FlagUsages()
}

// printFunctions lists functions with the first line of their comments.
func printFunctions(w io.Writer, links []*link) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, "Name\tDescription")
	for _, l := range links {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", l.name(), firstLine(l.doc()))
	}
	return table.Flush()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if line == "" {
		return "-"
	}
	return line
}

// printHelp shows what the last function of a chain does and takes, and what can be called on what it
// gives.
func printHelp(w io.Writer, m *bindings.Module, r *reader) error {
	var out strings.Builder
	last := r.last()
	doc := last.doc()
	if len(r.links) == 1 {
		doc = m.Doc
	}
	if doc != "" {
		out.WriteString(doc + "\n\n")
	}
	next := functionsOf(m, last.result())
	out.WriteString("USAGE\n  " + program + " " + strings.Join(r.path, " "))
	args := last.arguments()
	if len(args) > 0 {
		out.WriteString(" [arguments]")
	}
	if len(next) > 0 {
		out.WriteString(" <function>")
	}
	out.WriteString("\n")
	if len(next) > 0 {
		out.WriteString("\nFUNCTIONS\n")
		table := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
		for _, l := range next {
			_, _ = fmt.Fprintf(table, "  %s\t%s\n", l.name(), firstLine(l.doc()))
		}
		_ = table.Flush()
	}
	if len(args) > 0 {
		out.WriteString("\nARGUMENTS\n" + flagsOf(last.function).FlagUsagesWrapped(120))
	}
	_, err := io.WriteString(w, out.String()+"\n"+optionsHelp())
	return err
}

func (l *link) arguments() []*bindings.Argument {
	if l.function == nil {
		return nil
	}
	return l.function.Args
}

// argumentText is the comment of an argument. Quotes would mean something to pflag.
func argumentText(a *bindings.Argument) string {
	text := strings.ReplaceAll(a.Doc, "`", "'")
	note := ""
	switch {
	case a.Required():
		note = "[required]"
	case a.DefaultPath != "":
		note = fmt.Sprintf("(default: %q)", a.DefaultPath)
	case a.Default != nil:
		note = fmt.Sprintf("(default: %s)", a.Default)
	}
	return strings.TrimSpace(text + " " + note)
}
