//go:build linux

package embedded_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/clienttest"
	"fndeck/client/cognite"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/trust"
	"fndeck/client/embedded/engine/trust/trusttest"
	"fndeck/client/embedded/wire"
	"fndeck/client/several"
)

// asEngine makes this test program be an engine, as the binary is with the
// argument engine.
const asEngine = "FNDECK_TEST_AS_ENGINE"

func TestMain(m *testing.M) {
	if os.Getenv(asEngine) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	syscall.Umask(0o077)
	dir := os.Getenv("FNDECK_STATE_DIR")
	timeout, err := time.ParseDuration(cmp.Or(os.Getenv("FNDECK_TEST_CALL_TIMEOUT"), "1m"))
	if err == nil {
		err = engine.Run(ctx, engine.Config{
			StateDir: dir, KeyFile: filepath.Join(dir, "..", "key"), Version: "test", Clock: shiftedClock(os.Getenv("FNDECK_TEST_CLOCK_SHIFT")),
			Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), CallTimeout: timeout, TCP: os.Getenv("FNDECK_TEST_TCP") != "", ClosedNetwork: os.Getenv("FNDECK_TEST_CLOSED") != "",
			Trusted: trust.Config{Issuer: os.Getenv("FNDECK_TEST_ISSUER"), Audience: trusttest.Audience},
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fndeck:", err)
		if errors.Is(err, engine.ErrLocked) {
			os.Exit(wire.ExitLocked)
		}
		os.Exit(1)
	}
}

// shiftedClock is the wall clock, moved by a duration.
func shiftedClock(shift string) func() time.Time {
	by, err := time.ParseDuration(cmp.Or(shift, "0s"))
	if err != nil {
		panic(err)
	}
	return func() time.Time { return time.Now().Add(by) }
}

// options are those of an engine in a state directory of the test's own.
func options(t *testing.T) embedded.Options {
	t.Helper()
	t.Setenv(asEngine, "1")
	t.Setenv("XDG_RUNTIME_DIR", "")
	dir := filepath.Join(t.TempDir(), "state")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = embedded.Stop(ctx, dir) // the test may have stopped it
	})
	return embedded.Options{StateDir: dir, Command: []string{os.Args[0]}, Clock: time.Now}
}

func open(t *testing.T, o embedded.Options) *embedded.Backend {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b, err := embedded.Open(ctx, o)
	require.NoError(t, err, "%s", engineLog(o))
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func engineLog(o embedded.Options) []byte {
	text, _ := os.ReadFile(filepath.Join(o.StateDir, wire.LogFile)) // none is fine
	return text
}

func TestTheEmbeddedEngineKeepsTheContract(t *testing.T) {
	o := options(t)
	clienttest.Run(t, func(t *testing.T) client.Backend { return open(t, o) })
}

// The plain Cognite client against the engine's dialect: what the cloud offers.
func TestTheCogniteDialectKeepsTheContract(t *testing.T) {
	o := options(t)
	open(t, o)
	socket, err := wire.SocketPath(o.StateDir, os.Getenv)
	require.NoError(t, err)
	clienttest.Run(t, func(t *testing.T) client.Backend {
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		}}
		b := cognite.New(cognite.Config{
			Name: "dialect", BaseURL: "http://engine.local", Project: "local", Client: &http.Client{Transport: transport},
			Token: auth.FileToken{Path: filepath.Join(o.StateDir, wire.TokenFile)}, Jitter: rand.Float64,
		})
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return b
	})
}

func TestAContextShownAmongOthersKeepsTheContract(t *testing.T) {
	o := options(t)
	clienttest.Run(t, func(t *testing.T) client.Backend {
		b := several.New([]several.Part{{Name: "local", Backend: action.Guard(open(t, o), action.Marks{})}}, time.Now, several.Patience)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return b
	})
}

func TestAListThatHasNotChangedIsNotSentAgain(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("def handle(data): return 1\n")
	received := func() int64 {
		exchanges := d.b.Trace().Exchanges()
		return exchanges[0].Received
	}
	first, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	whole := received()
	again, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Less(t, received(), whole, "the names of chunks alone")
	c, err := d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID})
	require.NoError(t, err)
	_, err = d.b.WaitCall(d.ctx, f.ID, c.ID)
	require.NoError(t, err)
	after, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	require.Equal(t, c.ID, after[0].LastCall.ID, "what has changed is")
}

// O05
func TestAnEngineOfAnotherVersionIsToldOfWithWhatRenewsIt(t *testing.T) {
	d := newDesk(t)
	require.Empty(t, d.b.Describe().Outdated)
	status, err := embedded.Status(d.ctx, d.o.StateDir)
	require.NoError(t, err)
	same, newer := d.o, d.o
	same.Version, newer.Version = status.Version, "v9"
	require.Empty(t, open(t, same).Describe().Outdated)
	require.Contains(t, open(t, newer).Describe().Outdated, "this program is v9: fndeck engine stop renews it")
}
