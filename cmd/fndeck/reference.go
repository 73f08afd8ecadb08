package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fndeck/client"
	"fndeck/cmd/config"
	"fndeck/cmd/output"
	"fndeck/ui"
	"fndeck/views/keys"
)

// keysCommand prints the bindings that the console has, from the same table.
func (a *app) keysCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "keys",
		Short:   "Print the console's keys as Markdown",
		Example: "  fndeck keys\n  fndeck keys > keys.md",
		Args:    between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			bound, problems := a.boundKeys(c)
			for _, problem := range problems {
				a.note("warning: %s", ui.Clean(problem.Error()))
			}
			return a.write([]byte(keysPage(bound)))
		},
	}
}

// boundKeys is the keymap of a configuration, and each wish that it could not
// meet, with its place in the file.
func (a *app) boundKeys(c *config.Config) (ui.Keymap, []error) {
	bound, problems := keys.Build(keys.Config{Profile: c.Keys.Profile, Bound: c.Keys.Bound})
	var errs []error
	for _, p := range problems {
		errs = append(errs, client.Invalidf("%s: %s", c.Keys.Places[p.ID], p.Message))
	}
	return bound, errs
}

// keysPage is docs/keys.md, for the default keymap.
func keysPage(bound ui.Keymap) string {
	var page strings.Builder
	page.WriteString("# Keys of the console\n\n" +
		"Written by `fndeck keys` from the bindings of the program. In the console, `?` lists those of the screen you are\n" +
		"on. Forms and questions show their own keys in the foot.\n")
	for _, table := range keys.Tables(bound) {
		fmt.Fprintf(&page, "\n## %s\n\n| key | does | action |\n|---|---|---|\n", table.Title)
		for _, row := range table.Rows {
			fmt.Fprintf(&page, "| %s | %s | %s |\n", codeSpans(row.Keys), markdownCell(row.Help), codeSpans([]string{row.Action}))
		}
	}
	return page.String()
}

// codeSpans makes a text for a cell of a table from what is not prose.
func codeSpans(texts []string) string {
	spans := make([]string, len(texts))
	for i, text := range texts {
		spans[i] = "`" + markdownCell(text) + "`"
	}
	return strings.Join(spans, " ")
}

// markdownCell keeps a text inside its cell.
func markdownCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "Print the manual page",
		Example: "  fndeck man | man -l -\n  fndeck man > ~/.local/share/man/man1/fndeck.1",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.write([]byte(manual(cmd.Root())))
		},
	}
}

// manual writes the whole command tree as one page in roff.
func manual(root *cobra.Command) string {
	var m roff
	m.line(".TH FNDECK 1 \"\" \"fndeck %s\" \"User Commands\"", escapeRoff(version))
	m.section("NAME")
	m.text("fndeck - " + root.Short)
	m.section("SYNOPSIS")
	m.text("fndeck [COMMAND] [FLAGS]")
	m.section("DESCRIPTION")
	m.text(root.Long)
	m.section("COMMANDS")
	m.commands(root)
	m.section("GLOBAL FLAGS")
	m.flags(root.PersistentFlags())
	m.section("EXIT STATUS")
	for _, e := range exitMeanings {
		m.item(e.code, e.meaning)
	}
	m.section("ENVIRONMENT")
	m.item("FNDECK_<FLAG>", "the value of a flag that is not given, such as FNDECK_OUTPUT=json")
	m.item("FNDECK_INDEX_URL, FNDECK_EXTRA_INDEX_URLS", "package indexes, also with passwords")
	m.item("FNDECK_CONFIG_DIR", "directory of config.yaml")
	m.item("NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "colours off, off with 0, on")
	m.section("FILES")
	m.item("$XDG_CONFIG_HOME/fndeck/config.yaml", "configuration; keys: "+strings.Join(config.Keys(), ", "))
	m.item("$XDG_STATE_HOME/fndeck", "state of the local engine")
	return m.String()
}

// roff builds a page.
type roff struct{ strings.Builder }

func (m *roff) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

func (m *roff) section(title string) { m.line(".SH %s", escapeRoff(title)) }

// text writes a paragraph.
func (m *roff) text(s string) {
	m.line(".PP")
	for _, line := range strings.Split(s, "\n") {
		m.line("%s", escapeRoff(line))
	}
}

// item writes a term with its explanation.
func (m *roff) item(term, meaning string) {
	m.line(".TP\n.B %s\n%s", escapeRoff(term), escapeRoff(meaning))
}

func (m *roff) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		term := "--" + f.Name
		if f.Shorthand != "" {
			term = "-" + f.Shorthand + ", " + term
		}
		m.item(term, f.Usage)
	})
}

// commands writes every command below parent, groups before their members.
func (m *roff) commands(parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		m.line(".SS %s", escapeRoff(cmd.UseLine()))
		text := cmd.Long
		if text == "" {
			text = cmd.Short
		}
		m.text(text)
		m.flags(cmd.LocalNonPersistentFlags())
		if cmd.Example != "" {
			m.line(".PP\n.nf")
			for _, line := range strings.Split(cmd.Example, "\n") {
				m.line("%s", escapeRoff(line))
			}
			m.line(".fi")
		}
		m.commands(cmd)
	}
}

// escapeRoff makes a line of text inert: a backslash, a dash that is to stay
// one, and a dot or quote that would begin a request.
func escapeRoff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// versionObject is what version prints for machines.
type versionObject struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisVersion() versionObject {
	return versionObject{version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
}

// versionLine is what version and --version print for people.
func versionLine() string {
	v := thisVersion()
	return fmt.Sprintf("fndeck %s (%s, %s)\n", v.Version, v.Go, v.Platform)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  fndeck version\n  fndeck version -o json",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.format(cmd.CommandPath())
			if err != nil {
				return err
			}
			v := thisVersion()
			if format == output.Table || format == output.Wide {
				return a.write([]byte(versionLine()))
			}
			return a.print(sheet{One: true, Rows: []row{{Name: v.Version, Value: v}}}, format)
		},
	}
}
