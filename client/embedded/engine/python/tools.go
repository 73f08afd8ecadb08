package python

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"fndeck/client/embedded/engine/confine"
	"fndeck/client/pack"
)

// tool is what fills an environment: uv, or the pip of an interpreter.
type tool struct {
	// uv is the program, empty for pip; says is what it says of its version.
	uv, says string
	// host runs the confining launcher and, without uv, pip.
	host Runtime
}

// choose takes uv if it is on the path, except where packages may come from
// several indexes: that uv resolves those as the clouds' pip does is not
// established. Without uv it takes the first pip that can fill environments of
// all runtimes.
func (e *Environments) choose(ctx context.Context, all Runtimes, w Wanted) (tool, error) {
	uv, says := e.findUV(ctx)
	if uv != "" && !w.manyIndexes() {
		return tool{uv: uv, says: says, host: w.Runtime}, nil
	}
	if ctx.Err() != nil {
		return tool{}, context.Cause(ctx)
	}
	if host, found := e.withPip(ctx, all); found {
		if !w.Runtime.HasVenv && !probe(ctx, e.Starter, w.Runtime.Path).HasVenv {
			return tool{}, fmt.Errorf("%s has no venv module, so requirements cannot be installed: install python3-venv or uv", w.Runtime.Path)
		}
		return tool{host: host}, nil
	}
	if uv != "" {
		return tool{}, fmt.Errorf("several indexes and nested requirements files need pip %d.%d or newer, which is not installed here: install python3-pip", builderPipMajor, builderPipMinor)
	}
	return tool{}, fmt.Errorf("neither uv nor pip %d.%d or newer is installed here, so requirements cannot be installed: install python3-pip or uv", builderPipMajor, builderPipMinor)
}

// withPip returns an interpreter whose pip can fill environments of all. Where
// none had one they are asked again: it may have been installed since.
func (e *Environments) withPip(ctx context.Context, all Runtimes) (Runtime, bool) {
	for _, r := range all {
		if r.CanBuild {
			return r, true
		}
	}
	for _, r := range all {
		if r := probe(ctx, e.Starter, r.Path); r.CanBuild {
			return r, true
		}
	}
	return Runtime{}, false
}

// findUV returns the uv of the path and what it says of its version, "" if there
// is none that runs: a version manager's stand-in may be all that is there.
func (e *Environments) findUV(ctx context.Context) (path, says string) {
	path, err := exec.LookPath("uv")
	if err != nil {
		return "", ""
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", ""
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", ""
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	out, err := ask(ctx, e.Starter, path, "--version")
	says = strings.TrimSpace(string(out))
	if err != nil || !strings.HasPrefix(says, "uv ") {
		return "", ""
	}
	return path, says
}

// ask runs a program outside every folder that may change what it does, and
// returns what it prints.
func ask(ctx context.Context, starter Starter, program string, args ...string) ([]byte, error) {
	var out bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Stdout = scrubbed(os.TempDir()), &out
	cmd.Dir = "/" // not a folder that may hold modules
	if err := starter.Start(cmd); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { kill(cmd) })
	defer stop()
	err := starter.Wait(cmd)
	return out.Bytes(), err
}

// fill makes the environment and installs into it.
func (e *Environments) fill(ctx context.Context, t tool, w Wanted, dir string, output func(string)) error {
	home, err := os.MkdirTemp(e.Scratch, "build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(home) }()    // the start sweep takes what stays
	if err := os.Mkdir(dir, 0o700); err != nil { // it must exist to be granted
		return err
	}
	confined, err := e.confined(t, w, home, dir)
	if err != nil {
		return err
	}
	output(pack.MaskURL(fmt.Sprintf("environment for %s: %s", w.Runtime.Version, strings.Join(w.lines(), ", "))))
	steps := t.pipSteps(w, home, dir)
	if t.uv != "" {
		output("with " + t.says + " (" + t.uv + ")")
		steps = t.uvSteps(w, home, dir)
	}
	for _, s := range steps {
		if err := e.run(ctx, s.env, output, s.dir, append(confined, s.command...)); err != nil {
			return fmt.Errorf("%s: %w", s.doing, err)
		}
	}
	return nil
}

// step is one command of a build.
type step struct {
	doing, dir   string
	env, command []string
}

// versionScript prints which pip does the work. It is asked each time: a pip can
// be replaced while its interpreter stays the same.
const versionScript = `import sys, pip; print("with pip " + pip.__version__ + " (" + sys.executable + ")", flush=True)`

func (t tool) pipSteps(w Wanted, home, dir string) []step {
	env := scrubbed(home)
	install := env[:len(env):len(env)]
	if w.IndexURL != "" {
		install = append(install, "PIP_INDEX_URL="+w.IndexURL)
	}
	if len(w.ExtraIndexURLs) > 0 {
		install = append(install, "PIP_EXTRA_INDEX_URL="+strings.Join(w.ExtraIndexURLs, " "))
	}
	return []step{
		{"ask pip for its version", home, env, []string{t.host.Path, "-I", "-c", versionScript}},
		// -m venv without pip takes 0.06 s instead of 4; the host's pip fills it.
		{"make the environment", home, env, []string{w.Runtime.Path, "-E", "-m", "venv", "--without-pip", dir}},
		{"install the requirements", w.Root, install, []string{
			t.host.Path, "-m", "pip", "--python", filepath.Join(dir, "bin", "python"),
			"install", "--retries", "2", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--requirement", "requirements.txt",
		}},
	}
}

// uvSteps give uv its settings as variables, which an older uv ignores where it
// would refuse an option. Its cache ends with the build: code that a package
// runs while it is built could leave something in a shared one for the builds
// of other functions.
func (t tool) uvSteps(w Wanted, home, dir string) []step {
	env := append(scrubbed(home),
		"UV_CACHE_DIR="+filepath.Join(home, "uv"), "UV_LINK_MODE=copy", "UV_NO_CONFIG=1",
		"UV_PYTHON_DOWNLOADS=never", "UV_NO_PROGRESS=1")
	install := env[:len(env):len(env)]
	if w.IndexURL != "" {
		install = append(install, "UV_INDEX_URL="+w.IndexURL)
	}
	return []step{
		{"make the environment", home, env, []string{t.uv, "venv", "--python", w.Runtime.Path, dir}},
		{"install the requirements", w.Root, install, []string{
			t.uv, "pip", "install", "--python", filepath.Join(dir, "bin", "python"), "--requirement", "requirements.txt",
		}},
	}
}

// confined is the beginning of a command line that confines what follows to the
// build's own folders, and bounds it.
func (e *Environments) confined(t tool, w Wanted, home, dir string) ([]string, error) {
	access := confine.Access{Read: []string{t.host.Prefix, t.host.Path, w.Runtime.Prefix, w.Runtime.Path, w.Root}, Write: []string{home, dir}, Network: true, Files: true}
	if t.uv != "" {
		access.Read = append(access.Read, t.uv)
	}
	plan, err := json.Marshal(map[string]any{"policy": confine.Make(e.Kernel, access), "limits": buildLimits()})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(home, "plan.json")
	command := []string{t.host.Path, "-E", "-B", e.Boot, file}
	return command[:len(command):len(command)], renameio.WriteFile(file, plan, 0o600)
}

// scrubbed is the environment of builds and probes: what pip, uv and Python read
// from variables of this machine would make a build differ from the cloud's.
func scrubbed(home string) []string {
	env := []string{"HOME=" + home, "TMPDIR=" + home, "PIP_CONFIG_FILE=" + os.DevNull}
	for _, name := range []string{"PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
