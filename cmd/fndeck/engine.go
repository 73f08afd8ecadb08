package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/backup"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/engine/trust"
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
			"The configuration file sets the same for an engine that starts by itself:\nengine.python, engine.log_cap_mib, engine.call_timeout, engine.tcp (true or false) and\nengine.port (a port that stays the same),\n" +
			"engine.oidc.issuer and engine.oidc.audience (an OpenID issuer whose tokens the port\ntakes too; engine.oidc.ca_file adds certificates for it),\n" +
			"engine.network (open, or closed to keep functions from the network),\nengine.key_file (another key to seal secrets with; FNDECK_ENGINE_KEY_FILE wins), and\nhow much of the history is kept: engine.retention.days (90) and engine.retention.gib\n(no limit).",
		Example: "  fndeck engine status\n  fndeck engine --call-timeout 5m\n  fndeck engine --tcp",
		Args:    knownCommand,
	}
	flags := group.Flags()
	flags.StringVar(&f.python, "python", "", "Python that builds and runs functions without a runtime of their own")
	flags.Int64Var(&f.logCapMiB, "log-cap-mib", 0, "log of one call, at most, in MiB")
	flags.DurationVar(&f.callTimeout, "call-timeout", 0, "time limit of a call")
	flags.BoolVar(&f.tcp, "tcp", false, "serve the clouds' own clients on a port of 127.0.0.1 too")
	group.RunE = func(cmd *cobra.Command, _ []string) error { return a.runEngine(cmd, f) }
	group.AddCommand(a.engineStartCommand(), a.engineStopCommand(), a.engineStatusCommand(),
		a.engineBackupCommand(), a.engineRestoreCommand())
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
	key, named, err := a.keyFile()
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
		KeyNamed:    named,
		Python:      settings.Python,
		LogCapBytes: settings.LogCapBytes,
		IndexURL:    settings.IndexURL,
		CallTimeout: settings.CallTimeout,

		ClosedNetwork: settings.ClosedNetwork,
		TCP:           settings.TCP,
		Port:          settings.Port,
		Trusted:       trust.Config{Issuer: settings.OIDC.Issuer, Audience: settings.OIDC.Audience, CAFile: settings.OIDC.CAFile},

		Retention:      settings.Retention,
		RetentionBytes: settings.RetentionBytes,

		Version: version,
		Clock:   a.now,
		Logger:  engine.NewLogger(dir, a.errs),
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
			c, err := a.configuration()
			if err != nil {
				return err
			}
			local, err := findContext(c, config.LocalContext) // whatever context is in use
			if err != nil {
				return err
			}
			backend, err := a.open(cmd.Context(), local, false)
			if err != nil {
				return err
			}
			_ = backend.Close() // the engine goes on
			return a.engineStatus(cmd)
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
			if err := a.writable("the engine is not stopped"); err != nil {
				return err
			}
			// Stopping an idle engine loses nothing; running calls are worth a question.
			if status.Running > 0 {
				if err := a.askOfEngine(ctx, "stop the engine: what runs on it fails, calls running: "+strconv.Itoa(status.Running)); err != nil {
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
	if s.ReadOnly != "" {
		a.note("%s", ui.Clean(s.ReadOnly))
	}
	if !s.Disk.RunsOut.IsZero() {
		a.note("the disk of %s is full on %s if calls and logs go on as they did: free room, or keep less with engine.retention", ui.Clean(dir), s.Disk.RunsOut.Format(time.DateOnly))
	}
	return a.print(statusSheet(s, a.clock()), format)
}

// statusSheet is the row of an engine; its TCP columns stand there only while
// the port is open, those of a trusted issuer only if there is one.
func statusSheet(s embedded.EngineStatus, at output.Clock) sheet {
	header := []string{"PID", "VERSION", "FUNCTIONS", "RUNNING", "ISOLATION", "LIMITS", "RUNTIMES", "STARTED", "DISK", "OLDEST CALL"}
	cells := []string{
		strconv.Itoa(s.PID), s.Version, strconv.Itoa(s.Functions), strconv.Itoa(s.Running), s.Isolation, s.Limits,
		strings.Join(s.Runtimes, " "), at.Time(s.Started), ui.Bytes(s.Disk.TotalBytes()), at.Time(s.Disk.OldestCall),
	}
	if s.TCP != "" {
		header, cells = append(header, "TCP", "TOKEN URL", "CLIENT FILE", "BEARER FILE"), append(cells, s.TCP, s.TokenURL, s.ClientFile, s.BearerFile)
	}
	if s.Issuer != "" {
		header, cells = append(header, "TRUSTED ISSUER", "AUDIENCE"), append(cells, s.Issuer, s.Audience)
	}
	return sheet{
		One: true, Block: true, Header: header, Wide: []string{"STATE DIR", "SOCKET", "FREE", "KEPT DAYS", "RUNS OUT"},
		Rows: []row{{Key: "engine", Name: strconv.Itoa(s.PID), Value: s, Cells: append(cells, s.StateDir, s.Socket, ui.Bytes(s.Disk.FreeBytes), strconv.Itoa(int(s.Disk.Retention.Hours()/24)), at.Time(s.Disk.RunsOut))}},
	}
}

func (a *app) engineBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write functions, versions, code, schedules, calls and logs to one file",
		Long: "backup writes the whole state to one file, as it is at one moment. The engine may\nrun and be busy; without one the state directory is read directly. The file is\n" +
			"read back and checked before it takes its name.\n\nSecrets stay sealed in it. The key that opens them is not in it: keep a copy of\nthe key elsewhere, or give the secrets again after a restore.",
		Example: "  fndeck engine backup ~/fndeck.tar.gz",
		Args:    between(1, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.backup(cmd, args[0]) },
	}
}

// backup writes a backup to a file of its own, which replaces an old one only
// when it is complete.
func (a *app) backup(cmd *cobra.Command, file string) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		if err := a.ask(ctx, action.Check{Question: "replace " + file}); err != nil {
			return err
		}
	}
	pending, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o600), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = pending.Cleanup() }() // after the replacement it does nothing
	err = embedded.Backup(ctx, dir, pending)
	if errors.Is(err, client.ErrNotFound) {
		err = engine.Backup(ctx, dir, version, a.now(), pending)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, store.ErrNotFound) {
		return &client.Error{Code: client.CodeNotFound, Message: "there is no state in " + dir, Hint: "--state-dir names another directory", Err: err}
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if _, err := pending.Seek(0, io.SeekStart); err != nil {
		return err
	}
	m, err := backup.Read(ctx, pending, backup.Discard)
	if err != nil {
		return fmt.Errorf("the backup was not written whole: %w", err)
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	a.noteMissing(m)
	if key, _, err := a.keyFile(); err == nil {
		a.note("secrets in it are sealed, and the key is not in it: keep a copy of %s elsewhere", ui.Clean(key))
	}
	return a.print(backupSheet(m, file, a.clock()), format)
}

func (a *app) noteMissing(m backup.Manifest) {
	if n := len(m.Missing); n > 0 {
		a.note("warning: code that the state refers to was gone or damaged and is not in the backup: %d of %d archives", n, n+len(m.Entries)-1)
	}
}

func backupSheet(m backup.Manifest, file string, at output.Clock) sheet {
	return sheet{
		One: true, Header: []string{"FILE", "CREATED", "FUNCTIONS", "SCHEDULES", "CALLS", "STATE"},
		Rows: []row{{Key: "backup", Name: file, Value: m, Cells: []string{
			file, at.Time(m.Created), strconv.Itoa(m.Functions), strconv.Itoa(m.Schedules), strconv.Itoa(m.Calls), ui.Bytes(m.SizeBytes()),
		}}},
	}
}

func (a *app) engineRestoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the state; the old state is set aside",
		Long: "restore verifies a backup whole before it touches anything. Then it moves the\nold state aside, into before-restore-TIME in the state directory, and puts\n" +
			"the backup in its place. A restore that is cut leaves the old state or the new.\n\nThe engine must not run: close the consoles, which would start it again, then\nfndeck engine stop. Calls that ran when the backup was taken become Failed,\nruns that were due since then are recorded as Missed.",
		Example: "  fndeck engine stop\n  fndeck engine restore ~/fndeck.tar.gz",
		Args:    between(1, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.restore(cmd, args[0]) },
	}
}

func (a *app) restore(cmd *cobra.Command, file string) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	if err := a.writable("nothing is restored"); err != nil {
		return err
	}
	from, err := os.Open(file)
	if err != nil {
		return &client.Error{Code: client.CodeInvalid, Message: "restore: " + err.Error(), Err: err}
	}
	m, err := backup.Read(ctx, from, backup.Discard)
	_ = from.Close() // only read
	if err != nil {
		return client.Invalidf("%s is not restored: %s", file, err)
	}
	question := fmt.Sprintf("replace the state of %s by the one of %s (functions: %d)", dir, m.Created.Format(time.RFC3339), m.Functions)
	if err := a.askOfEngine(ctx, question); err != nil {
		return err
	}
	m, aside, err := engine.Restore(ctx, dir, file, a.now())
	if errors.Is(err, engine.ErrLocked) {
		return &client.Error{Code: client.CodeConflict, Message: "an engine serves " + dir, Hint: "close the consoles, run fndeck engine stop, then restore"}
	}
	if err != nil {
		return fmt.Errorf("nothing is restored: %w", err)
	}
	a.noteMissing(m)
	if aside != "" {
		a.note("the state before is in %s: delete it when nobody needs it", ui.Clean(aside))
	}
	if key, _, err := a.keyFile(); err == nil {
		a.note("secrets open with the key %s only if it is the one that they were sealed with", ui.Clean(key))
	}
	return a.print(backupSheet(m, file, a.clock()), format)
}

// keyFileVariable names the file with the key that seals secrets, as a service
// gets it from its manager. It wins over the configuration.
const keyFileVariable = "FNDECK_ENGINE_KEY_FILE"

// keyFile is where the key that seals secrets lies, and whether somebody named
// it: then it must exist.
func (a *app) keyFile() (path string, named bool, err error) {
	c, err := a.configuration()
	if err != nil { // whatever needs the file refuses it by itself
		c = config.Default()
	}
	path = cmp.Or(a.env(keyFileVariable), c.Engine.KeyFile)
	switch {
	case path == "":
		path, err = embedded.DefaultKeyFile(a.env)
		return path, false, err
	case !filepath.IsAbs(path):
		return "", true, client.Invalidf("%s is %q: write an absolute path", keyFileVariable, path)
	}
	return path, true, nil
}
