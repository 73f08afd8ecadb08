package core

import (
	"context"
	"io"
	"os"

	"fndeck/client/embedded/engine/backup"
)

// Backup writes the state as it is at one moment; calls and deploys go on
// meanwhile. It fails before the first byte is written, or the reader finds the
// end missing: the reason is then in the engine's log.
func (e *Core) Backup(ctx context.Context, version string, to io.Writer) error {
	started := &startedWriter{Writer: to}
	scratch := e.path(scratchDir)
	if e.readOnly != nil {
		scratch = os.TempDir() // what can be read can be saved
	}
	m, err := backup.Source{StateDir: e.c.StateDir, Scratch: scratch, Version: version, Created: e.now(), Snapshot: e.store.Snapshot}.Write(ctx, started)
	switch {
	case err == nil:
		e.c.Logger.Info("backed up", "functions", m.Functions, "calls", m.Calls, "bytes", m.SizeBytes())
	case started.begun:
		e.c.Logger.Error("a backup was cut", "error", err)
		return nil
	}
	return err
}

// startedWriter remembers whether anything was written.
type startedWriter struct {
	io.Writer
	begun bool
}

func (w *startedWriter) Write(p []byte) (int, error) {
	w.begun = true
	return w.Writer.Write(p)
}
