package client

import "context"

// CanArchive names that this machine keeps calls which the backend forgets:
// CallArchiver.
const CanArchive Capability = "archive"

// CallArchiver keeps calls, with their results and logs, on this machine.
type CallArchiver interface {
	// ArchiveCalls keeps the ended calls of a function that are not kept yet, and
	// returns how many those were. One that was cut is taken up by the next.
	ArchiveCalls(ctx context.Context, functionID string) (added int, err error)
}
