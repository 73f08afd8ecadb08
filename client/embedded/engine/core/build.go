package core

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/pack"
)

// requirementsFile is read at the root of the code only, as the clouds do.
const requirementsFile = "requirements.txt"

// indexURLs opens the index URLs of a version; the engine's own is the index of
// one that names none.
func (e *Core) indexURLs(v store.Version) (index string, extra []string, err error) {
	index, extra, err = e.vault.indexURLsOf(v)
	if err == nil && v.Settings.IndexURL == nil {
		index = e.c.IndexURL.Reveal()
	}
	return index, extra, err
}

// anyURL finds the URLs in a requirements file.
var anyURL = regexp.MustCompile(`[a-zA-Z+]+://\S+`)

// build gives the version the package environment that its requirements ask for.
func (p *deployment) build(ctx context.Context, root string, runtimes python.Runtimes, runtime python.Runtime, index string, extra []string) error {
	requirements, err := os.ReadFile(filepath.Join(root, requirementsFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	wanted := python.Wanted{Runtime: runtime, Root: root, CodeSHA256: p.v.SHA256, Requirements: string(requirements), IndexURL: index, ExtraIndexURLs: extra}
	if wanted.IsEmpty() {
		return nil
	}
	if wanted, err = p.generation(wanted); err != nil {
		return err
	}
	if err := p.phase(PhaseEnvironment); err != nil {
		return err
	}
	p.log.hide(credentials(anyURL.FindAllString(wanted.Requirements, -1)...))
	if names := pack.OpenToConfusion(wanted.Requirements); len(extra) > 0 && len(names) > 0 {
		p.say("several indexes may supply " + strings.Join(names, ", ") + ": a stranger's higher version would win; one index URL alone is safe")
	}
	p.v.Environment, err = p.e.environments.Ensure(ctx, runtimes, wanted, func(line string) { p.say(pack.MaskURL(line)) })
	return err
}

// generation chooses among the environments that hold the same requirements: a
// rebuild makes one of its own, every other deploy stays with that of the
// version that serves.
func (p *deployment) generation(wanted python.Wanted) (python.Wanted, error) {
	if p.d.Kind == store.KindRebuild {
		wanted.Generation = strconv.FormatInt(p.d.ID, 10)
		return wanted, nil
	}
	if p.d.From == 0 {
		return wanted, nil
	}
	serving, err := p.e.store.Version(p.d.FunctionID, p.d.From)
	if err != nil {
		return wanted, err
	}
	return wanted.Keep(serving.Environment), nil
}

// builtUntil is the end of a failed build's output, nil if no build failed.
func builtUntil(failure error) []string {
	var built *python.BuildError
	if errors.As(failure, &built) {
		return built.Output
	}
	return nil
}
