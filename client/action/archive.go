package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// ArchiveCalls keeps the calls of a function on this machine: a cloud forgets them
// after a while, and with the function.
var ArchiveCalls = Action{
	ID:       "calls.archive",
	Label:    "archive calls",
	Help:     "Keep the ended calls of a function on this machine, with results and logs: the cloud forgets them.",
	Danger:   Safe,
	Needs:    client.CanArchive,
	Disabled: needsFunction,
	Run:      archiveCalls,
}

func archiveCalls(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	f, err := functionOf(target, "archive calls")
	if err != nil {
		return Outcome{}, err
	}
	archiver, err := client.As[client.CallArchiver](backend, client.CanArchive)
	if err != nil {
		return Outcome{}, err
	}
	added, err := archiver.ArchiveCalls(ctx, f.ID)
	if err != nil {
		return Outcome{}, fmt.Errorf("archive the calls of %s: %w", f.Name, err)
	}
	return Outcome{Sentence: fmt.Sprintf("%s of %s newly kept on this machine", plural(added, "call"), f.Name), Function: &f}, nil
}
