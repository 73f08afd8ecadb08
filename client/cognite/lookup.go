package cognite

import (
	"context"
	"slices"

	"fndeck/client"
)

// Function is a function as the project has it: beside what every backend tells,
// which file it was built from.
type Function struct {
	client.Function
	FileID int64
}

func (f functionRead) remote() Function { return Function{f.domain(), f.FileID} }

// maxFunctionIDs is how many functions one request may name (API reference
// 20230101, functions).
const maxFunctionIDs = 10

// List lists all functions, newest first.
func (b *Backend) List(ctx context.Context) ([]Function, error) { return b.list(ctx, struct{}{}) }

// BuiltFrom lists the functions that were created from a file, newest first.
func (b *Backend) BuiltFrom(ctx context.Context, fileID int64) ([]Function, error) {
	return b.list(ctx, map[string]int64{"fileId": fileID})
}

func (b *Backend) list(ctx context.Context, filter any) ([]Function, error) {
	found, err := whole[functionRead](ctx, b, "/functions/list", map[string]any{"filter": filter, "limit": everything})
	if err != nil {
		return nil, err
	}
	all := make([]Function, 0, len(found))
	for _, f := range found {
		all = append(all, f.remote())
	}
	slices.SortStableFunc(all, func(x, y Function) int { return y.Created.Compare(x.Created) })
	return all, nil
}

// Look reads the functions of some ids. Those that do not exist are not in the
// answer.
func (b *Backend) Look(ctx context.Context, ids ...string) ([]Function, error) {
	var all []Function
	for some := range slices.Chunk(ids, maxFunctionIDs) {
		numbers := make([]int64, 0, len(some))
		for _, id := range some {
			n, err := parseID("function", id)
			if err != nil {
				return nil, err
			}
			numbers = append(numbers, n)
		}
		found, err := b.look(ctx, known(numbers...))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// LookUp reads the function that has an external id; ok is false if none has.
func (b *Backend) LookUp(ctx context.Context, externalID string) (f Function, ok bool, err error) {
	found, err := b.look(ctx, knownAs(externalID))
	if err != nil || len(found) == 0 {
		return Function{}, false, err
	}
	return found[0], true, nil
}

func (b *Backend) look(ctx context.Context, which selection) ([]Function, error) {
	var page items[functionRead]
	if err := b.read(ctx, "/functions/byids", which, &page); err != nil {
		return nil, err
	}
	found := make([]Function, 0, len(page.Items))
	for _, f := range page.Items {
		found = append(found, f.remote())
	}
	return found, nil
}
