package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// ChooseMode chooses how the calls of a function run. It asks, although it can be
// changed back: a function that was not written for kept globals, or that relies on
// them, returns other results from the next call on.
var ChooseMode = Action{
	ID:       "functions.mode",
	Label:    "change mode",
	Help:     "Run calls isolated, in a process each, or warm, in processes that are kept and keep their globals.",
	Danger:   Ask,
	Needs:    client.CanChooseMode,
	Disabled: needsFunction,
	Question: modeQuestion,
	Run:      chooseMode,
}

// OtherMode is the mode that a function is not in.
func OtherMode(f client.Function) string {
	if f.Mode == client.ModeWarm {
		return client.ModeIsolated
	}
	return client.ModeWarm
}

func modeQuestion(target Target, values Values) string {
	f := target.Function
	if f == nil {
		return ""
	}
	means := "each in a process of its own, with fresh globals"
	if values.Mode == client.ModeWarm {
		means = "in processes that are kept and keep their globals"
	}
	from := ""
	if f.Mode != "" {
		from = ", not " + f.Mode
	}
	return fmt.Sprintf("run calls of %s %s%s: %s, from the next call on", f.Name, values.Mode, from, means)
}

func chooseMode(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "choose mode")
	if err != nil {
		return Outcome{}, err
	}
	chooser, err := client.As[client.ModeChooser](backend, client.CanChooseMode)
	if err != nil {
		return Outcome{}, err
	}
	after, err := chooser.SetMode(ctx, f.ID, values.Mode, values.Workers)
	if err != nil {
		return Outcome{}, fmt.Errorf("choose the mode of %s: %w", f.Name, err)
	}
	return Outcome{Sentence: fmt.Sprintf("calls of %s run from now on: %s", after.Name, after.ModeText()), Function: &after}, nil
}
