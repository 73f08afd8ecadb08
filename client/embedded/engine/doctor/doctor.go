package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/wire"
)

// Finding is one thing that is wrong: what, why that matters or how it came,
// and what to do.
type Finding struct {
	What string `json:"what"`
	Why  string `json:"why"`
	Fix  string `json:"fix"`
}

// Report is what a look found.
type Report struct {
	Findings []Finding
	// Facts are what a healthy machine has to say of itself.
	Facts []string
}

// Setup says where to look.
type Setup struct {
	StateDir, KeyFile string
	// Version is what this binary calls itself.
	Version string
	Env     func(string) string
	Clock   func() time.Time
	// Status asks the engine of the state directory, as a console would.
	Status func(context.Context) (wire.Status, error)
	// Runtimes says which Pythons there are; nil runs those of this machine.
	Runtimes func(context.Context) (python.Runtimes, error)
}

// look is one look under way.
type look struct {
	Setup
	Report
	ctx context.Context
	// stateExists and running say what the later checks can rely on.
	stateExists, running bool
}

func (l *look) found(what, why, fix string) {
	l.Findings = append(l.Findings, Finding{what, why, fix})
}

func (l *look) fact(format string, args ...any) {
	l.Facts = append(l.Facts, fmt.Sprintf(format, args...))
}

// Look goes through all checks. It changes nothing and needs no engine.
func Look(ctx context.Context, s Setup) Report {
	l := &look{Setup: s, ctx: ctx}
	l.stateDir()
	l.engine()
	l.keyFile()
	l.socket()
	l.python()
	l.fact("%s", confine.Badge(confine.Probe(), confine.Access{Network: true}))
	if l.stateExists {
		l.disk()
		l.database()
	}
	return l.Report
}

// stateDir checks whose the state directory is and who can use it.
func (l *look) stateDir() {
	info, err := os.Stat(l.StateDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.canMake(l.StateDir)
		return
	case err != nil:
		l.found("the state directory "+l.StateDir+" cannot be looked at", err.Error(), "set FNDECK_STATE_DIR to a directory that you can write")
		return
	case !info.IsDir():
		l.found(l.StateDir+" is not a directory", "the engine keeps its state in a directory", "move the file away, or set FNDECK_STATE_DIR")
		return
	}
	if owner, known := ownerOf(info); known && owner != os.Geteuid() {
		l.found(fmt.Sprintf("the state directory %s belongs to user %d", l.StateDir, owner), "an engine works on its own user's state only",
			"become that user, or set FNDECK_STATE_DIR to a directory of yours")
		return
	}
	if err := writable(l.StateDir); err != nil {
		l.found("the state directory "+l.StateDir+" cannot be written", err.Error(), "make it writable, or set FNDECK_STATE_DIR to a directory that you can write")
	}
	l.stateExists = true
	l.fact("state %s", l.StateDir)
	for _, w := range tooWide(l.StateDir) {
		l.found(w.path+" can be used by others", fmt.Sprintf("its mode is %04o, and it holds what is yours alone", w.have), fmt.Sprintf("fndeck doctor --repair, or chmod %o %s", w.want, w.path))
	}
}

// engine checks who holds the lock and whether they answer.
func (l *look) engine() {
	if !l.stateExists {
		return
	}
	status, err := l.Status(l.ctx)
	switch {
	case err == nil:
		l.running = true
		l.fact("engine %s runs, pid %d", status.Version, status.PID)
		if status.Version != l.Version {
			l.found(fmt.Sprintf("the engine is %s and this is %s", status.Version, l.Version), "the binary was replaced while the engine ran",
				"fndeck engine stop, then any command starts the new one")
		}
	case locked(l.StateDir):
		l.running = true
		l.found("an engine holds "+l.StateDir+" and does not answer", err.Error(), "wait a moment; if it stays so, end the process that fuser "+wire.LockFile+" in that directory names")
	default:
		l.fact("no engine runs")
	}
}

func (l *look) keyFile() {
	if l.KeyFile == "" {
		return
	}
	info, err := os.Stat(l.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it is made when first needed
	case err != nil:
		l.found("the key "+l.KeyFile+" cannot be looked at", err.Error(), "make it readable for you: it opens the functions' secrets")
	case info.Mode().Perm()&0o077 != 0:
		l.found("the key "+l.KeyFile+" can be read by others", fmt.Sprintf("its mode is %04o, and it opens the functions' secrets", info.Mode().Perm()),
			"fndeck doctor --repair, or chmod 600 "+l.KeyFile)
	}
}

// canMake checks that a directory that is not there yet can be made.
func (l *look) canMake(dir string) {
	parent := existingParent(dir)
	// Only trying tells: what the mode allows, a file system may refuse.
	tried, err := os.MkdirTemp(parent, ".fndeck-*")
	if err == nil {
		err = os.Remove(tried)
	}
	if err != nil {
		l.found("the state directory "+dir+" cannot be made", err.Error(), "make "+parent+" writable, or set FNDECK_STATE_DIR to a directory that you can write")
		return
	}
	l.fact("no state yet: the first command makes %s", dir)
}
