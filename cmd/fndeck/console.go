package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
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
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	desk, err := a.contextDesk()
	if err != nil {
		return err
	}
	a.patient = true
	return a.with(ctx, func(backend client.Backend) error {
		guarded, ok := backend.(*action.Guarded)
		if !ok {
			return fmt.Errorf("the console needs a backend under marks, not %T", backend)
		}
		board := contexts.NewBoard(desk, c, a.marks)
		board.Path, _ = a.configPath()
		board.Keep(guarded.Describe().Name, guarded)
		history, stop := context.WithCancel(ctx)
		defer stop()
		board.Archives = true
		board.KeepHistory(history, guarded.Describe().Name)
		defer board.Close()
		defer desk.Close(ctx)
		options := a.appearance(c)
		options.Backend, options.Contexts, options.Lost, options.Clock, options.StateDir = guarded, board, guarded.Lost, a.now, dir
		options.NoColor, options.Environ, options.Lent = !a.colored(), os.Environ(), &a.lent
		options.Reload = func(now bool) (*views.Options, error) { return a.reload(board, now) }
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

// appearance is what the console takes from the configuration.
func (a *app) appearance(c *config.Config) views.Options {
	bound, problems := a.boundKeys(c)
	zone := c.Zone
	if zone == nil {
		zone = time.Local
	}
	return views.Options{
		Keys: &bound, Problems: problems, Zone: zone, ASCII: c.ASCII || a.flags.ascii, Dark: background(c.Theme), Mouse: c.Mouse, Notify: c.Notify,
	}
}

// reload reads the configuration anew if it has changed, or in any case, and puts
// its marks on the backends at once. The settings that the app began with stay:
// nothing reads them while the console runs.
func (a *app) reload(board *contexts.Board, now bool) (*views.Options, error) {
	read := a.file.LoadChanged
	if now {
		read = func() (*config.Config, error) {
			c, _, err := a.file.Load()
			return c, err
		}
	}
	c, err := read()
	if c == nil || err != nil {
		return nil, err
	}
	board.Follow(c)
	options := a.appearance(c)
	return &options, nil
}

// background is what a theme says of the terminal; nil asks the terminal.
func background(theme string) *bool {
	dark := theme == "dark"
	if !dark && theme != "light" {
		return nil
	}
	return &dark
}
