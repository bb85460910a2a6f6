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
  develop      Write the generated code into the module's source, for editors
  stage DIR    Copy the source and the generated code into a folder, for linters

OPTIONS
` + optionsHelp

const optionsHelp = `  -m, --mod string        Folder of the module, or one below it (default: the working folder)
  -o, --output string     Save the result to a file, or a folder
  -s, --silent            Show no progress
      --progress string   Taken for the sake of dagger; progress is always plain lines
  -h, --help              Show this help
`

func printCommands(w io.Writer) error {
	_, err := io.WriteString(w, commandsHelp)
	return err
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
		out.WriteString("\nARGUMENTS\n")
		writeArguments(&out, args)
	}
	out.WriteString("\nOPTIONS\n" + optionsHelp)
	_, err := io.WriteString(w, out.String())
	return err
}

func (l *link) arguments() []*bindings.Argument {
	if l.function == nil {
		return nil
	}
	return l.function.Args
}

// writeArguments writes the required arguments first, each with the whole of its comment.
func writeArguments(out *strings.Builder, args []*bindings.Argument) {
	width := 0
	for _, a := range args {
		width = max(width, len(flagText(a)))
	}
	for _, required := range []bool{true, false} {
		for _, a := range args {
			if a.Required() == required {
				fmt.Fprintf(out, "  %-*s   %s\n", width, flagText(a), indented(argumentText(a), width+5))
			}
		}
	}
}

// flagText is a flag and the type of its value; a bool stands alone, as it takes none.
func flagText(a *bindings.Argument) string {
	if a.Type.Kind == bindings.Bool {
		return "--" + bindings.KebabName(a.Name)
	}
	return "--" + bindings.KebabName(a.Name) + " " + a.Type.String()
}

func argumentText(a *bindings.Argument) string {
	text := a.Doc
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

// indented wraps text at 80 letters and puts spaces before every line but the first.
func indented(text string, indent int) string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && len(line)+1+len(word) > 80 {
				lines = append(lines, line)
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// distance is the number of letters to add, leave out or change that makes one word the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
