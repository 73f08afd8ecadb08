package main

import (
	"errors"
	"log/slog"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/cmd/config"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// engineFlags are the flags of the engine in the foreground.
type engineFlags struct {
	python      string
	logCapMiB   int64
	callTimeout time.Duration
	tcp         bool
}

// engineGroup is the local engine: bare it runs in the foreground.
func (a *app) engineGroup() *cobra.Command {
	var f engineFlags
	group := &cobra.Command{
		Use:   "engine",
		Short: "Run, start, stop or look at the local engine",
		Long: "engine runs the local engine in the foreground. Other commands start it by\nthemselves when none runs on the state directory; it goes on when they end," +
			"\nso that schedules fire and calls finish without a terminal.\n\n" +
			"The configuration file sets the same for an engine that starts by itself:\nengine.python, engine.log_cap_mib, engine.call_timeout, engine.tcp (true or false),\n" +
			"and engine.network (open, or closed to keep functions from the network).",
		Example: "  fndeck engine status\n  fndeck engine --call-timeout 5m\n  fndeck engine --tcp",
		Args:    knownCommand,
	}
	flags := group.Flags()
	flags.StringVar(&f.python, "python", "", "Python that builds and runs functions without a runtime of their own")
	flags.Int64Var(&f.logCapMiB, "log-cap-mib", 0, "log of one call, at most, in MiB")
	flags.DurationVar(&f.callTimeout, "call-timeout", 0, "time limit of a call")
	flags.BoolVar(&f.tcp, "tcp", false, "serve the clouds' own clients on a port of 127.0.0.1 too")
	group.RunE = func(cmd *cobra.Command, _ []string) error { return a.runEngine(cmd, f) }
	group.AddCommand(a.engineStartCommand(), a.engineStopCommand(), a.engineStatusCommand())
	return group
}

// runEngine serves until ctx ends: a flag wins over the environment, and that
// over the configuration.
func (a *app) runEngine(cmd *cobra.Command, f engineFlags) error {
	c, err := a.configuration()
	if err != nil {
		return err
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	key, err := embedded.DefaultKeyFile(a.env)
	if err != nil {
		return err
	}
	settings, err := f.over(cmd, c.Engine)
	if err != nil {
		return err
	}
	// Whoever read the engine's output may go away; the engine must not.
	signal.Ignore(syscall.SIGPIPE)
	err = engine.Run(cmd.Context(), engine.Config{
		StateDir:    dir,
		KeyFile:     key,
		Python:      settings.Python,
		LogCapBytes: settings.LogCapBytes,
		IndexURL:    settings.IndexURL,
		CallTimeout: settings.CallTimeout,

		ClosedNetwork: settings.ClosedNetwork,
		TCP:           settings.TCP,

		Version: version,
		Clock:   a.now,
		Logger:  slog.New(slog.NewTextHandler(a.errs, nil)),
	})
	if errors.Is(err, engine.ErrLocked) {
		return &client.Error{
			Code: client.CodeConflict, Message: "an engine serves " + dir + " already",
			Hint: "fndeck engine status shows it",
		}
	}
	return err
}

// over lays what the command line or its environment gave over the settings of
// the file.
func (f engineFlags) over(cmd *cobra.Command, settings config.Engine) (config.Engine, error) {
	if f.logCapMiB < 0 || f.logCapMiB > config.MaxLogCapMiB || f.callTimeout < 0 {
		return settings, usagef(cmd.CommandPath(), "--log-cap-mib and --call-timeout take positive values, the first up to %d", config.MaxLogCapMiB)
	}
	if f.python != "" {
		settings.Python = f.python
	}
	if f.logCapMiB > 0 {
		settings.LogCapBytes = f.logCapMiB << 20
	}
	if f.callTimeout > 0 {
		settings.CallTimeout = f.callTimeout
	}
	// Without the look at Changed, --tcp=false could not win over the file.
	if cmd.Flags().Changed("tcp") {
		settings.TCP = f.tcp
	}
	return settings, nil
}

func (a *app) engineStartCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "start",
		Short:   "Start the engine in the background, unless it runs",
		Example: "  fndeck engine start",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(client.Backend) error { return a.engineStatus(cmd) })
		},
	}
}

func (a *app) engineStopCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stop",
		Short:   "Stop the engine: running calls fail, schedules pause until it starts again",
		Example: "  fndeck engine stop --yes",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			dir, err := a.stateDir()
			if err != nil {
				return err
			}
			status, err := embedded.Status(ctx, dir)
			if errors.Is(err, client.ErrNotFound) {
				a.note("no engine runs on %s", ui.Clean(dir))
				return nil
			}
			if err != nil {
				return err
			}
			if a.flags.readOnly {
				return &client.Error{Code: client.CodeForbidden, Message: "read-only: the engine is not stopped", Hint: "run fndeck without --read-only"}
			}
			// Stopping an idle engine loses nothing; running calls are worth a question.
			if status.Running > 0 {
				if err := a.ask(ctx, "stop the engine: what runs on it fails, calls running: "+strconv.Itoa(status.Running), ""); err != nil {
					return err
				}
			}
			if err := embedded.Stop(ctx, dir); err != nil {
				return err
			}
			a.note("the engine has stopped")
			return nil
		},
	}
}

func (a *app) engineStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Show the engine of the state directory",
		Example: "  fndeck engine status -o json",
		Args:    between(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.engineStatus(cmd) },
	}
}

// engineStatus prints what the engine of the state directory says of itself.
func (a *app) engineStatus(cmd *cobra.Command) error {
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	s, err := embedded.Status(cmd.Context(), dir)
	if err != nil {
		return err
	}
	if s.Version != version {
		a.note("the engine is %s and this is %s: fndeck engine stop, then any command starts the new one", ui.Clean(s.Version), version)
	}
	return a.print(statusSheet(s, a.clock()), format)
}

// statusSheet is the row of an engine; its TCP column stands there only while
// the port is open.
func statusSheet(s embedded.EngineStatus, at output.Clock) sheet {
	header := []string{"PID", "VERSION", "FUNCTIONS", "RUNNING", "ISOLATION", "RUNTIMES", "STARTED"}
	cells := []string{
		strconv.Itoa(s.PID), s.Version, strconv.Itoa(s.Functions), strconv.Itoa(s.Running), s.Isolation,
		strings.Join(s.Runtimes, " "), at.Time(s.Started),
	}
	if s.TCP != "" {
		header, cells = append(header, "TCP"), append(cells, s.TCP)
	}
	return sheet{
		One: true, Header: header, Wide: []string{"STATE DIR", "SOCKET"},
		Rows: []row{{Key: "engine", Name: strconv.Itoa(s.PID), Value: s, Cells: append(cells, s.StateDir, s.Socket)}},
	}
}
