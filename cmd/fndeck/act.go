package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// act runs one action as the console does: the reason why not, the question if
// it is dangerous, the work, the outcome in words on stderr.
func (a *app) act(ctx context.Context, backend client.Backend, what action.Action, target action.Target, values action.Values) (action.Outcome, error) {
	if reason := what.Reason(backend, target); reason != "" {
		return action.Outcome{}, &client.Error{Code: client.CodeConflict, Message: what.Label + ": " + reason}
	}
	if err := a.confirm(ctx, what, target, values); err != nil {
		return action.Outcome{}, err
	}
	out, err := what.Run(ctx, backend, target, values)
	if err != nil {
		return out, err
	}
	for _, warning := range out.Warnings {
		a.note("warning: %s", ui.Clean(warning))
	}
	a.note("%s", ui.Clean(out.Sentence))
	return out, nil
}

// confirm asks what the action's danger asks for.
func (a *app) confirm(ctx context.Context, what action.Action, target action.Target, values action.Values) error {
	switch what.Danger {
	case action.Safe:
		return nil
	case action.Typed:
		return a.ask(ctx, what.Question(target, values), what.Subject(target))
	}
	return a.ask(ctx, what.Question(target, values), "")
}

// canAsk reports whether somebody is there to answer.
func (a *app) canAsk() bool { return a.inTerminal && !a.flags.noInput }

// ask puts a question to a person. The answer is yes, or the word to be typed
// where there is one. --yes answers; where nobody can be asked it is an error
// that names the flag.
func (a *app) ask(ctx context.Context, question, word string) error {
	if a.flags.yes {
		return nil
	}
	if !a.canAsk() {
		return &client.Error{Code: client.CodeInvalid, Message: question + ": this wants a yes", Hint: "--yes gives it"}
	}
	prompt := "[y/N]"
	if word != "" {
		prompt = "type " + ui.Clean(word) + " to confirm:"
	}
	_, _ = fmt.Fprintf(a.errs, "%s\n%s ", ui.Clean(question), prompt)
	answer, err := a.typedLine(ctx)
	if err != nil {
		return err
	}
	if word == "" && (strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")) {
		return nil
	}
	if word != "" && answer == word {
		return nil
	}
	return &client.Error{Code: client.CodeFailed, Message: "nothing was changed"}
}

// typedLine reads one line. A read of the terminal cannot be called off: when
// ctx ends first it is left behind, as the process is about to end too.
func (a *app) typedLine(ctx context.Context) (string, error) {
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.in).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-typed:
		return line, nil
	}
}
