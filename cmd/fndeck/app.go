package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/embedded"
	"fndeck/client/several"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
	"fndeck/ui"
	"fndeck/views/standing"
)

// app is what every command works with. A test replaces its streams, its clock
// and its doors.
type app struct {
	in        io.Reader
	out, errs io.Writer
	env       func(string) string
	now       func() time.Time
	// inTerminal and outTerminal say whether somebody types and reads.
	inTerminal, outTerminal bool
	// outWidth is how many columns the reader's terminal has, 0 where none reads.
	outWidth int
	// readSecret reads a line from the terminal without showing it.
	readSecret func() ([]byte, error)

	// lent is true while an editor has the terminal.
	lent atomic.Bool

	// open reaches the backend of a context; with peek it does not start an engine.
	open func(ctx context.Context, x config.Context, peek bool) (client.Backend, error)
	// patient has the console shown although the engine does not answer.
	patient bool
	// console is what runs without a subcommand.
	console func(ctx context.Context) error

	flags    globals
	jsonMode bool
	// lines is in, line by line; nil until the first question.
	lines *bufio.Reader
	// namedContext is the context that the command line itself names, which is an
	// answer where FNDECK_CONTEXT is a habit.
	namedContext string

	// file is where settings come from; both are nil until they are asked for.
	file     *config.File
	settings *config.Config
	// desk opens contexts; nil until one is asked for.
	desk *contexts.Desk
	// configFile is where settings come from, an absolute path, or empty.
	configFile string
	// unhelped is why no help was printed; cobra has no way to return it.
	unhelped error
}

// globals are the flags that every command has.
type globals struct {
	output, color, config, stateDir string
	context                         string
	noHeaders, yes, noInput         bool
	readOnly, verbose, ascii        bool
}

// run executes one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.jsonMode = wantsJSON(args, a.env)
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.unhelped
	}
	return a.exitCode(ctx, err)
}

// wantsJSON reports whether errors are to be JSON. It looks at the bare
// arguments because an error of the command line itself comes before the flags
// are known.
func wantsJSON(args []string, env func(string) string) bool {
	format := env("FNDECK_OUTPUT")
	for i, arg := range args {
		switch {
		case arg == "--":
			return strings.HasPrefix(format, "json")
		case (arg == "-o" || arg == "--output") && i+1 < len(args):
			format = args[i+1]
		case strings.HasPrefix(arg, "--output="):
			format = strings.TrimPrefix(arg, "--output=")
		case strings.HasPrefix(arg, "-o") && len(arg) > len("-o"):
			format = strings.TrimPrefix(strings.TrimPrefix(arg, "-o"), "=")
		}
	}
	return strings.HasPrefix(format, "json")
}

// with opens the backend, does the work and closes it again.
func (a *app) with(ctx context.Context, work func(client.Backend) error) error {
	x, err := a.chosen()
	if err != nil {
		return err
	}
	return a.within(ctx, x, work)
}

// within is with for a context.
func (a *app) within(ctx context.Context, x config.Context, work func(client.Backend) error) error {
	backend, err := a.open(ctx, x, false)
	if err != nil {
		return err
	}
	guarded := action.Guard(backend, a.marks(x))
	defer a.tellWaits(guarded)()
	err = work(guarded)
	if unsettled := a.outlast(ctx, guarded); err == nil {
		err = unsettled
	}
	// Close ends no call and no deploy; what it could report changes nothing.
	_ = backend.Close()
	return err
}

// asLongAsItTakes is the patience of what is read once.
const asLongAsItTakes time.Duration = 0

// withLists is with for what only reads: contexts stand side by side, if several are
// named with commas, or all. patience is that of several.New.
func (a *app) withLists(ctx context.Context, patience time.Duration, work func(client.Backend) error) error {
	chosen, err := a.allChosen()
	if err != nil {
		return err
	}
	if len(chosen) == 1 {
		return a.within(ctx, chosen[0], work)
	}
	var parts []several.Part
	for _, x := range chosen {
		backend, err := a.open(ctx, x, false)
		if err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
		defer func() { _ = backend.Close() }() // only read from
		parts = append(parts, several.Part{Name: x.Name, Backend: action.Guard(backend, a.marks(x))})
	}
	all := several.New(parts, a.now, patience)
	defer func() { _ = all.Close() }() // It has nothing to report.
	defer a.tellWaits(all)()
	if patience == asLongAsItTakes {
		defer a.tellLate(all)()
	}
	if err := work(all); err != nil {
		return err
	}
	for _, stands := range all.Standings() {
		if stands.Lacks != "" {
			a.note("%s is left out: %s", stands.Context, ui.Clean(stands.Lacks))
		}
		if stands.Err != nil {
			return fmt.Errorf("%s is missing in the list: %w", stands.Context, stands.Err)
		}
	}
	return nil
}

// lateEvery is how often it is looked who is late.
const lateEvery = time.Second / 2

// tellLate says on stderr which contexts keep a list waiting, each once; stop ends
// that.
func (a *app) tellLate(all *several.Backend) (stop func()) {
	over := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		ticker := time.NewTicker(lateEvery)
		defer ticker.Stop()
		said := map[string]bool{}
		for {
			select {
			case <-over:
				return
			case <-ticker.C:
			}
			for _, stands := range all.Standings() {
				if stands.Late && !said[stands.Context] {
					said[stands.Context] = true
					a.note("  waiting for %s, which has not answered yet", ui.Clean(stands.Context))
				}
			}
		}
	})
	return func() {
		close(over)
		told.Wait()
	}
}

// tellWaits says on stderr when a request waits because the service has refused it
// with 429; stop ends that.
func (a *app) tellWaits(backend client.Backend) (stop func()) {
	over := make(chan struct{})
	var told sync.WaitGroup
	for _, trace := range client.Traces(backend) {
		told.Go(func() {
			for {
				until, changed := trace.Held()
				if left := until.Sub(a.now()); left > 0 {
					a.note("  %s", standing.Of(trace.Context, standing.Throttled(until, a.now())))
				}
				select {
				case <-changed:
				case <-over:
					return
				}
			}
		})
	}
	return func() {
		close(over)
		told.Wait()
	}
}

// outlast waits for the deploys that stop when this program ends.
func (a *app) outlast(ctx context.Context, backend *action.Guarded) error {
	if backend.Driven() == 0 {
		return nil
	}
	a.note("waiting until the deploy is done: this program drives it; if it is cut, it can be resumed")
	return backend.Settle(ctx)
}

// stateDir returns the state directory of the flag, or the one of the
// environment.
func (a *app) stateDir() (string, error) {
	if a.flags.stateDir != "" {
		return filepath.Abs(a.flags.stateDir)
	}
	return embedded.DefaultStateDir(a.env)
}

// openEmbedded reaches the local engine, and starts it unless peek is set. The
// engine reads the configuration file by itself, so that no value of it shows
// on a command line.
func (a *app) openEmbedded(ctx context.Context, peek bool) (client.Backend, error) {
	if _, err := a.configuration(); err != nil {
		return nil, err
	}
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	var args []string
	if a.configFile != "" {
		args = []string{"--config", a.configFile}
	}
	backend, err := embedded.Open(ctx, embedded.Options{StateDir: dir, Version: version, NoStart: peek, Patient: a.patient, Clock: a.now, EngineArgs: args})
	var place *fs.PathError
	if errors.As(err, &place) && client.Explain(err).Code == client.CodeFailed {
		return nil, &client.Error{
			Code: client.CodeFailed, Message: "the state directory " + dir + " cannot be used: " + place.Err.Error(), Err: place,
			Hint: "set FNDECK_STATE_DIR to a directory that you can write",
		}
	}
	if err != nil {
		return nil, err
	}
	return backend, nil
}
