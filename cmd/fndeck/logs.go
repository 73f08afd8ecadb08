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
	"fndeck/client/several"
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
	named := len(names) > 0 && (len(names) > 1 || f.call == "") // Some backends find a call by its function and its id only.
	for _, given := range []bool{named, f.all, f.call != "", f.deploy != ""} {
		if given {
			chosen++
		}
	}
	if chosen != 1 {
		return usagef(command, "logs of what? give function names, --all, --call ID with one name or none, or --deploy ID")
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
	err = a.withLists(ctx, asLongAsItTakes, func(backend client.Backend) error {
		all, err := logSources(ctx, backend, names, base)
		if err != nil {
			return err
		}
		printer.several = printer.several || all.side
		if f.follow {
			return followLogs(ctx, all, printer.lines, func(err error) { a.note("%s", ui.Clean(client.Explain(err).Sentence)) })
		}
		err = readLogs(ctx, all, printer.lines)
		if f.call != "" || len(names) == 0 || !errors.Is(err, client.ErrUnsupported) {
			return err
		}
		if all, err = a.newest(ctx, all); err != nil || len(all.all) == 0 {
			return err
		}
		return readLogs(ctx, all, printer.lines)
	})
	if f.all && !f.follow && errors.Is(err, client.ErrUnsupported) {
		return &client.Error{
			Code: client.CodeUnsupported, Message: "this context keeps a log for each call: there is no log of all functions to print", Err: err,
			Hint: "fndeck logs NAME prints the newest call's, fndeck logs --all -f those of the calls to come",
		}
	}
	if errors.Is(err, client.ErrNotFound) && len(names) == 0 {
		kind, id := "call", f.call
		if f.deploy != "" {
			kind, id = "deploy", f.deploy
		}
		return missing(kind, id, nil, "fndeck get "+kind+"s lists them")
	}
	return err
}

// logSource is a query and the backend that answers it; name is that of the function
// that it is about, "" where it is about none.
type logSource struct {
	backend client.Backend
	query   client.LogQuery
	name    string
}

// sources are what logs are read from. Of contexts side by side one that fails keeps no
// other from being read: their backend tells how each stands.
type sources struct {
	all  []logSource
	side bool
}

// logSources are the functions of these names, in every context that has one, or what
// base is about by itself.
func logSources(ctx context.Context, backend client.Backend, names []string, base client.LogQuery) (sources, error) {
	backends, found := []client.Backend{backend}, sources{}
	if side, ok := backend.(*several.Backend); ok {
		found.side = true
		backends = []client.Backend{client.Holding(side, cmp.Or(base.CallID, base.DeployID))}
		if base.CallID == "" && base.DeployID == "" {
			backends = side.Apart()
		}
	}
	if len(names) == 0 {
		for _, one := range backends {
			found.all = append(found.all, logSource{backend: one, query: base})
		}
	}
	for _, name := range names {
		before, unknown := len(found.all), error(nil)
		for _, one := range backends {
			fn, err := findFunction(ctx, one, name)
			if found.side && err != nil && client.Explain(err).Code != client.CodeConflict {
				unknown = err
				continue
			}
			if err != nil {
				return found, err
			}
			query := base
			query.FunctionID = fn.ID
			found.all = append(found.all, logSource{backend: one, query: query, name: fn.Name})
		}
		if len(found.all) == before && unknown != nil {
			return found, unknown
		}
	}
	return found, nil
}

// newest are the logs of the newest call of each function that is asked about, for
// backends that keep no log of a function. It says which calls those are.
func (a *app) newest(ctx context.Context, functions sources) (sources, error) {
	calls := sources{side: functions.side}
	for _, source := range functions.all {
		page, err := source.backend.Calls(ctx, client.CallQuery{FunctionID: source.query.FunctionID, Limit: 1})
		if err != nil {
			return calls, fmt.Errorf("look up the newest call of %s: %w", source.name, err)
		}
		if len(page.Calls) == 0 {
			a.note("%s has no calls yet: fndeck call makes one", ui.Clean(source.name))
			continue
		}
		c := page.Calls[0]
		a.note("the newest call of %s: %s, %s, %s", ui.Clean(source.name), ui.Clean(c.ID), c.Status, a.clock().Time(c.Started))
		source.query.CallID = c.ID
		calls.all = append(calls.all, source)
	}
	return calls, nil
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

// readLogs hands over the lines that exist now, of all sources in one order. Those
// of one source come page by page, so that a log of any length takes little memory.
func readLogs(ctx context.Context, from sources, emit func([]client.LogLine) error) error {
	if len(from.all) == 1 {
		return readPages(ctx, from.all[0], emit)
	}
	var all []client.LogLine
	var failed []error
	for _, source := range from.all {
		err := readPages(ctx, source, func(page []client.LogLine) error {
			all = append(all, page...)
			return nil
		})
		switch {
		case err == nil:
		case from.side:
			failed = append(failed, err)
		default:
			return err
		}
	}
	if len(failed) > 0 && len(failed) == len(from.all) {
		return failed[0]
	}
	slices.SortStableFunc(all, func(x, y client.LogLine) int {
		if !from.side && x.Position != 0 && y.Position != 0 { // Those of one context say nothing of another's.
			return cmp.Compare(x.Position, y.Position)
		}
		return x.Time.Compare(y.Time)
	})
	return emit(all)
}

// readPages hands over the pages of one source.
func readPages(ctx context.Context, from logSource, emit func([]client.LogLine) error) error {
	if side, ok := from.backend.(*several.Backend); ok {
		return pagesOf(ctx, side, from.query, emit) // It keeps why a context has no logs.
	}
	reader, err := client.As[client.LogReader](from.backend, client.CanReadLogs)
	if err != nil {
		return err
	}
	return pagesOf(ctx, reader, from.query, emit)
}

func pagesOf(ctx context.Context, reader client.LogReader, query client.LogQuery, emit func([]client.LogLine) error) error {
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

// followLogs follows every source at once until all have ended. Of contexts side by
// side it tells which one has failed, and goes on with the others.
func followLogs(ctx context.Context, from sources, emit func([]client.LogLine) error, tell func(error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	put := func(lines []client.LogLine) error {
		err := emit(lines)
		if err != nil {
			cancel(err) // Nobody takes the lines of the others either.
		}
		return err
	}
	ends := make(chan error, len(from.all))
	for _, source := range from.all {
		go func() { ends <- source.follow(ctx, put) }()
	}
	var failed []error
	for range from.all {
		switch err := <-ends; {
		case err == nil:
		case from.side && ctx.Err() == nil:
			failed = append(failed, err)
			if len(failed) < len(from.all) {
				tell(err)
			}
		default:
			cancel(err)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(failed) > 0 && len(failed) == len(from.all) {
		return failed[0]
	}
	return nil
}

// follow follows one source.
func (s logSource) follow(ctx context.Context, emit func([]client.LogLine) error) error {
	if side, ok := s.backend.(*several.Backend); ok {
		if err := side.FollowLogs(ctx, s.query, emit); err != nil {
			return fmt.Errorf("%s: %w", side.Describe().Name, err)
		}
		return nil
	}
	follower, err := client.As[client.LogFollower](s.backend, client.CanFollowLogs)
	if err != nil {
		return err
	}
	return follower.FollowLogs(ctx, s.query, emit)
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
