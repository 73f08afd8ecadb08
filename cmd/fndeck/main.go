// Command fndeck is the console for cloud functions. Run bare it is the
// console, its subcommands do the same things for scripts, and `fndeck engine`
// is the local engine. This package holds flags, configuration, wiring and exit
// codes; what is done stands in client/action.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	// The zone data of the machine may be missing.
	_ "time/tzdata"

	"github.com/charmbracelet/x/term"

	"fndeck/cmd/harden"
)

// version is stamped by the linker: -ldflags "-X main.version=…".
var version = "dev"

func main() {
	harden.Process()
	a := &app{
		in: os.Stdin, out: os.Stdout, errs: os.Stderr,
		env: os.Getenv, now: time.Now,
		inTerminal:  term.IsTerminal(os.Stdin.Fd()),
		outTerminal: term.IsTerminal(os.Stdout.Fd()),
		outWidth:    width(os.Stdout),
		readSecret:  func() ([]byte, error) { return term.ReadPassword(os.Stdin.Fd()) },
	}
	a.open, a.console = a.openContext, a.runConsole
	ctx, stop := catchSignals(&a.lent)
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// width is how many columns a terminal has, 0 if f is none or does not tell.
func width(f *os.File) int {
	columns, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return columns
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal syscall.Signal }

func (s signalled) Error() string { return fmt.Sprintf("ended by signal %d", int(s.signal)) }

// exitCode is what a shell reports for a process that the signal ended.
func (s signalled) exitCode() int { return 128 + int(s.signal) }

// catchSignals returns a context that ends with the first signal, so that
// connections and the terminal are left in order. The second signal ends the
// process at once. While the terminal is lent to an editor an interrupt is the
// editor's, and no hang-up, which comes twice, ends the process before the editor
// has: its file is still to be removed. stop gives the signals back.
func catchSignals(lent *atomic.Bool) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for first := true; ; {
			select {
			case <-done:
				return
			case s := <-caught:
				end := signalled{s.(syscall.Signal)}
				editing := lent.Load()
				if editing && end.signal == syscall.SIGINT {
					continue
				}
				if !first && !(editing && end.signal == syscall.SIGHUP) {
					os.Exit(end.exitCode())
				}
				first = false
				cancel(end)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(caught)
		close(done)
		cancel(nil)
	}
}
