package rows

import (
	"context"

	"fndeck/client"
)

// Lister is a backend that lists very many functions, packed. Its methods are safe
// for concurrent use, end when ctx ends, and return the errors of client.Backend.
type Lister interface {
	// FunctionList lists all functions, newest first. It shares with the list before
	// what has not changed.
	FunctionList(ctx context.Context) (List[client.Function], error)
	// FirstFunctions lists the newest functions, some screens of them, and whether
	// there are more. It is there for whoever waits for the first rows.
	FirstFunctions(ctx context.Context) (list List[client.Function], more bool, err error)
}

// ListFunctions lists all functions of any backend, newest first.
func ListFunctions(ctx context.Context, b client.Backend) (List[client.Function], error) {
	if lister, ok := b.(Lister); ok {
		return lister.FunctionList(ctx)
	}
	all, err := b.Functions(ctx)
	return Of(all), err
}

// FirstFunctions lists the newest functions of a backend and whether there are more;
// ErrUnsupported where the beginning comes no sooner than the whole.
func FirstFunctions(ctx context.Context, b client.Backend) (list List[client.Function], more bool, err error) {
	if lister, ok := b.(Lister); ok {
		return lister.FirstFunctions(ctx)
	}
	return list, false, client.ErrUnsupported
}
