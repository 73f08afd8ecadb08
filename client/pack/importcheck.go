package pack

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// importScript imports the entry file. Unlike the other checks it runs the code.
//
//go:embed import.py
var importScript string

// importTimeout bounds an import; heavy packages take seconds.
const importTimeout = 30 * time.Second

// imported is what the script says: nothing if the import went well.
type imported struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Missing string `json:"missing"`
	Path    string `json:"path"`
	Line    int    `json:"line"`
}

// CheckImport imports the entry file in a process of its own, from exactly the
// files that would be uploaded, and adds what comes of it to the findings. It
// runs the code as this user and is never done unasked. A package that is
// missing here is a warning: the deploy installs it.
func (p *Preview) CheckImport(ctx context.Context, python, entry string) error {
	if len(p.Blocking()) > 0 {
		return nil
	}
	entry = cmp.Or(entry, defaultEntry)
	if python == "" {
		p.add(Warn, entry, 0, "the import was not tried: this machine has no Python of the function's runtime")
		return nil
	}
	dir, err := os.MkdirTemp("", "fndeck-import-")
	if err != nil {
		return fmt.Errorf("try the import: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system's own cleaning takes what stays
	root, home := filepath.Join(dir, "code"), filepath.Join(dir, "home")
	if err := errors.Join(os.Mkdir(root, 0o700), os.Mkdir(home, 0o700)); err != nil {
		return fmt.Errorf("try the import: %w", err)
	}
	code, err := p.Pack(ctx)
	if err != nil {
		return err
	}
	if err := Unpack(ctx, bytes.NewReader(code.Zip), int64(len(code.Zip)), root, p.limits); err != nil {
		return err
	}
	found, err := tryImport(ctx, python, root, home, entry)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.judgeImport(entry, found, err)
	slices.SortStableFunc(p.Findings, func(a, b Finding) int { return cmp.Compare(b.Level, a.Level) })
	return nil
}

func (p *Preview) judgeImport(entry string, found imported, err error) {
	place := cmp.Or(found.Path, entry)
	switch {
	case err != nil:
		p.add(Confirm, entry, 0, "the import was not finished: %v", err)
	case found.Type == "":
	case found.Missing != "" && !p.holdsModule(found.Missing):
		p.add(Warn, place, found.Line, "imports %s, which is not installed here: the rest of the import was not tried", found.Missing)
	default:
		p.add(Confirm, place, found.Line, "the import fails here: %s", strings.TrimSuffix(found.Type+": "+found.Message, ": "))
	}
}

// holdsModule reports whether the code itself has a module of that name.
func (p *Preview) holdsModule(name string) bool { return p.has(name+".py") || p.holds(name) }

// tryImport runs the import with a home of its own and as little of this
// machine's environment as Python needs. Whatever it starts ends with it.
func tryImport(ctx context.Context, python, root, home, entry string) (found imported, err error) {
	limited, cancel := context.WithTimeout(ctx, importTimeout)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(limited, python, "-I", "-B", "-c", importScript, root, entry)
	cmd.Dir, cmd.Stdout, cmd.WaitDelay = home, &out, parseGrace
	cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH"), "LANG=" + os.Getenv("LANG")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = end
	err = cmd.Run()
	if cmd.Process != nil {
		_ = end() // what it left behind; gone already is as good
	}
	if errors.Is(limited.Err(), context.DeadlineExceeded) {
		return found, fmt.Errorf("it took longer than %s", importTimeout)
	}
	if err != nil {
		return found, fmt.Errorf("%s ended with %w", python, err)
	}
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		return found, errors.New("the process ended before the import did")
	}
	return found, nil
}
