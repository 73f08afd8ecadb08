package action

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

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

// notSince fails with the difference where a function was deployed by somebody since
// it was read: what was decided then would undo that without a word. One whose
// deploys are not told is not asked about.
func notSince(ctx context.Context, backend client.Backend, seen client.Function, verb string) error {
	if seen.DeployID == "" {
		return nil
	}
	now, err := backend.Function(ctx, seen.ID)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, seen.Name, err)
	}
	if now.DeployID == seen.DeployID && (now.Version == seen.Version || seen.Version == 0) {
		return nil
	}
	what := fmt.Sprintf("%s is %s now", VersionWords(seen.Version), VersionWords(now.Version))
	if now.Version == seen.Version {
		what = fmt.Sprintf("%s still serves", VersionWords(now.Version))
	}
	if now.DeployingVersion != 0 {
		what += fmt.Sprintf(", v%d is on its way", now.DeployingVersion)
	}
	parts := append([]string{what}, settingsBetween(seen, now)...)
	if seen.Version != now.Version {
		parts = append(parts, filesBetween(ctx, backend, seen, now)...)
	}
	return &client.Error{
		Code: client.CodeConflict, Message: fmt.Sprintf("%s %s: it was deployed since it was read: %s", verb, seen.Name, strings.Join(parts, "; ")),
		Hint: "look at it as it is now, then decide anew",
	}
}

// filesBetween names the files that differ between two versions, as far as they are
// known.
func filesBetween(ctx context.Context, backend client.Backend, seen, now client.Function) []string {
	before, err := drift.Deployed(ctx, backend, seen.ID, seen.Version)
	if err != nil {
		return nil
	}
	after, err := drift.Deployed(ctx, backend, now.ID, now.Version)
	if err != nil {
		return nil
	}
	var parts []string
	for _, c := range drift.Compare(before, after).Changes() {
		parts = append(parts, c.Path+" "+c.Word())
	}
	const shown = 5
	if more := len(parts) - shown; more > 0 {
		parts = append(parts[:shown], fmt.Sprintf("%d files more", more))
	}
	return parts
}

// settingsBetween names the settings that differ.
func settingsBetween(seen, now client.Function) []string {
	var parts []string
	for _, s := range []struct{ name, before, after string }{
		{"runtime", seen.Runtime, now.Runtime},
		{"entry file", seen.FunctionPath, now.FunctionPath},
		{"description", seen.Description, now.Description},
		{"owner", seen.Owner, now.Owner},
		{"CPU", fmt.Sprint(seen.CPU), fmt.Sprint(now.CPU)},
		{"memory", fmt.Sprint(seen.MemoryGB), fmt.Sprint(now.MemoryGB)},
	} {
		if s.before != s.after {
			parts = append(parts, fmt.Sprintf("%s %s, was %s", s.name, cmp.Or(s.after, "none"), cmp.Or(s.before, "none")))
		}
	}
	for _, s := range []struct {
		name          string
		before, after map[string]string
	}{{"environment", seen.EnvVars, now.EnvVars}, {"metadata", seen.Metadata, now.Metadata}} {
		for _, key := range slices.Sorted(maps.Keys(over(maps.Clone(s.before), s.after))) {
			before, was := s.before[key]
			if after, is := s.after[key]; was != is || before != after {
				parts = append(parts, s.name+" "+key) // Its values may be long, and nobody's business.
			}
		}
	}
	if !slices.Equal(seen.SecretNames, now.SecretNames) {
		parts = append(parts, "the names of its secrets")
	}
	return parts
}
