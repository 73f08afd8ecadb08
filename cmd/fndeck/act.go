package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// act runs one action as the console does: the reason why not, the question if
// it is dangerous, the work, the outcome in words on stderr.
func (a *app) act(ctx context.Context, backend client.Backend, what action.Action, target action.Target, values action.Values) (action.Outcome, error) {
	if err := what.Refusal(backend, target); err != nil {
		return action.Outcome{}, err
	}
	if check, asks := what.Check(backend, target, values); asks {
		if err := a.ask(ctx, check); err != nil {
			return action.Outcome{}, err
		}
	}
	return a.carryOut(ctx, backend, what, target, values)
}

// carryOut does what was asked about already.
func (a *app) carryOut(ctx context.Context, backend client.Backend, what action.Action, target action.Target, values action.Values) (action.Outcome, error) {
	out, err := what.Run(ctx, backend, target, values)
	if err != nil {
		return out, err
	}
	for _, warning := range out.Warnings {
		a.note("warning: %s", ui.Clean(warning))
	}
	next := ""
	if !out.Next.IsZero() {
		next = ", next at " + out.Next.UTC().Format(time.RFC3339)
	}
	a.note("%s%s", ui.Clean(out.Sentence), next)
	return out, nil
}

// canAsk reports whether somebody is there to answer.
func (a *app) canAsk() bool { return a.inTerminal && !a.flags.noInput }

// ask puts a question to a person. The answer is a yes, or the words to be typed
// where there are some. --yes answers, in a protected context together with the
// name of that; where nobody can be asked it is an error that names the flags.
func (a *app) ask(ctx context.Context, check action.Check) error {
	named := check.Context == "" || a.namedContext == check.Context
	if a.flags.yes && named {
		return nil
	}
	if a.flags.yes || !a.canAsk() {
		answer := "--yes gives it"
		if check.Context != "" {
			answer = "--yes --context " + check.Context + " gives it"
		}
		return &client.Error{Code: client.CodeInvalid, Message: check.Question + ": this wants a yes", Hint: answer}
	}
	a.say("%s", ui.Clean(check.Question))
	if len(check.Words) == 0 {
		answer, err := a.answer(ctx, "[y/N]")
		if err != nil || strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes") {
			return err
		}
		return errNotConfirmed
	}
	for i, word := range check.Words {
		prompt := "type " + ui.Clean(word) + " to confirm:"
		if i > 0 {
			prompt = "and " + ui.Clean(word) + ":"
		}
		answer, err := a.answer(ctx, prompt)
		if err != nil {
			return err
		}
		if answer != word {
			return errNotConfirmed
		}
	}
	return nil
}

// askOfEngine asks before something is done to the engine that no action does.
func (a *app) askOfEngine(ctx context.Context, question string) error {
	d, err := a.local()
	if err != nil {
		return err
	}
	return a.ask(ctx, action.CheckContext(d, action.Ask, question))
}

// errNotConfirmed is what a question that was not answered with yes ends in.
var errNotConfirmed = &client.Error{Code: client.CodeFailed, Message: "nothing was changed"}

// answer prompts for one line.
func (a *app) answer(ctx context.Context, prompt string) (string, error) {
	_, _ = fmt.Fprint(a.errs, prompt+" ") // As with a note, there is nobody else to tell.
	return a.typedLine(ctx)
}

// typedLine reads one line. A read of the terminal cannot be called off: when
// ctx ends first it is left behind, as the process is about to end too.
func (a *app) typedLine(ctx context.Context) (string, error) {
	if a.lines == nil {
		a.lines = bufio.NewReader(a.in) // One for all questions: it may read ahead.
	}
	typed := make(chan string, 1)
	go func() {
		line, _ := a.lines.ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-typed:
		return line, nil
	}
}
