package main

import (
	"context"
	"errors"
	"os"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
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
	return a.with(ctx, func(backend client.Backend) error {
		options := a.appearance(c)
		options.Backend, options.Clock, options.StateDir = backend, a.now, dir
		options.NoColor, options.Environ, options.Lent = !a.colored(), os.Environ(), &a.lent
		if b, ok := backend.(interface {
			Lost() (string, <-chan struct{})
		}); ok {
			options.Lost = b.Lost
		}
		options.Reload = func(now bool) (*views.Options, error) { return a.reload(backend, now) }
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
// its marks on the backend at once. The settings that the app began with stay:
// nothing reads them while the console runs.
func (a *app) reload(backend client.Backend, now bool) (*views.Options, error) {
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
	if guarded, ok := backend.(*action.Guarded); ok {
		guarded.Mark(a.marks(c))
	}
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
