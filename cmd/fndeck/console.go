package main

import (
	"context"
	"errors"
	"os"

	"fndeck/client"
	"fndeck/views"
)

// runConsole shows the console until it is quit.
func (a *app) runConsole(ctx context.Context) error {
	if !a.inTerminal || !a.outTerminal {
		return &client.Error{
			Code:    client.CodeInvalid,
			Message: "the console needs a terminal on stdin and stdout",
			Hint:    "fndeck --help lists the commands for scripts",
		}
	}
	c, err := a.configuration()
	if err != nil {
		return err
	}
	zone, err := a.zone()
	if err != nil {
		return err
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	var lost func() (string, <-chan struct{})
	return a.with(ctx, func(backend client.Backend) error {
		if b, ok := backend.(interface {
			Lost() (string, <-chan struct{})
		}); ok {
			lost = b.Lost
		}
		bound, problems := a.boundKeys(c)
		options := views.Options{
			Keys:     &bound,
			Problems: problems,
			Backend:  backend,
			Clock:    a.now,
			Zone:     zone,
			StateDir: dir,
			ASCII:    c.ASCII,
			NoColor:  !a.colored(),
			Dark:     background(c.Theme),
			Environ:  os.Environ(),
			Lent:     &a.lent,
			Lost:     lost,
		}
		// The console leaves the terminal in order by itself when a signal comes;
		// an ended context would cut that short.
		err := views.Run(context.WithoutCancel(ctx), options)
		var end *views.SignalError
		if errors.As(err, &end) {
			return signalled{end.Signal}
		}
		return err
	})
}

// background is what a theme says of the terminal; nil asks the terminal.
func background(theme string) *bool {
	dark := theme == "dark"
	if !dark && theme != "light" {
		return nil
	}
	return &dark
}
