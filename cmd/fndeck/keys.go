package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/views"
)

// keysCommand prints the bindings that the console has, from the same table.
func (a *app) keysCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "keys",
		Short:   "Print the console's keys as Markdown",
		Example: "  fndeck keys\n  fndeck keys > keys.md",
		Args:    between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return a.write([]byte(keysPage()))
		},
	}
}

// keysPage is docs/keys.md.
func keysPage() string {
	var page strings.Builder
	page.WriteString("# Keys of the console\n\n" +
		"Written by `fndeck keys` from the bindings of the program. In the console, `?` lists those of the screen you are\n" +
		"on. Forms and questions show their own keys in the foot.\n")
	for _, table := range views.KeyTables() {
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
