package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// The output formats of logs.
const (
	formatPretty = "pretty"
	formatRaw    = "raw"
)

// logFlags are the flags of logs.
type logFlags struct {
	all, follow  bool
	since, grep  string
	tail         int
	call, deploy string
}

func (a *app) logsCommand() *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:   "logs [NAME...]",
		Short: "Print or follow the logs of functions, a call or a deploy",
		Long:  "logs prints the lines of every call of a function, the oldest first. A project of\nCognite keeps a log for each call: there the log of the newest call is printed, and\nNAME --call ID prints another's; -f goes from call to call in any context.",
		Example: `  fndeck logs hello --tail 20
  fndeck logs hello other -f --since 5m
  fndeck logs --all -f --grep 'error|timeout'
  fndeck logs --call 12
  fndeck logs hello --call 12 --context prod
  fndeck logs --deploy 3 -o raw > build.log`,
		ValidArgsFunction: a.completeManyFunctions,
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "logs of every function")
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with new lines as they come")
	flags.StringVar(&f.since, "since", "", "only lines since then: a duration such as 5m, or a time 2026-01-02T15:04:05Z")
	flags.IntVar(&f.tail, "tail", 0, "only the newest N lines, of each function")
	flags.StringVar(&f.grep, "grep", "", "only lines that match the regular expression")
	flags.StringVar(&f.call, "call", "", "log of one call, by id; a project of Cognite wants its function's NAME too")
	flags.StringVar(&f.deploy, "deploy", "", "build output of one deploy, by id")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.logs(cmd, args, f) }
	return cmd
}

func (a *app) logs(cmd *cobra.Command, names []string, f logFlags) error {
	ctx, command := cmd.Context(), cmd.CommandPath()
	format, err := a.format(command, formatPretty, output.JSON, output.JSONL, formatRaw)
	if err != nil {
		return err
	}
	chosen := 0
	// A name and a call go together: some backends find a call by both only.
	for _, given := range []bool{len(names) > 0 && (f.call == "" || len(names) > 1), f.all, f.call != "", f.deploy != ""} {
		if given {
			chosen++
		}
	}
	if chosen != 1 {
		return usagef(command, "logs of what? give function names, --all, --call ID or --deploy ID")
	}
	if f.tail < 0 {
		return usagef(command, "--tail %d: a number of lines is expected", f.tail)
	}
	since, err := a.sinceTime(command, f.since)
	if err != nil {
		return err
	}
	var match *regexp.Regexp
	if f.grep != "" {
		if match, err = regexp.Compile(f.grep); err != nil {
			return usagef(command, "--grep: %s", err)
		}
	}
	printer := &logPrinter{app: a, format: format, match: match, clock: a.clock(), several: f.all || len(names) > 1}
	base := client.LogQuery{CallID: f.call, DeployID: f.deploy, Since: since, Tail: f.tail}
	err = a.with(ctx, func(backend client.Backend) error {
		queries := []client.LogQuery{base}
		if len(names) > 0 {
			queries = nil
		}
		var functions []client.Function
		for _, name := range names {
			fn, err := findFunction(ctx, backend, name)
			if err != nil {
				return err
			}
			query := base
			query.FunctionID = fn.ID
			queries, functions = append(queries, query), append(functions, fn)
		}
		if f.follow {
			return followLogs(ctx, backend, queries, printer.lines)
		}
		err := readLogs(ctx, backend, queries, printer.lines)
		if f.call == "" && len(functions) > 0 && errors.Is(err, client.ErrUnsupported) {
			return a.newestLogs(ctx, backend, functions, base, printer.lines)
		}
		return err
	})
	if errors.Is(err, client.ErrNotFound) && len(names) == 0 {
		kind, id := "call", f.call
		if f.deploy != "" {
			kind, id = "deploy", f.deploy
		}
		return missing(kind, id, nil, "fndeck get "+kind+"s lists them")
	}
	return err
}

// newestLogs prints the log of the newest call of each function, and says which
// call that is: some backends keep no log of a function.
func (a *app) newestLogs(ctx context.Context, backend client.Backend, functions []client.Function, base client.LogQuery, emit func([]client.LogLine) error) error {
	var queries []client.LogQuery
	for _, fn := range functions {
		page, err := backend.Calls(ctx, client.CallQuery{FunctionID: fn.ID, Limit: 1})
		if err != nil {
			return fmt.Errorf("look up the newest call of %s: %w", fn.Name, err)
		}
		if len(page.Calls) == 0 {
			a.note("%s has no calls yet: fndeck call makes one", ui.Clean(fn.Name))
			continue
		}
		c := page.Calls[0]
		a.note("the newest call of %s: %s, %s, %s", ui.Clean(fn.Name), ui.Clean(c.ID), c.Status, a.clock().Time(c.Started))
		query := base
		query.FunctionID, query.CallID = fn.ID, c.ID
		queries = append(queries, query)
	}
	if len(queries) == 0 {
		return nil
	}
	return readLogs(ctx, backend, queries, emit)
}

// sinceTime reads --since, a duration back from now or a time.
func (a *app) sinceTime(command, since string) (time.Time, error) {
	if since == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(since); err == nil && d >= 0 {
		return a.now().Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, since); err == nil {
		return t, nil
	}
	return time.Time{}, usagef(command, "--since %s: a duration such as 5m or a time such as 2026-01-02T15:04:05Z is expected", since)
}

// readLogs hands over the lines that exist now, of all queries in one order. Those
// of one query come page by page, so that a log of any length takes little memory.
func readLogs(ctx context.Context, backend client.Backend, queries []client.LogQuery, emit func([]client.LogLine) error) error {
	reader, err := client.As[client.LogReader](backend, client.CanReadLogs)
	if err != nil {
		return err
	}
	if len(queries) == 1 {
		return readPages(ctx, reader, queries[0], emit)
	}
	var all []client.LogLine
	for _, query := range queries {
		err := readPages(ctx, reader, query, func(page []client.LogLine) error {
			all = append(all, page...)
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(all, func(x, y client.LogLine) int {
		if x.Position != 0 && y.Position != 0 {
			return cmp.Compare(x.Position, y.Position)
		}
		return x.Time.Compare(y.Time)
	})
	return emit(all)
}

// readPages hands over the pages of one query.
func readPages(ctx context.Context, reader client.LogReader, query client.LogQuery, emit func([]client.LogLine) error) error {
	for {
		page, err := reader.Logs(ctx, query)
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := emit(page); err != nil {
			return err
		}
		// A backend without positions has no further pages, and a tail is one.
		if len(page) == 0 || query.Tail > 0 || page[len(page)-1].Position <= query.After {
			return nil
		}
		query.After = page[len(page)-1].Position
	}
}

// followLogs follows every query at once until all have ended.
func followLogs(ctx context.Context, backend client.Backend, queries []client.LogQuery, emit func([]client.LogLine) error) error {
	follower, err := client.As[client.LogFollower](backend, client.CanFollowLogs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := make(chan error, len(queries))
	for _, query := range queries {
		go func() { ends <- follower.FollowLogs(ctx, query, emit) }()
	}
	var first error
	for range queries {
		// The first that fails ends the others: its reader may have gone away.
		if err := <-ends; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	return first
}

// logPrinter writes log lines. Several followers share one.
type logPrinter struct {
	mu      sync.Mutex
	app     *app
	format  string
	match   *regexp.Regexp // nil prints every line
	clock   output.Clock
	several bool
}

func (p *logPrinter) lines(lines []client.LogLine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out bytes.Buffer
	for _, line := range lines {
		if p.match != nil && !p.match.MatchString(line.Text) {
			continue
		}
		if err := p.line(&out, line); err != nil {
			return err
		}
	}
	return p.app.write(out.Bytes())
}

func (p *logPrinter) line(out *bytes.Buffer, line client.LogLine) error {
	switch p.format {
	case output.JSON, output.JSONL:
		text, err := json.Marshal(line)
		if err != nil {
			return fmt.Errorf("print a log line: %w", err)
		}
		out.Write(output.Inert(text))
	case formatRaw:
		// The bytes as they came are for files and pipes; a terminal would obey them.
		if p.app.outTerminal {
			out.WriteString(ui.Clean(line.Text))
		} else {
			out.WriteString(line.Text)
		}
	default:
		if !line.Time.IsZero() {
			out.WriteString(p.clock.Exact(line.Time) + "  ")
		}
		if p.several && line.FunctionName != "" {
			out.WriteString(ui.Clean(line.FunctionName) + "  ")
		}
		out.WriteString(ui.Clean(line.Text))
	}
	out.WriteByte('\n')
	return nil
}
