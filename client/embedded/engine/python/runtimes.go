package python

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// oldestMinor is the oldest Python 3 that functions run on.
	oldestMinor = 10
	// probeLimit bounds how long an interpreter may take to say what it is.
	probeLimit = 20 * time.Second
	// builderPip is the first pip that can install into another environment.
	builderPipMajor, builderPipMinor = 22, 3
)

// Runtime is an interpreter that was run and found usable.
type Runtime struct {
	// Name is py311 and the like; Version is "Python 3.11.7".
	Name, Version string
	// Path is the interpreter itself, not a shim.
	Path string
	// Prefix is the folder that the interpreter and its library lie in.
	Prefix string
	// Minor is the 11 of 3.11.
	Minor int
	// CanBuild says that its pip can fill environments; HasVenv that it can
	// make one.
	CanBuild, HasVenv bool
}

// Runtimes are the interpreters of this machine, the default first.
type Runtimes []Runtime

// Discover runs every python3 it finds on the path and among pyenv's versions
// once. preferred, if not empty, is the interpreter to use by default; else it
// is the python3 of the path, else the newest. What an interpreter said is
// remembered in the file memory, until its binary changes.
//
// They are run by starter: the engine ends every child that it does not know.
func Discover(ctx context.Context, starter Starter, preferred, memory string) (Runtimes, error) {
	candidates := candidates()
	if preferred != "" {
		candidates = append([]string{preferred}, candidates...)
	}
	known := remember(memory)
	probed := make([]Runtime, len(candidates))
	var wg sync.WaitGroup
	for i, path := range candidates {
		wg.Go(func() { probed[i] = known.probe(ctx, starter, path) })
	}
	wg.Wait()
	known.save(memory)
	if preferred != "" && probed[0].Path == "" {
		return nil, fmt.Errorf("%s is not a Python 3.%d or newer", preferred, oldestMinor)
	}
	return arrange(probed), ctx.Err()
}

// arrange keeps the first runtime of each name: the candidates stand in the
// order of preference, and the first of all is the default.
func arrange(probed []Runtime) (all Runtimes) {
	for _, r := range probed {
		if r.Path != "" && !slices.ContainsFunc(all, func(have Runtime) bool { return have.Name == r.Name }) {
			all = append(all, r)
		}
	}
	if len(all) > 1 {
		slices.SortFunc(all[1:], func(a, b Runtime) int { return cmp.Compare(b.Minor, a.Minor) })
	}
	return all
}

// candidates lists python3 of the path, then pythonX.Y of the path and of
// pyenv, newest first.
func candidates() (paths []string) {
	if path, err := exec.LookPath("python3"); err == nil {
		paths = append(paths, path)
	}
	for minor := 30; minor >= oldestMinor; minor-- {
		name := fmt.Sprintf("python3.%d", minor)
		root := cmp.Or(os.Getenv("PYENV_ROOT"), filepath.Join(os.Getenv("HOME"), ".pyenv"))
		found, _ := filepath.Glob(filepath.Join(root, "versions", fmt.Sprintf("3.%d.*", minor), "bin", name)) // the pattern is well formed
		paths = append(paths, found...)
		if path, err := exec.LookPath(name); err == nil && len(found) == 0 {
			paths = append(paths, path)
		}
	}
	return paths
}

const probeScript = `import json, sys
try:
    import venv
except ImportError:
    venv = None
try:
    import pip
    pip = pip.__version__
except ImportError:
    pip = ""
print(json.dumps({"version": sys.version_info[:3], "path": sys.executable, "prefix": sys.base_prefix, "venv": bool(venv), "pip": pip}))`

// probe runs an interpreter; the zero Runtime means it is of no use.
func probe(ctx context.Context, starter Starter, path string) (r Runtime) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	out, err := ask(ctx, starter, path, "-I", "-c", probeScript)
	if err != nil {
		return r
	}
	var said struct {
		Version [3]int
		Path    string
		Prefix  string
		Venv    bool
		Pip     string
	}
	if json.Unmarshal(out, &said) != nil || said.Version[0] != 3 || said.Version[1] < oldestMinor {
		return r
	}
	var major, minor int
	_, _ = fmt.Sscanf(said.Pip, "%d.%d", &major, &minor) // no pip leaves zeros
	return Runtime{
		Name: fmt.Sprintf("py3%d", said.Version[1]), Version: fmt.Sprintf("Python %d.%d.%d", said.Version[0], said.Version[1], said.Version[2]),
		Path: said.Path, Prefix: said.Prefix, Minor: said.Version[1], HasVenv: said.Venv,
		CanBuild: major > builderPipMajor || major == builderPipMajor && minor >= builderPipMinor,
	}
}

// Names lists the runtimes' names, default first.
func (all Runtimes) Names() (names []string) {
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names
}

// Find returns the runtime of a name, the default for "".
func (all Runtimes) Find(name string) (Runtime, error) {
	if len(all) == 0 {
		return Runtime{}, fmt.Errorf("no Python 3.%d or newer is installed here: install python3 to deploy and call functions", oldestMinor)
	}
	if name == "" {
		return all[0], nil
	}
	for _, r := range all {
		if r.Name == name {
			return r, nil
		}
	}
	return Runtime{}, fmt.Errorf("%s is not installed here; available: %s", name, strings.Join(all.Names(), ", "))
}
