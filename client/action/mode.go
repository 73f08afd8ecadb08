package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// ChooseMode chooses how the calls of a function run. It asks nothing: the
// choice holds from the next call on and can be changed back.
var ChooseMode = Action{
	ID:       "functions.mode",
	Label:    "mode",
	Help:     "Run calls isolated, in a process each, or warm, in processes that are kept and keep their globals.",
	Danger:   Safe,
	Needs:    client.CanChooseMode,
	Disabled: needsFunction,
	Run:      chooseMode,
}

// OtherMode is the mode that a function is not in.
func OtherMode(f client.Function) string {
	if f.Mode == client.ModeWarm {
		return client.ModeIsolated
	}
	return client.ModeWarm
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
