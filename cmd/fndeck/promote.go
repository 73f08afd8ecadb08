package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/output"
	"fndeck/ui"
	"fndeck/views/compare"
)

// promoteFlags are the flags of promote.
type promoteFlags struct {
	settings settingFlags
	to, data string
	force    bool
}

func (a *app) promoteCommand() *cobra.Command {
	var f promoteFlags
	cmd := &cobra.Command{
		Use:   "promote NAME --to CONTEXT",
		Short: "Deploy a function's folder to another context",
		Long: "promote deploys the folder of a function of this context to another one: over the\n" +
			"function that has its external id or name there, else as a new one with the same\n" +
			"settings. The values of secrets can be read nowhere: a new function wants them given.\n" +
			"With --data both functions are then called and their answers compared.\n\n" +
			"The other context is asked about as it is marked; --to names it for --yes.",
		Example: `  fndeck promote hello --to prod
  fndeck promote hello --to prod --yes --data '{"name": "x"}'
  fndeck promote hello --context local --to test --secret-file key=secret.txt`,
		Args:              between(1, 1),
		ValidArgsFunction: a.completeFunctions,
	}
	f.settings.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "the context that it goes to")
	flags.StringVarP(&f.data, "data", "d", "", "then call both with this JSON object, @FILE, or - for stdin, and compare")
	flags.BoolVar(&f.force, "force", false, "send the code also when it is what serves there already")
	a.completeFlag(cmd, "to", a.completeContexts)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.promote(cmd, args[0], f) }
	return cmd
}

func (a *app) promote(cmd *cobra.Command, name string, f promoteFlags) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	if f.to == "" {
		return usagef(cmd.CommandPath(), "--to is missing: the context that %s goes to", name)
	}
	set, err := a.readSettings(ctx, cmd, f.settings)
	if err != nil {
		return err
	}
	var data json.RawMessage
	if cmd.Flags().Changed("data") {
		if data, err = a.readData("--data", f.data); err != nil {
			return err
		}
	}
	return a.with(ctx, func(here client.Backend) error {
		if here.Describe().Name == f.to {
			return usagef(cmd.CommandPath(), "--to %s is the context that %s is in", f.to, name)
		}
		fn, err := findFunction(ctx, here, name)
		if err != nil {
			return err
		}
		return a.elsewhere(ctx, f.to, func(there client.Backend) error {
			made, err := a.promoteTo(ctx, there, fn, set, action.Values{To: f.to, Data: data, Force: f.force}, format)
			if err != nil || data == nil {
				return err
			}
			return a.compareCalls(ctx, [2]side{{here, fn}, {there, made}}, data, format)
		})
	})
}

// promoteTo runs the action on the context that it goes to, and waits.
func (a *app) promoteTo(ctx context.Context, there client.Backend, fn client.Function, set settings, values action.Values, format string) (client.Function, error) {
	target := action.Target{Function: &fn}
	existing, found, err := action.Counterpart(ctx, there, fn)
	if err != nil {
		return existing, err
	}
	if values.Spec = set.spec(); found {
		a.note("%s exists in %s: this redeploys it", ui.Clean(existing.Name), ui.Clean(values.To))
		if values.Change, err = set.change(existing); err != nil {
			return existing, err
		}
	}
	out, err := a.act(ctx, there, action.Promote, target, values)
	var findings *action.FindingsError
	if errors.As(err, &findings) {
		if values.Code, err = a.approve(ctx, findings.Preview); err != nil {
			return existing, err
		}
		out, err = a.carryOut(ctx, there, action.Promote, target, values)
	}
	if err != nil {
		out, err = a.overGap(ctx, there, action.Promote, target, values, err)
	}
	switch {
	case errors.Is(err, action.ErrUnchanged) && values.Data != nil:
		a.note("%s", ui.Clean(client.Explain(err).Sentence)) // They can be compared all the same.
		return existing, nil
	case errors.Is(err, action.ErrUnchanged):
		return existing, hinted(err, "--force sends the same code again")
	case err != nil:
		return existing, err
	}
	if values.Data == nil {
		return *out.Function, a.settle(ctx, there, *out.Function, false, format)
	}
	// What is printed is the comparison.
	ready, err := action.AwaitReady(ctx, there, out.Function.ID, nil)
	if err == nil {
		a.note("%s is Ready in %s", ui.Clean(ready.Name), ui.Clean(values.To))
	}
	return ready, err
}

// elsewhere does some work in another context, which the command line has named.
func (a *app) elsewhere(ctx context.Context, name string, work func(client.Backend) error) error {
	c, err := a.configuration()
	if err != nil {
		return err
	}
	x, err := findContext(c, name)
	if err != nil {
		return err
	}
	backend, err := a.open(ctx, x, false)
	if err != nil {
		return err
	}
	before := a.namedContext
	a.namedContext = name
	err = work(action.Guard(backend, a.marks(x)))
	a.namedContext = before
	_ = backend.Close() // It ends no call and no deploy.
	return err
}

// side is a function in its context.
type side struct {
	backend client.Backend
	fn      client.Function
}

// answerObject is what a function of a context answered, for machines.
type answerObject struct {
	Context string `json:"context"`
	client.Call
	Response json.RawMessage `json:"response,omitempty"`
}

// compareCalls calls two functions with the same data, after what their contexts want
// asked, and prints their answers side by side.
func (a *app) compareCalls(ctx context.Context, sides [2]side, data json.RawMessage, format string) error {
	var answers [2]action.Answer
	var objects [2]answerObject
	for i, s := range sides {
		target, values := action.Target{Function: &s.fn}, action.Values{Data: data}
		where := s.backend.Describe().Name
		if err := action.Invoke.Refusal(s.backend, target); err != nil {
			return err
		}
		if check, asks := action.Invoke.Check(s.backend, target, values); asks {
			if err := a.ask(ctx, check); err != nil {
				return err
			}
		}
		var err error
		if answers[i], err = action.CallOnce(ctx, s.backend, s.fn, values); err != nil {
			return fmt.Errorf("in %s: %w", where, err)
		}
		a.note("%s: call %s of %s: %s", ui.Clean(where), ui.Clean(answers[i].Call.ID), ui.Clean(s.fn.Name), ui.Clean(string(answers[i].Call.Status)))
		objects[i] = answerObject{where, answers[i].Call, asJSON(answers[i].Result.Response)}
	}
	if err := a.printAnswers(objects, answers, format); err != nil {
		return err
	}
	return errors.Join(callError(answers[0].Call), callError(answers[1].Call))
}

func (a *app) printAnswers(objects [2]answerObject, answers [2]action.Answer, format string) error {
	first, second := answers[0], answers[1]
	same := compare.Same(first.Result.Response, second.Result.Response)
	if format != output.Table && format != output.Wide {
		value := struct {
			Same   bool         `json:"same"`
			First  answerObject `json:"first"`
			Second answerObject `json:"second"`
		}{same, objects[0], objects[1]}
		return a.print(sheet{One: true, Rows: []row{{Key: first.Call.ID, Name: first.Call.ID, Value: value}}}, format)
	}
	lines := [][]string{{"contexts", ui.Clean(objects[0].Context + "  →  " + objects[1].Context)}}
	for _, fact := range append(compare.Calls(first.Call, second.Call), compare.JSON("result", first.Result.Response, second.Result.Response)...) {
		lines = append(lines, []string{fact.Label, strings.TrimRight(ui.Clean(fact.Value), " ")})
	}
	return a.write([]byte(a.printer().Layout(lines)))
}
