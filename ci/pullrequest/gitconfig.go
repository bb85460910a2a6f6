package pullrequest

import (
	"errors"
	"fmt"
	"strings"
)

// FromGitConfig returns the repository that the text of a .git/config names:
// that of the remote origin or, without one, of the only remote. It is an error
// if there is none or more than one, if its URL is not a repository on GitHub,
// or if the text is not what git reads. No error repeats a password.
func FromGitConfig(config string) (Repository, error) {
	remotes, err := parseRemotes(config)
	if err != nil {
		return Repository{}, err
	}
	remote, err := chooseRemote(remotes)
	if err != nil {
		return Repository{}, err
	}
	repository, err := ParseRepository(remote.url)
	if err != nil {
		return Repository{}, fmt.Errorf("the remote %s in .git/config: %w", Shown(remote.name), err)
	}
	return repository, nil
}

// remote is a remote of a git configuration with the first of its URLs, the
// one that git fetches from.
type remote struct{ name, url string }

func chooseRemote(remotes []remote) (remote, error) {
	var names []string
	for _, r := range remotes {
		if r.name == "origin" {
			return r, nil
		}
		names = append(names, Shown(r.name))
	}
	switch len(remotes) {
	case 0:
		return remote{}, errors.New("there is no remote in .git/config")
	case 1:
		return remotes[0], nil
	}
	return remote{}, fmt.Errorf("none of the remotes in .git/config is called origin: %s", strings.Join(names, ", "))
}

func parseRemotes(config string) ([]remote, error) {
	var remotes []remote
	seen := map[string]bool{}
	p := &configParser{text: strings.ReplaceAll(strings.TrimPrefix(config, "\ufeff"), "\r\n", "\n")}
	for {
		p.skipBlank()
		switch {
		case p.text == "":
			return remotes, nil
		case p.text[0] == '[':
			if !p.section() {
				return nil, p.broken()
			}
		default:
			key, value, ok := p.variable()
			if !ok {
				return nil, p.broken()
			}
			if p.inRemote && key == "url" && strings.TrimSpace(value) != "" && !seen[p.remote] {
				seen[p.remote] = true
				remotes = append(remotes, remote{name: p.remote, url: value})
			}
		}
	}
}

// configParser reads git's configuration format from the front of text.
type configParser struct {
	text     string
	line     int
	inRemote bool
	remote   string // the remote whose section this is
}

func (p *configParser) broken() error {
	return fmt.Errorf("line %d of .git/config is not what git reads", p.line+1)
}

// skipBlank drops white space, line ends and comments.
func (p *configParser) skipBlank() {
	for p.text != "" {
		switch p.text[0] {
		case '\n':
			p.line++
			p.text = p.text[1:]
		case ' ', '\t':
			p.text = p.text[1:]
		case '#', ';':
			p.skipComment()
		default:
			return
		}
	}
}

// skipComment drops the rest of the line, but not its end.
func (p *configParser) skipComment() {
	end := strings.IndexByte(p.text, '\n')
	if end < 0 {
		end = len(p.text)
	}
	p.text = p.text[end:]
}

// section reads [name], [name "subsection"] or the old [name.subsection].
func (p *configParser) section() bool {
	header := p.text[1:]
	end := strings.IndexFunc(header, func(r rune) bool { return !isSectionRune(r) })
	if end <= 0 {
		return false
	}
	name, rest := strings.ToLower(header[:end]), header[end:]
	name, subsection, hasSubsection := strings.Cut(name, ".")
	if quoted := strings.TrimLeft(rest, " \t"); strings.HasPrefix(quoted, `"`) && !hasSubsection {
		var ok bool
		if subsection, rest, ok = unquoteSubsection(quoted[1:]); !ok {
			return false
		}
		hasSubsection = true
	}
	if !strings.HasPrefix(rest, "]") {
		return false
	}
	p.text = rest[1:]
	p.inRemote, p.remote = name == "remote" && hasSubsection, subsection
	return true
}

func isSectionRune(r rune) bool {
	return isKeyRune(r) || r == '.'
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'
}

// unquoteSubsection reads up to the closing quote. A backslash stands for the
// character after it.
func unquoteSubsection(text string) (subsection, rest string, ok bool) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			return "", "", false
		case '"':
			return out.String(), text[i+1:], true
		case '\\':
			i++
			if i == len(text) || text[i] == '\n' {
				return "", "", false
			}
		}
		out.WriteByte(text[i])
	}
	return "", "", false
}

// variable reads "key = value", or a key alone.
func (p *configParser) variable() (key, value string, ok bool) {
	end := strings.IndexFunc(p.text, func(r rune) bool { return !isKeyRune(r) })
	if end < 0 {
		end = len(p.text)
	}
	key = strings.ToLower(p.text[:end])
	p.text = strings.TrimLeft(p.text[end:], " \t")
	switch {
	case key == "":
		return "", "", false
	case strings.HasPrefix(p.text, "="):
		p.text = p.text[1:]
		value, ok = p.value()
		return key, value, ok
	}
	return key, "", p.text == "" || strings.ContainsRune("\n#;", rune(p.text[0]))
}

// value reads up to the end of the line, with quotes, escapes, comments and
// lines that a backslash continues. Blanks at its ends are left to
// ParseRepository.
func (p *configParser) value() (string, bool) {
	var out strings.Builder
	quoted := false
	for p.text != "" {
		c := p.text[0]
		switch {
		case c == '\n' && quoted:
			return "", false
		case c == '\n':
			return out.String(), true
		case !quoted && (c == '#' || c == ';'):
			p.skipComment()
			continue
		case c == '"':
			quoted = !quoted
		case c == '\\':
			if !p.escape(&out) {
				return "", false
			}
			continue
		default:
			out.WriteByte(c)
		}
		p.text = p.text[1:]
	}
	return out.String(), !quoted
}

// escape reads a backslash and what follows it.
func (p *configParser) escape(out *strings.Builder) bool {
	if len(p.text) < 2 {
		return false
	}
	switch c := p.text[1]; c {
	case '\n':
		p.line++
	case 'n':
		out.WriteByte('\n')
	case 't':
		out.WriteByte('\t')
	case 'b':
		out.WriteByte('\b')
	case '"', '\\':
		out.WriteByte(c)
	default:
		return false
	}
	p.text = p.text[2:]
	return true
}
