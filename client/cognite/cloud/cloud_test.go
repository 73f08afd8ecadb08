package cloud_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/seal"
	"fndeck/client"
	"fndeck/client/clienttest"
	"fndeck/client/cognite"
	"fndeck/client/cognite/cloud"
	"fndeck/client/embedded/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// short waits at most a moment.
func short(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(min(d, 20*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// console is a backend as a program that has just been started; dir is what the
// machine keeps.
func console(t *testing.T, url, bearer, dir string) *cloud.Backend {
	t.Helper()
	return consoleAs(t, cognite.Identity{}, url, bearer, dir)
}

// consoleAs is one whose schedules run as a client.
func consoleAs(t *testing.T, as cognite.Identity, url, bearer, dir string) *cloud.Backend {
	t.Helper()
	return consoleWith(t, func(c *cloud.Config) { c.Identity = as }, url, bearer, dir)
}

// consoleWith is one that is set up as set says.
func consoleWith(t *testing.T, set func(*cloud.Config), url, bearer, dir string) *cloud.Backend {
	t.Helper()
	transport := &http.Transport{}
	config := cloud.Config{
		Name: "prod", BaseURL: url, Project: "local", Client: &http.Client{Transport: transport}, Token: auth.FileToken{Path: bearer},
		Dir: filepath.Join(dir, "kept"), Sealer: seal.New(filepath.Join(dir, "key"), false), Clock: time.Now, Wait: short, Jitter: rand.Float64,
	}
	set(&config)
	b, err := cloud.New(config)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, b.Settle(ctx))
		require.NoError(t, b.Close())
		transport.CloseIdleConnections()
	})
	return b
}

func TestARemoteProjectKeepsTheContract(t *testing.T) {
	e := enginetest.Start(t)
	dir := t.TempDir()
	clienttest.Run(t, func(t *testing.T) client.Backend { return console(t, e.URL, e.BearerFile, dir) })
}
