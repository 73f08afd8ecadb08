// Command fndeck is the console for cloud functions. Run bare it is the
// console, its subcommands do the same things for scripts, and `fndeck engine`
// is the local engine. This package holds flags, configuration, wiring and exit
// codes; what is done stands in client/action.
package main

import (
	"os"
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
		readSecret:  func() ([]byte, error) { return term.ReadPassword(os.Stdin.Fd()) },
	}
	a.open, a.console = a.openContext, a.runConsole
	ctx, stop := catchSignals(&a.lent)
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
