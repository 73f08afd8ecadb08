package action

import (
	"context"
	"fmt"
	"os"

	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/client/pack"
)

// Differences compares what lies at a path with the version of a function that
// serves: the files, and the difference of their texts.
func Differences(ctx context.Context, backend client.Backend, f client.Function, path string) (d drift.Drift, patch string, err error) {
	if f.Version == 0 && sameForToolkit(f, path) {
		return d, "", nil
	}
	opts := PackOptions(f, client.SpecChange{})
	return DifferencesOf(ctx, backend, f, f.Version, func(visit pack.Visit) error { return pack.Each(ctx, path, opts, visit) })
}

// sameForToolkit reports whether the toolkit, which deployed a function that this
// machine keeps nothing of, would find the folder unchanged: nothing is downloaded
// then.
func sameForToolkit(f client.Function, path string) bool {
	recorded, err := drift.ParseToolkit(f.Metadata[drift.ToolkitHashKey])
	if err != nil {
		return false // Not managed by it, or in a form of its own: the code itself tells.
	}
	here, err := drift.ToolkitOf(os.DirFS(path))
	return err == nil && recorded.SameAs(here)
}

// VersionWords names a version in a sentence: "v3".
func VersionWords(version int) string {
	if version == 0 {
		return "what runs"
	}
	return fmt.Sprintf("v%d", version)
}

// Comparable is why a function cannot be compared with a folder, "" if it can: some
// version must run. A project that tells no versions runs what is Ready.
func Comparable(f client.Function) string {
	if f.Version == 0 && f.Status != client.FunctionReady {
		return f.Name + " has no version that serves to compare with"
	}
	return ""
}

// DifferencesOf is Differences of any version, with the files that each hands over.
func DifferencesOf(ctx context.Context, backend client.Backend, f client.Function, version int, each func(pack.Visit) error) (d drift.Drift, patch string, err error) {
	wrap := func(err error) error { return fmt.Errorf("compare %s with %s: %w", f.Name, VersionWords(version), err) }
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
