package engine

import (
	"io"
	"log/slog"
	"path/filepath"

	"fndeck/auth/redact"
	"fndeck/client/embedded/engine/journal"
	"fndeck/client/embedded/wire"
	"fndeck/client/pack"
)

// NewLogger returns the engine's logger to stderr. Where that is the log in the
// state directory, it is five files of 5 MB at most. Credentials are masked in
// what errors quote.
func NewLogger(stateDir string, stderr io.Writer) *slog.Logger {
	to := journal.Log(filepath.Join(stateDir, wire.LogFile), stderr)
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{ReplaceAttr: maskAttr}))
}

func maskAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, maskText(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			return slog.String(a.Key, maskText(err.Error()))
		}
	}
	return a
}

func maskText(text string) string { return redact.Shapes(pack.MaskURL(text)) }
