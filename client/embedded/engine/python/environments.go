package python

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"fndeck/client/embedded/engine/confine"
)

const (
	// mark is written last into an environment; one without it is wiped.
	mark = ".fndeck-complete"
	// standardLimit bounds one build when nothing else is said.
	standardLimit = 15 * time.Minute
)

// Starter starts and waits for commands that must not outlive the engine.
type Starter interface {
	Start(*exec.Cmd) error
	Wait(*exec.Cmd) error
}

// Environments builds environments below a directory and keeps them. It is
// safe for concurrent use.
type Environments struct {
	// Dir holds the environments, Scratch what builds need for a while.
	Dir, Scratch string
	Starter      Starter
	// Limit bounds one build; 0 means 15 minutes.
	Limit time.Duration
	// Boot is the path of runner.BootScript, which confines a build as far as
	// Kernel can: source distributions run code. Their network is open.
	Boot   string
	Kernel confine.Kernel

	mu   sync.Mutex
	busy map[string]*sync.Mutex
}

// Wanted says what an environment is to hold.
type Wanted struct {
	Runtime Runtime
	// Root is the unpacked code: requirements may name files in it. CodeSHA256 is
	// its hash, which then decides what is in the environment.
	Root, CodeSHA256 string
	// Requirements is the text of requirements.txt.
	Requirements string
	// IndexURL and ExtraIndexURLs may hold credentials; they reach pip through
	// its environment, never its arguments.
	IndexURL       string
	ExtraIndexURLs []string
}

// IsEmpty reports whether nothing is to be installed.
func (w Wanted) IsEmpty() bool { return len(w.lines()) == 0 }

// lines are the requirements without comments, sorted.
func (w Wanted) lines() (lines []string) {
	for line := range strings.Lines(w.Requirements) {
		line, _, _ = strings.Cut(line, " #")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// namesAFile reports whether a requirement may stand for a file of the code.
func namesAFile(line string) bool {
	return strings.HasPrefix(line, "-") || strings.HasPrefix(line, ".") || strings.Contains(line, "/") || strings.HasSuffix(line, ".whl")
}

// Key names the environment: a hash over all that decides what is in it.
func (w Wanted) Key() string {
	h := sha256.New()
	local := ""
	if slices.ContainsFunc(w.lines(), namesAFile) {
		local = w.CodeSHA256
	}
	for _, part := range append([]string{local, w.Runtime.Version, w.Runtime.Path, strings.Join(w.lines(), "\n"), w.IndexURL}, w.ExtraIndexURLs...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Python is the interpreter of an environment.
func (e *Environments) Python(key string) string { return filepath.Join(e.Dir, key, "bin", "python") }

// Complete reports whether an environment is there.
func (e *Environments) Complete(key string) bool {
	_, err := os.Stat(filepath.Join(e.Dir, key, mark))
	return err == nil
}

// Ensure builds the environment if it is not there. Two callers for one key
// build it once. What pip says goes to output line by line; the caller masks
// credentials in it.
func (e *Environments) Ensure(ctx context.Context, all Runtimes, w Wanted, output func(string)) (key string, err error) {
	key = w.Key()
	lock := e.lock(key)
	lock.Lock()
	defer lock.Unlock()
	if e.Complete(key) {
		output("environment " + key + " is cached")
		return key, nil
	}
	builder, err := all.builder()
	if err != nil {
		return "", err
	}
	if !w.Runtime.HasVenv {
		return "", fmt.Errorf("%s has no venv module: install python3-venv", w.Runtime.Path)
	}
	limit := cmp.Or(e.Limit, standardLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the build exceeded its time limit of %s", limit))
	defer cancel()
	dir := filepath.Join(e.Dir, key)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	err = e.build(ctx, builder, w, dir, output)
	if err == nil {
		err = syncTree(dir)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return key, renameio.WriteFile(filepath.Join(dir, mark), nil, 0o600)
}

func (e *Environments) lock(key string) *sync.Mutex {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.busy == nil {
		e.busy = map[string]*sync.Mutex{}
	}
	if e.busy[key] == nil {
		e.busy[key] = &sync.Mutex{}
	}
	return e.busy[key]
}

func (e *Environments) build(ctx context.Context, builder Runtime, w Wanted, dir string, output func(string)) error {
	home, err := os.MkdirTemp(e.Scratch, "build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(home) }()    // the start sweep takes what stays
	if err := os.Mkdir(dir, 0o700); err != nil { // it must exist to be granted
		return err
	}
	confined, err := e.confined(builder, w, home, dir)
	if err != nil {
		return err
	}
	env := scrubbed(home)
	output(fmt.Sprintf("environment for %s: %s", w.Runtime.Version, strings.Join(w.lines(), ", ")))
	// -m venv without pip takes 0.06 s instead of 4; the builder's pip fills it.
	if err := e.run(ctx, env, output, home, append(confined, w.Runtime.Path, "-E", "-m", "venv", "--without-pip", dir)); err != nil {
		return fmt.Errorf("make the environment: %w", err)
	}
	if w.IndexURL != "" {
		env = append(env, "PIP_INDEX_URL="+w.IndexURL)
	}
	if len(w.ExtraIndexURLs) > 0 {
		env = append(env, "PIP_EXTRA_INDEX_URL="+strings.Join(w.ExtraIndexURLs, " "))
	}
	err = e.run(ctx, env, output, w.Root, append(confined, builder.Path, "-m", "pip", "--python", filepath.Join(dir, "bin", "python"),
		"install", "--retries", "2", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--requirement", "requirements.txt"))
	if err != nil {
		return fmt.Errorf("install the requirements: %w", err)
	}
	return nil
}

// confined is the beginning of a command line that confines what follows to the
// build's own folders.
func (e *Environments) confined(builder Runtime, w Wanted, home, dir string) ([]string, error) {
	policy, err := json.Marshal(confine.Make(e.Kernel, confine.Access{
		Read: []string{builder.Prefix, w.Runtime.Prefix, w.Root}, Write: []string{home, dir}, Network: true,
	}))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(home, "policy.json")
	return []string{builder.Path, "-E", "-B", e.Boot, file}, renameio.WriteFile(file, policy, 0o600)
}

// run runs a command and hands over its output; its error is the last line
// that pip marked as one, if any.
func (e *Environments) run(ctx context.Context, env []string, output func(string), dir string, command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Dir = env, dir
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = e.Starter.Start(cmd)
	_ = w.Close() // the child has its own
	if err != nil {
		return errors.Join(err, r.Close())
	}
	stop := context.AfterFunc(ctx, func() {
		kill(cmd)
		_ = r.SetReadDeadline(time.Unix(1, 0)) // a process that left the group may hold the pipe
	})
	defer stop()
	said := relay(r, output)
	_ = r.Close() // read to its end
	err = e.Starter.Wait(cmd)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && said != "":
		return errors.New(said)
	}
	return err
}

// relay hands over lines until the end and returns what went wrong: the last
// "ERROR:" text, or, where pip could not reach an index and then says that it
// found nothing, that.
func relay(r io.Reader, output func(string)) (failure string) {
	lines := bufio.NewReaderSize(r, 64<<10)
	unreachable := ""
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			if unreachable != "" && failure != "" {
				return "a package index could not be reached (" + unreachable + "): " + failure
			}
			return failure
		}
		output(string(line))
		if text, isError := strings.CutPrefix(string(line), "ERROR: "); isError {
			failure = text
		}
		if reason := brokenBecause(string(line)); reason != "" {
			unreachable = reason
		}
	}
}

// brokenBecause is why pip could not reach an index, if the line says so:
// …after connection broken by 'NewConnectionError('<…>: [Errno 111] Connection refused')'…
func brokenBecause(line string) string {
	_, exception, found := strings.Cut(line, "connection broken by '")
	if !found {
		return ""
	}
	exception, _, _ = strings.Cut(exception, "')'")
	reason := exception[strings.LastIndex(exception, ": ")+1:]
	if _, text, numbered := strings.Cut(reason, "] "); numbered {
		reason = text
	}
	return strings.TrimSpace(reason)
}

// scrubbed is the environment of builds and probes: what pip and Python read
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

// Sweep deletes environments that were not completed.
func (e *Environments) Sweep() error {
	entries, err := os.ReadDir(e.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !e.Complete(entry.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(e.Dir, entry.Name())))
		}
	}
	return err
}

// kill ends a command that Starter put in a group of its own.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // gone already is as good
