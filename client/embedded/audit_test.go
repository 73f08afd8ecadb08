//go:build linux

package embedded_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/embedded/engine/journal"
)

// trail reads the audit trail; every line must be one entry.
func trail(t *testing.T, stateDir string) (all []journal.Entry) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stateDir, journal.AuditFile))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		var e journal.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e), "%q", line)
		all = append(all, e)
	}
	return all
}

func TestEveryChangeIsOneLineOfTheAuditTrailWhereverItCameFrom(t *testing.T) {
	o, status := onTCP(t)
	d := &desk{t, o, open(t, o), t.Context()}
	const hostile = "evil\u2028name \"}"
	f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: hostile}, d.code("def handle(data):\n    return 1\n"), nil)
	require.NoError(t, err)
	d.awaitReady(f.ID)
	d.call(f)
	_, err = d.b.Redeploy(d.ctx, f.ID, d.code("def handle(data):\n    return 2\n"), client.SpecChange{}, nil)
	require.NoError(t, err)
	d.awaitReady(f.ID)
	_, err = d.b.Rollback(d.ctx, f.ID, 0)
	require.NoError(t, err)

	bearer, err := os.ReadFile(status.BearerFile)
	require.NoError(t, err)
	tcp := func(path, body string) (int, string) {
		r, err := http.NewRequestWithContext(d.ctx, http.MethodPost, status.TCP+"/api/v1/projects/local/"+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+string(bearer))
		r.Header.Set("Content-Type", "application/json")
		reply, err := (&http.Client{}).Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(reply.Body)
		require.NoError(t, errors.Join(err, reply.Body.Close()))
		return reply.StatusCode, string(text)
	}
	code, text := tcp("sessions", `{"items":[{"tokenExchange":true}]}`)
	require.Equal(t, http.StatusCreated, code, text)
	_, nonce, _ := strings.Cut(text, `"nonce":"`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	code, text = tcp("functions/"+f.ID+"/call", `{"nonce":"`+nonce+`","data":{"password":"hunter2"}}`)
	require.Equal(t, http.StatusCreated, code, text)
	const forging = `{"items":[{"name":"x\n{\"user\":\"root\",\"action\":\"functions.delete\",\"result\":\"ok\"}","fileId":1}]}`
	code, text = tcp("functions", forging)
	require.Equal(t, http.StatusBadRequest, code, text)
	require.NoError(t, d.b.Delete(d.ctx, f.ID))

	var actions []string
	for _, e := range trail(t, o.StateDir) {
		actions = append(actions, e.Action)
		assert.NotEmpty(t, e.User)
		assert.False(t, e.Time.IsZero())
	}
	assert.Subset(t, actions, []string{"files.create", "files.upload", "functions.create", "functions.call", "functions.redeploy", "functions.rollback", "functions.delete"})
	count := func(matches func(journal.Entry) bool) (n int) {
		for _, e := range trail(t, o.StateDir) {
			if matches(e) {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 2, count(func(e journal.Entry) bool { return e.Action == "functions.call" && e.Result == "ok" }))
	assert.Equal(t, 1, count(func(e journal.Entry) bool {
		return e.Action == "functions.call" && strings.HasPrefix(e.Remote, "127.0.0.1:")
	}))
	assert.Equal(t, 1, count(func(e journal.Entry) bool {
		return e.Action == "functions.create" && strings.Contains(e.Object, hostile) && strings.Contains(e.Object, "function "+f.ID)
	}))
	assert.Equal(t, 1, count(func(e journal.Entry) bool {
		return e.Action == "functions.create" && strings.Contains(e.Result, "control character")
	}))
	assert.Equal(t, 1, count(func(e journal.Entry) bool { return e.Action == "functions.delete" }), "nobody forged one")
	all, err := os.ReadFile(filepath.Join(o.StateDir, journal.AuditFile))
	require.NoError(t, err)
	assert.NotContains(t, string(all), "hunter2", "data is not told")
	assert.NotContains(t, string(all), nonce)
	info, err := os.Stat(filepath.Join(o.StateDir, journal.AuditFile))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func (d *desk) awaitReady(functionID string) {
	d.Helper()
	_, err := action.AwaitReady(d.ctx, d.b, functionID, nil)
	require.NoError(d, err)
}
