package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/jsondata"
	"fndeck/cmd/output"
	"fndeck/ui"
	"fndeck/ui/chart"
)

// dataLimitBytes bounds what is read from a file or a pipe before the backend's
// own, smaller limit is checked.
const dataLimitBytes = 64 << 20

// callFlags are the flags of call.
type callFlags struct {
	data    string
	wait    bool
	async   bool
	timeout time.Duration
	// times and parallel ask for more than one call.
	times, parallel int
	// compare is a context whose function of the same name is called too.
	compare string
}

func (a *app) callCommand() *cobra.Command {
	var f callFlags
	cmd := &cobra.Command{
		Use:   "call NAME",
		Short: "Call a function with JSON data",
		Long: "call sends JSON data to a function and waits for the result, which goes to\nstdout; log lines go to stderr. A function that failed exits with 8, a timeout\nwith 7." +
			" The data reach the function byte for byte, so large numbers survive.\n\n" +
			"With --times N it makes N calls with the same data and prints how long they\ntook: the percentiles of the durations that the backend measured, and a\nhistogram. Each is an ordinary call. An interrupt makes no further ones and\nprints the figures of those that have ended.",
		Example: `  fndeck call hello -d '{"name": "x"}'
  fndeck call hello -d @data.json | jq .
  echo '{"name": "x"}' | fndeck call hello -d -
  fndeck call hello --async
  fndeck call hello -d @data.json --compare prod
  fndeck call hello --times 200 --parallel 4
  fndeck call hello --times 200 -o json | jq .p99Ns`,
		Args:              between(1, 1),
		ValidArgsFunction: a.completeFunctions,
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.data, "data", "d", "", "JSON object, @FILE, or - for stdin (default {})")
	flags.BoolVar(&f.wait, "wait", true, "wait for the result")
	flags.BoolVar(&f.async, "async", false, "print the call's id and do not wait")
	flags.DurationVar(&f.timeout, "timeout", 0, "how long to wait; the call itself goes on")
	flags.IntVar(&f.times, "times", 1, "how many calls to make, and to measure if more than one; at most 10000")
	flags.IntVar(&f.parallel, "parallel", 1, "how many of them run at the same time; at most 50")
	flags.StringVar(&f.compare, "compare", "", "also call the function of that external id or name in this context, and compare the answers")
	a.completeFlag(cmd, "compare", a.completeContexts)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.call(cmd, args[0], f) }
	return cmd
}

func (a *app) call(cmd *cobra.Command, name string, f callFlags) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	if f.async && f.wait && cmd.Flags().Changed("wait") {
		return usagef(cmd.CommandPath(), "--wait and --async exclude each other")
	}
	if cmd.Flags().Changed("times") && (f.async || !f.wait) {
		return usagef(cmd.CommandPath(), "--times waits for its calls: leave out --async and --wait=false")
	}
	if cmd.Flags().Changed("parallel") && !cmd.Flags().Changed("times") {
		return usagef(cmd.CommandPath(), "--parallel belongs to --times")
	}
	if f.compare != "" && (f.async || !f.wait || cmd.Flags().Changed("times") || f.timeout != 0) {
		return usagef(cmd.CommandPath(), "--compare waits for one call in each context: leave out --async, --wait=false, --times and --timeout")
	}
	if f.timeout < 0 {
		return usagef(cmd.CommandPath(), "--timeout %s: a positive duration is expected", f.timeout)
	}
	var data json.RawMessage
	if cmd.Flags().Changed("data") {
		if data, err = a.readData("--data", f.data); err != nil {
			return err
		}
	}
	return a.with(ctx, func(backend client.Backend) error {
		fn, err := findFunction(ctx, backend, name)
		if err != nil {
			return err
		}
		if f.compare != "" {
			return a.elsewhere(ctx, f.compare, func(there client.Backend) error {
				other, found, err := action.Counterpart(ctx, there, fn)
				if err == nil && !found {
					err = &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("%s has no function %s", f.compare, fn.Name), Hint: "fndeck promote " + fn.Name + " --to " + f.compare + " makes it"}
				}
				if err != nil {
					return err
				}
				return a.compareCalls(ctx, [2]side{{backend, fn}, {there, other}}, data, format)
			})
		}
		if cmd.Flags().Changed("times") {
			return a.callMany(ctx, backend, f, action.Series{Function: fn, Data: data, Times: f.times, AtOnce: f.parallel, Clock: a.now})
		}
		out, err := a.act(ctx, backend, action.Invoke, action.Target{Function: &fn}, action.Values{Data: data})
		if err != nil {
			return err
		}
		call := *out.Call
		if call.FunctionID == "" {
			call.FunctionID = fn.ID
		}
		if f.async || !f.wait {
			return a.printCall(call, client.Result{}, format, a.flags.output == "")
		}
		return a.awaitCall(ctx, backend, call, f.timeout, format)
	})
}

// callMany makes the calls of a series and prints what they came to, also where
// it was cut short.
func (a *app) callMany(ctx context.Context, backend client.Backend, f callFlags, s action.Series) error {
	format, err := a.format("fndeck call")
	if err != nil {
		return err
	}
	if reason := action.Invoke.Reason(backend, action.Target{Function: &s.Function}); reason != "" {
		return &client.Error{Code: client.CodeConflict, Message: "call: " + reason}
	}
	waiting, cancel := ctx, context.CancelFunc(func() {})
	if f.timeout > 0 {
		waiting, cancel = context.WithTimeout(ctx, f.timeout)
	}
	defer cancel()
	figures, err := action.CallMany(waiting, backend, s)
	if figures.Made == 0 && err != nil {
		return err
	}
	if printed := a.printFigures(s.Function, figures, format); printed != nil {
		return printed
	}
	a.note("%s", ui.Clean(figures.Sentence()))
	switch {
	case errors.Is(waiting.Err(), context.DeadlineExceeded) && ctx.Err() == nil && figures.Ended < figures.Asked:
		return &client.Error{Code: client.CodeTimeout, Message: fmt.Sprintf("%d of %d calls had ended after %s", figures.Ended, figures.Asked, f.timeout)}
	case err != nil:
		return err
	case figures.Failed > 0:
		return &client.Error{
			Code: client.CodeFunctionFailed, Message: fmt.Sprintf("%d of %d calls failed, the first with: %s", figures.Failed, figures.Ended, figures.FirstFailure.Message),
			Hint: logsOf(client.Call{ID: figures.FailedCall, FunctionName: s.Function.Name}) + " shows its log",
		}
	}
	return nil
}

// barsWidth is how wide a histogram is printed.
const barsWidth = 60

// printFigures prints what a series came to: as a table with its histogram, or as
// one value.
func (a *app) printFigures(fn client.Function, f action.Figures, format string) error {
	err := a.print(sheet{
		Header: []string{"CALLS", "FAILED", "PER SECOND", "MIN", "P50", "P95", "P99", "MAX"}, Wide: []string{"ASKED", "TOOK"}, One: true,
		Rows: []row{{Key: fn.ID, Name: fn.Name, Value: f, Cells: []string{
			strconv.Itoa(f.Ended), strconv.Itoa(f.Failed), ui.Rate(f.PerSecond),
			ui.Duration(f.Min), ui.Duration(f.P50), ui.Duration(f.P95), ui.Duration(f.P99), ui.Duration(f.Max), strconv.Itoa(f.Asked), ui.Duration(f.Elapsed),
		}}},
	}, format)
	if err != nil || format != output.Table && format != output.Wide || len(f.Histogram) == 0 {
		return err
	}
	bars := make([]chart.Row, len(f.Histogram))
	for i, bin := range f.Histogram {
		bars[i] = chart.Row{Label: "to " + bin.UpTo.String(), Count: bin.Calls}
	}
	return a.write([]byte("\n" + strings.Join(chart.Rows(bars, "#", barsWidth), "\n") + "\n"))
}

// awaitCall waits for the end of a call with its log on stderr, and prints the
// result.
func (a *app) awaitCall(ctx context.Context, backend client.Backend, call client.Call, timeout time.Duration, format string) error {
	waiting, cancel := ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		waiting, cancel = context.WithTimeout(ctx, timeout)
	}
	defer cancel()
	log := a.tail(waiting, backend, client.LogQuery{FunctionID: call.FunctionID, CallID: call.ID}, true)
	ended, err := action.AwaitCall(waiting, backend, call)
	log.stop()
	if errors.Is(waiting.Err(), context.DeadlineExceeded) && ctx.Err() == nil && err != nil {
		return &client.Error{
			Code:    client.CodeTimeout,
			Message: fmt.Sprintf("call %s still runs after %s", call.ID, timeout),
			Hint:    logsOf(call) + " -f follows it",
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			a.note("call %s goes on: %s -f follows it", call.ID, ui.Clean(logsOf(call)))
		}
		return err
	}
	result, err := backend.Result(ctx, call.FunctionID, call.ID)
	if err != nil {
		return fmt.Errorf("result of call %s: %w", call.ID, err)
	}
	shown := ended
	if shown.Error != nil && log.shows(shown.Error.Trace) {
		shown.Error = &client.Failure{Message: shown.Error.Message}
	}
	if a.flags.output != "" {
		shown = ended // An answer for machines is whole.
	}
	if err := a.printCall(shown, result, format, false); err != nil {
		return err
	}
	return callError(ended)
}

// logsOf is the command that prints the log of a call; some backends find a call only
// by its function's name and its id.
func logsOf(c client.Call) string {
	words := []string{"fndeck logs"}
	if c.FunctionName != "" {
		words = append(words, c.FunctionName)
	}
	return strings.Join(append(words, "--call", c.ID), " ")
}

// callError is the error of a call that did not complete.
func callError(c client.Call) error {
	if c.Status == client.CallCompleted {
		return nil
	}
	code := client.CodeFunctionFailed
	if c.Status == client.CallTimeout {
		code = client.CodeTimeout
	}
	e := &client.Error{Code: code, Message: fmt.Sprintf("call %s: %s", c.ID, c.Status)}
	if c.Error != nil && c.Error.Message != "" {
		e.Message += ": " + c.Error.Message
	}
	e.Hint = logsOf(c) + " shows its log"
	return e
}

// printCall prints a call: its result alone unless a format was asked for, its
// id alone for one that is not waited for.
func (a *app) printCall(call client.Call, result client.Result, format string, idOnly bool) error {
	if idOnly {
		return a.write([]byte(ui.Clean(call.ID) + "\n"))
	}
	if a.flags.output != "" {
		s := sheet{Header: callsListing.header, Wide: callsListing.wide, One: true}
		r := callRow(call, a.clock())
		r.Value = struct {
			client.Call
			Response json.RawMessage `json:"response,omitempty"`
		}{call, asJSON(result.Response)}
		s.Rows = []row{r}
		return a.print(s, format)
	}
	if call.Error != nil && call.Error.Trace != "" {
		for _, line := range ui.CleanLines(call.Error.Trace) {
			a.note("  %s", line)
		}
	}
	if result.Response == nil {
		return nil
	}
	return a.write(shownResult(result.Response, a.outTerminal))
}

// asJSON returns what a function returned for an answer in JSON: as it came, or
// as a string if it is no JSON.
func asJSON(response json.RawMessage) json.RawMessage {
	if response == nil || json.Valid(response) {
		return response
	}
	text, err := json.Marshal(string(response))
	if err != nil {
		return nil // A string is always marshalled.
	}
	return text
}

// shownResult is what a call returned, with a line end. A person gets the JSON
// set out in lines, a pipe the spelling as it came; what is no JSON is cleaned
// text for both.
func shownResult(response []byte, person bool) []byte {
	if !json.Valid(response) {
		return []byte(strings.Join(ui.CleanLines(string(response)), "\n") + "\n")
	}
	if tidy, err := jsondata.Tidy(response); err == nil && person {
		response = tidy
	}
	return append(output.Inert(response), '\n')
}

// readData reads the JSON of a -d flag: a text, a file or stdin.
func (a *app) readData(name, flag string) (json.RawMessage, error) {
	path, isFile := strings.CutPrefix(flag, "@")
	var source io.Reader
	switch {
	case flag == "-":
		source = a.in
	case isFile:
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(name, path, err)
		}
		// Nothing was written: closing cannot lose anything.
		defer func() { _ = f.Close() }()
		source = f
	default:
		return json.RawMessage(flag), nil
	}
	data, err := io.ReadAll(io.LimitReader(source, dataLimitBytes+1))
	if err != nil {
		return nil, unreadable(name, path, err) // A folder opens and then cannot be read.
	}
	if len(data) > dataLimitBytes {
		return nil, &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf("data: over %d bytes", dataLimitBytes)}
	}
	return data, nil
}
