//go:build linux

package core

import (
	"encoding/base64"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

const canary = `c4n4ry/"s3cret"+value`

// P7, S03
func TestASecretReachesTheFunctionAndNothingElse(t *testing.T) {
	r := newRig(t, nil)
	n := NewFunction{Secrets: map[string]string{"api-key": canary}, EnvVars: map[string]string{"REGION": "north"}}
	v := r.deploy(n, map[string]string{"handler.py": `
import base64, json, os, sys, urllib.parse
def handle(data, secrets):
    s = secrets["api-key"]
    print("plain", s)
    print("base64", base64.b64encode(s.encode()).decode())
    print("url", urllib.parse.quote(s, safe=""))
    print("json", json.dumps(s))
    print("env", sorted(k for k, v in os.environ.items() if s in v))
    print("argv", s in open("/proc/self/cmdline").read())
    if data.get("fail"):
        raise ValueError(s)
    return {"length": len(s), "region": os.environ["REGION"]}
`})
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	c, response := r.call(v.ID, `{}`)
	assert.JSONEq(t, `{"length":21,"region":"north"}`, response)
	log := r.logOf(c.ID)
	assert.Contains(t, log, "plain •••")
	assert.Contains(t, log, "base64 •••")
	assert.Contains(t, log, "url •••")
	assert.Contains(t, log, `json "•••"`)
	assert.Contains(t, log, "env []")
	assert.Contains(t, log, "argv False")
	failed, _ := r.call(v.ID, `{"fail":true}`)
	assert.Equal(t, "ValueError: •••", failed.ErrorMessage)

	require.NoError(t, r.Core.Close())
	assertNowhere(t, r.dir)
	r.open()
	_, response = r.call(v.ID, `{}`)
	assert.Contains(t, response, "21", "the restarted engine still has it")
}

// assertNowhere looks for the canary, in every form, in all files.
func assertNowhere(t *testing.T, dir string) {
	t.Helper()
	forms := []string{canary, base64.StdEncoding.EncodeToString([]byte(canary)), url.QueryEscape(canary), url.PathEscape(canary), `c4n4ry/\"s3cret\"`}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, form := range forms {
			assert.NotContains(t, string(text), form, path)
		}
		return err
	}))
}

func TestSecretsStayThroughARedeployUnlessChanged(t *testing.T) {
	r := newRig(t, nil)
	source := map[string]string{"handler.py": "def handle(secrets): return secrets\n"}
	v := r.deploy(NewFunction{Secrets: map[string]string{"k": "first"}}, source)
	_, err := r.Redeploy(r.ctx, v.ID, r.file(source), Change{})
	require.NoError(t, err)
	r.settled(v.ID)
	_, response := r.call(v.ID, `{}`)
	assert.JSONEq(t, `{"k":"first"}`, response)
	_, err = r.Redeploy(r.ctx, v.ID, r.file(source), Change{Secrets: map[string]string{"k": "second"}})
	require.NoError(t, err)
	r.settled(v.ID)
	_, response = r.call(v.ID, `{}`)
	assert.JSONEq(t, `{"k":"second"}`, response)
}

func TestAKeyThatOthersCanReadIsRefused(t *testing.T) {
	r := newRig(t, nil)
	require.NoError(t, os.WriteFile(r.c.KeyFile, []byte(strings.Repeat("k", 32)), 0o644))
	_, err := r.Create(r.ctx, NewFunction{Name: "f", FileID: r.file(map[string]string{"handler.py": ""}), Secrets: map[string]string{"k": "value"}})
	assert.ErrorContains(t, err, "chmod 600")
	all, err := r.Store().Functions()
	require.NoError(t, err)
	assert.Empty(t, all)
}
