package action

import (
	"context"
	"fmt"

	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/client/pack"
)

// Differences compares what lies at a path with the version of a function that
// serves: the files, and the difference of their texts.
func Differences(ctx context.Context, backend client.Backend, f client.Function, path string) (d drift.Drift, patch string, err error) {
	opts := PackOptions(f, client.SpecChange{})
	return DifferencesOf(ctx, backend, f, f.Version, func(visit pack.Visit) error { return pack.Each(ctx, path, opts, visit) })
}

// DifferencesOf is Differences of any version, with the files that each hands over.
func DifferencesOf(ctx context.Context, backend client.Backend, f client.Function, version int, each func(pack.Visit) error) (d drift.Drift, patch string, err error) {
	wrap := func(err error) error { return fmt.Errorf("compare %s with v%d: %w", f.Name, version, err) }
	reader, err := client.As[client.CodeReader](backend, client.CanReadCode)
	if err != nil {
		return d, "", err
	}
	deployed, err := drift.Deployed(ctx, backend, f.ID, version)
	if err != nil {
		return d, "", wrap(err)
	}
	here := drift.Files{}
	if err := each(here.Hash); err != nil {
		return d, "", wrap(err)
	}
	if d = drift.Compare(deployed, here); d.Count() == 0 {
		return d, "", nil
	}
	code, err := reader.Code(ctx, f.ID, version)
	if err != nil {
		return d, "", wrap(err)
	}
	if patch, err = drift.Patch(ctx, d, code, each); err != nil {
		return d, "", wrap(err)
	}
	return d, patch, nil
}
