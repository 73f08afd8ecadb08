package action

import (
	"context"

	"fndeck/client"
	"fndeck/client/rows"
)

var _ rows.Lister = (*Guarded)(nil)

// FunctionList implements rows.Lister for any backend.
func (g *Guarded) FunctionList(ctx context.Context) (rows.List[client.Function], error) {
	return rows.ListFunctions(ctx, g.Backend)
}

// FirstFunctions implements rows.Lister; ErrUnsupported where the backend does not.
func (g *Guarded) FirstFunctions(ctx context.Context) (rows.List[client.Function], bool, error) {
	return rows.FirstFunctions(ctx, g.Backend)
}
