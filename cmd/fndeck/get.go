package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/several"
	"fndeck/cmd/output"
	"fndeck/ui"
	"fndeck/ui/near"
	"fndeck/views/standing"
)

// scope narrows what a listing shows.
type scope struct {
	function *client.Function
	// id asks for one thing.
	id string
	// limit is how many rows are printed, 0 for all.
	limit int
}

// wanted is how many rows are to be read: one more than is printed tells
// whether there are more.
func (s scope) wanted() int {
	if s.limit == 0 || s.limit == math.MaxInt {
		return math.MaxInt
	}
	return s.limit + 1
}

// listing is one kind of thing that get prints.
type listing struct {
	kind    string
	aliases []string
	header  []string
	wide    []string
	// events are the kinds of push that may change it.
	events []string
	empty  string
	// limit is how many rows stand in the list unless --limit or --all is given,
	// 0 for all.
	limit int
	fetch func(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error)
}

// listings are the kinds, in the order of the help.
func listings() []listing {
	return []listing{functionsListing, callsListing, schedulesListing, versionsListing, deploysListing}
}

// contextsKind is listed without asking any of the contexts, unlike the others.
const contextsKind = "contexts"

// getFlags are the flags of get and of the ls commands.
type getFlags struct {
	function   string
	watch, all bool
	limit      int
}

// list adds the flags of a command that lists; limited says how many rows it prints
// unless it is told.
func (f *getFlags) list(a *app, cmd *cobra.Command, scoped bool, limited string) {
	f.show(a, cmd, scoped)
	flags := cmd.Flags()
	flags.IntVar(&f.limit, "limit", 0, "at most this many (default "+limited+")")
	flags.BoolVar(&f.all, "all", false, "all of them, however many")
}

// show adds the flags of a command that shows one thing.
func (f *getFlags) show(a *app, cmd *cobra.Command, scoped bool) {
	if scoped {
		cmd.Flags().StringVar(&f.function, "function", "", "only those of this function")
		a.completeFlag(cmd, "function", a.completeManyFunctions)
	}
	cmd.Flags().BoolVar(&f.watch, "watch", false, "go on with each change")
}

// rows returns how many rows of a listing are printed, 0 for all.
func (f getFlags) rows(cmd *cobra.Command, l listing) (int, error) {
	given := cmd.Flags().Changed("limit")
	switch {
	case given && f.all:
		return 0, usagef(cmd.CommandPath(), "--limit and --all exclude each other")
	case given && f.limit < 1:
		return 0, usagef(cmd.CommandPath(), "--limit %d: 1 or more is expected", f.limit)
	case given:
		return f.limit, nil
	case f.all:
		return 0, nil
	}
	return l.limit, nil
}

func (a *app) getCommand() *cobra.Command {
	var f getFlags
	var kinds []string
	for _, l := range listings() {
		kinds = append(kinds, l.kind)
	}
	kinds = append(kinds, contextsKind)
	cmd := &cobra.Command{
		Use:   "get " + strings.Join(kinds, "|") + " [ID]",
		Short: "List things, or show one",
		Example: `  fndeck get functions
  fndeck get functions hello -o json
  fndeck get calls --function hello --limit 500 -o wide
  fndeck get versions --function hello
  fndeck get deploys --watch -o jsonl
  fndeck get functions --context prod,local
  fndeck get contexts`,
		Args: between(1, 2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			switch {
			case len(args) == 0:
				return kinds, cobra.ShellCompDirectiveNoFileComp
			case args[0] == functionsListing.kind:
				return a.completeManyFunctions(cmd, args, typed)
			case args[0] == schedulesListing.kind:
				return a.completeSchedules(cmd, args, typed)
			case args[0] == contextsKind:
				return a.completeContexts(cmd, args[1:], typed)
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.list(a, cmd, true, "100 of calls and deploys, the newest; of others all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if slices.Contains([]string{contextsKind, "context", "ctx"}, args[0]) {
			if f != (getFlags{}) {
				return usagef(cmd.CommandPath(), "contexts are listed whole and once: they take no --function, --watch, --limit or --all")
			}
			return a.printContexts(cmd, args[1:])
		}
		for _, l := range listings() {
			if args[0] != l.kind && !slices.Contains(l.aliases, args[0]) {
				continue
			}
			id := ""
			if len(args) > 1 {
				id = args[1]
			}
			return a.get(cmd, l, id, f)
		}
		hint := "known are " + strings.Join(kinds, ", ")
		if meant := near.Word(args[0], kinds); meant != "" {
			hint = "did you mean " + meant + "?"
		}
		return &client.Error{Code: client.CodeInvalid, Message: "get " + args[0] + ": no such kind", Hint: hint}
	}
	return cmd
}

// get prints a listing, or the one thing with this id.
func (a *app) get(cmd *cobra.Command, l listing, id string, f getFlags) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	limit, err := f.rows(cmd, l)
	if err != nil {
		return err
	}
	patience := asLongAsItTakes
	if f.watch {
		patience = several.Patience
	}
	return a.withLists(ctx, patience, func(backend client.Backend) error {
		s := scope{id: id, limit: limit}
		if _, side := backend.(client.Holder); side {
			l = l.withContext()
		}
		if f.function != "" {
			fn, err := findFunction(ctx, backend, f.function)
			if err != nil {
				return err
			}
			s.function = &fn
		}
		if f.watch {
			return a.watch(ctx, backend, l, s, format)
		}
		rows, err := l.fetch(ctx, a, backend, s)
		if err != nil {
			return err
		}
		rows, more := s.cut(rows)
		out := sheet{Header: l.header, Wide: l.wide, Rows: rows, One: id != "", Empty: l.empty}
		if err := a.print(out, format); err != nil || !more {
			return err
		}
		a.note("%d shown, more: --limit or --all", len(rows))
		return nil
	})
}

// withContext is the listing with a column for the context of each row, whose ids begin
// with it.
func (l listing) withContext() listing {
	const place = 1 // behind what the row is
	fetch := l.fetch
	l.header = slices.Insert(slices.Clone(l.header), place, "CONTEXT")
	l.fetch = func(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
		rows, err := fetch(ctx, a, backend, s)
		for i := range rows {
			rows[i].Cells = slices.Insert(rows[i].Cells, place, several.ContextOf(rows[i].Key))
		}
		return rows, err
	}
	return l
}

// cut returns the rows within the limit, and whether there are more.
func (s scope) cut(rows []row) (within []row, more bool) {
	if s.limit == 0 || len(rows) <= s.limit {
		return rows, false
	}
	return rows[:s.limit], true
}

// watch prints a listing, then each row that is new or has changed, until ctx
// ends, and tells when a row has gone.
func (a *app) watch(ctx context.Context, backend client.Backend, l listing, s scope, format string) error {
	switch format {
	case output.JSON:
		// A stream has no closing bracket to wait for.
		format = output.JSONL
	case output.YAML:
		return usagef("fndeck get", "--watch prints table, wide, name or jsonl")
	}
	shown := map[string][]byte{}
	printer, first := a.printer(), true
	var stands standing.Watch
	return action.EachChange(ctx, backend, l.events, func(ctx context.Context) (bool, error) {
		rows, err := l.fetch(ctx, a, backend, s)
		if err != nil {
			return false, err
		}
		failed, back := stands.Take(backend)
		for _, one := range failed {
			a.note("%s fails, its rows are those read last: %s", one.Context, ui.Clean(client.Explain(one.Err).Sentence))
		}
		if len(back) > 0 {
			a.note("%s answers again", strings.Join(back, ", "))
		}
		rows, _ = s.cut(rows)
		changed, err := a.compare(shown, rows)
		if err != nil {
			return false, err
		}
		out := sheet{Header: l.header, Wide: l.wide, Rows: changed}
		if first {
			out.Empty = l.empty
		}
		if err := printer.Print(out, format); err != nil {
			return false, err
		}
		// The header stands above the first rows only.
		printer.NoHeaders = printer.NoHeaders || len(changed) > 0
		first = false
		return false, nil
	})
}

// compare returns the rows that are not as they were shown and remembers them.
func (a *app) compare(shown map[string][]byte, rows []row) ([]row, error) {
	var changed []row
	now := make(map[string]bool, len(rows))
	for _, r := range rows {
		text, err := json.Marshal(r.Value)
		if err != nil {
			return nil, fmt.Errorf("print the answer: %w", err)
		}
		now[r.Key] = true
		if !bytes.Equal(shown[r.Key], text) {
			changed = append(changed, r)
		}
		shown[r.Key] = text
	}
	for key := range shown {
		if !now[key] {
			delete(shown, key)
			if err := a.gone(key); err != nil {
				return nil, err
			}
		}
	}
	return changed, nil
}

// gone tells that a row is no more: in a stream of JSON as a line of its own.
func (a *app) gone(key string) error {
	if a.jsonMode {
		line := sheet{Rows: []row{{Value: map[string]string{"gone": key}}}}
		return a.print(line, output.JSONL)
	}
	a.note("gone: %s", ui.Clean(key))
	return nil
}
