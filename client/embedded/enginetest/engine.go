// Package enginetest gives tests of remote clients a real server: the engine, whose
// loopback port speaks the dialects of the clouds.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/wire"
)

// asEngine makes a test program be an engine, as the binary is with the argument
// engine.
const asEngine = "FNDECK_TEST_AS_ENGINE"

// asTrusting names the issuer that such an engine trusts.
const asTrusting = "FNDECK_TEST_TRUSTED_ISSUER"

// Audience is that of the tokens which an engine takes from an issuer.
const Audience = "https://engine.example"

// callTimeout bounds a call of a test's function.
const callTimeout = time.Minute

// Main is the TestMain of a package whose tests start engines.
func Main(m *testing.M) {
	if os.Getenv(asEngine) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	syscall.Umask(0o077)
	dir := os.Getenv("FNDECK_STATE_DIR")
	config := engine.Config{
		StateDir: dir, KeyFile: filepath.Join(dir, "..", "key"), Version: "test", Clock: now,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), CallTimeout: callTimeout, TCP: true,
	}
	config.Trusted.Issuer, config.Trusted.Audience = os.Getenv(asTrusting), Audience
	err := engine.Run(ctx, config)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fndeck:", err)
		if errors.Is(err, engine.ErrLocked) {
			os.Exit(wire.ExitLocked)
		}
		os.Exit(1)
	}
}

// Engine is a running engine.
type Engine struct {
	// URL is its loopback port; BearerFile holds the token that opens it, ClientFile
	// the client credentials that it knows.
	URL, BearerFile, ClientFile string
}

// Start starts an engine in a state directory of its own, until the test ends. Tests
// that run at once may each have one.
func Start(t *testing.T) Engine { return Trusting(t, "") }

// Trusting starts an engine that takes the tokens of an issuer too.
func Trusting(t *testing.T, issuer string) Engine {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = embedded.Stop(ctx, dir) // it may have been stopped
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b, err := embedded.Open(ctx, embedded.Options{StateDir: dir, Command: []string{"env", asEngine + "=1", asTrusting + "=" + issuer, os.Args[0]}, Clock: now})
	require.NoError(t, err)
	require.NoError(t, b.Close())
	status, err := embedded.Status(ctx, dir)
	require.NoError(t, err)
	require.NotEmpty(t, status.TCP)
	return Engine{URL: status.TCP, BearerFile: status.BearerFile, ClientFile: status.ClientFile}
}
