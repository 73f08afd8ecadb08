package cloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cognite"
	"fndeck/client/cognite/cloud"
	"fndeck/client/embedded/enginetest"
	"fndeck/client/faultproxy"
	"fndeck/client/pack"
)

const canary = "canary-c10d"

// desk is a console of a project behind a proxy.
type desk struct {
	*testing.T
	ctx    context.Context
	engine enginetest.Engine
	proxy  *faultproxy.Proxy
	dir    string
	b      *cloud.Backend
}

// newDesk begins a project. Its test runs beside others: it mostly waits for builds.
func newDesk(t *testing.T) *desk {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	e := enginetest.Start(t)
	d := &desk{T: t, ctx: ctx, engine: e, proxy: faultproxy.New(t, e.URL), dir: t.TempDir()}
	d.b = d.another()
	return d
}

// another is a second console of the same machine.
func (d *desk) another() *cloud.Backend {
	return console(d.T, d.proxy.URL, d.engine.BearerFile, d.dir)
}

func (d *desk) code(version int) client.Package {
	d.Helper()
	text := fmt.Sprintf("def handle(data, secrets):\n    print('version', %d)\n    return [%d, len(secrets['key'])]\n", version, version)
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(text)})
	require.NoError(d, err)
	return client.Package{Zip: zip, SHA256: pack.Hash(zip), Folder: fmt.Sprintf("/src/v%d", version)}
}

func (d *desk) deploy(externalID string) client.Function {
	d.Helper()
	f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f", ExternalID: externalID, Secrets: map[string]client.Secret{"key": auth.NewSecret(canary)}}, d.code(1), nil)
	require.NoError(d, err)
	return d.ready(f)
}

func (d *desk) ready(f client.Function) client.Function {
	d.Helper()
	f, err := action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(d, err)
	return f
}

func (d *desk) call(f client.Function) client.Call {
	d.Helper()
	c, err := d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID})
	require.NoError(d, err)
	c, err = d.b.WaitCall(d.ctx, f.ID, c.ID)
	require.NoError(d, err)
	return c
}

func (d *desk) redeploy(f client.Function, version int) client.Function {
	d.Helper()
	f, err := d.b.Redeploy(d.ctx, f.ID, d.code(version), client.SpecChange{}, nil)
	require.NoError(d, err)
	return d.ready(f)
}

// all reads the calls of a function in pages of two.
func (d *desk) all(b client.Backend, q client.CallQuery) (calls []client.Call) {
	d.Helper()
	for q.Limit = 2; ; {
		page, err := b.Calls(d.ctx, q)
		require.NoError(d, err)
		assert.LessOrEqual(d, len(page.Calls), 2)
		calls = append(calls, page.Calls...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return calls
		}
	}
}

// knownClient is an application that the engine issues tokens to.
type knownClient struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

func (d *desk) knownClient() (known knownClient) {
	d.Helper()
	text, err := os.ReadFile(d.engine.ClientFile)
	require.NoError(d, err)
	require.NoError(d, json.Unmarshal(text, &known))
	return known
}

// runsAs checks that the one schedule of a function runs as a client.
func (d *desk) runsAs(known knownClient, f client.Function) {
	d.Helper()
	bound, err := d.b.Bound(d.ctx, f.NativeID)
	require.NoError(d, err)
	require.Len(d, bound, 1)
	session, ok, err := d.b.Session(d.ctx, bound[0].SessionID)
	require.NoError(d, err)
	require.True(d, ok)
	assert.Equal(d, []string{cognite.ByClient, known.ID}, []string{session.Type, session.ClientID})
}

// hides checks that a secret stands in no file that is kept.
func (d *desk) hides(secret string) {
	d.Helper()
	require.NoError(d, filepath.WalkDir(filepath.Join(d.dir, "kept"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		assert.NotContains(d, string(text), secret, name)
		return err
	}))
}
