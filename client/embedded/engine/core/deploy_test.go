//go:build linux

package core

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

func TestADeployGoesThroughItsPhasesAndSaysWhatItDid(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("print('hello from the import')\ndef handle(data): return 1\n")
	d, err := r.Store().Deploy(v.Latest.DeployID)
	require.NoError(t, err)
	assert.Equal(t, store.Ready, d.Status)
	assert.Equal(t, PhaseSwitched, d.Phase)
	assert.False(t, d.Ended.IsZero())
	assert.Contains(t, r.logOf(d.ID), "hello from the import")
	assert.Equal(t, ModeIsolated, v.Latest.Mode)
}

func TestAModuleWithThreadsRunsColdAndSaysWhy(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\ndef handle(data): return 1\n")
	assert.Equal(t, ModeCold, v.Latest.Mode)
	assert.Equal(t, "the module starts a thread when it is imported", v.Latest.ModeReason)
	assert.Contains(t, r.logOf(v.Latest.DeployID), "runs cold")
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, "1", response)
}

// U01, U02, U03, U07 as the engine meets them, past every check of the console.
func TestAnArchiveThatCannotBeDeployedFailsNamingWhy(t *testing.T) {
	hostile := func(name string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
	for _, c := range []struct{ name, zip, message string }{
		{"points outside", hostile("../../etc/x"), `entry "../../etc/x"`},
		{"absolute", hostile("/etc/x"), `entry "/etc/x"`},
		{"backslash", hostile(`a\..\b`), `entry "a\\..\\b"`},
		{"empty", "", "empty"},
		{"not a zip", "hello", "not a zip"},
		{"no handler", hostile("readme.txt"), `No Python module found at location "handler.py" in zip-file`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			v, err := r.Create(r.ctx, NewFunction{Name: "f", FileID: r.upload(c.zip)})
			require.NoError(t, err)
			v = r.settled(v.ID)
			assert.Equal(t, store.Failed, v.Latest.Status)
			assert.Contains(t, v.Latest.ErrorMessage, c.message)
			unpacked, err := filepath.Glob(filepath.Join(r.dir, "versions", "*", "*"))
			require.NoError(t, err)
			for _, name := range unpacked {
				assert.Contains(t, name, "readme.txt")
			}
			_, err = os.Stat(filepath.Join(r.dir, "..", "etc"))
			assert.ErrorIs(t, err, os.ErrNotExist)
			call, _ := r.call(v.ID, `{}`)
			assert.Equal(t, store.Failed, call.Status)
			assert.Contains(t, call.ErrorMessage, "not deployed")
		})
	}
}

func TestARuntimeThatIsNotHereIsRefusedNamingTheOnesThatAre(t *testing.T) {
	r := newRig(t, nil)
	_, err := r.Create(r.ctx, NewFunction{Name: "f", FileID: r.file(map[string]string{"handler.py": ""}), Runtime: "py39"})
	require.ErrorContains(t, err, "py39 is not installed here; available: py3")
	all, err := r.Store().Functions()
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestAFunctionCannotBeMadeFromAFileThatWasNotUploaded(t *testing.T) {
	r := newRig(t, nil)
	f, _, err := r.CreateFile(NewFile{Name: "f.zip"})
	require.NoError(t, err)
	_, err = r.Create(r.ctx, NewFunction{Name: "f", FileID: f.ID})
	assert.ErrorContains(t, err, "is not uploaded yet")
	_, err = r.Create(r.ctx, NewFunction{Name: "f", FileID: 77})
	assert.ErrorContains(t, err, "file 77 does not exist")
}

func TestAnUploadLinkWorksOnce(t *testing.T) {
	r := newRig(t, nil)
	_, right, err := r.CreateFile(NewFile{Name: "f.zip"})
	require.NoError(t, err)
	require.NoError(t, r.Upload(right, strings.NewReader("x")))
	assert.ErrorIs(t, r.Upload(right, strings.NewReader("y")), client.ErrNotFound)
}

func TestASecondRedeployDuringOneIsAConflict(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	slow := r.file(map[string]string{"handler.py": "import time\ntime.sleep(1000)\n"})
	_, err := r.Redeploy(r.ctx, v.ID, slow, Change{})
	require.NoError(t, err)
	_, err = r.Redeploy(r.ctx, v.ID, slow, Change{})
	assert.ErrorIs(t, err, client.ErrConflict)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, "1", response, "the old version serves meanwhile")
}

func TestTheEngineStoppingFailsWhatRunsAndSaysSo(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import time\ndef handle(data):\n    print('started')\n    time.sleep(1000)\n")
	c, err := r.Invoke(v.ID, nil)
	require.NoError(t, err)
	r.await(func() bool { return r.logOf(c.ID) != "" })
	require.NoError(t, r.Core.Close())
	r.open()
	c, err = r.Call(v.ID, c.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Failed, c.Status)
	assert.Equal(t, "engine stopped at 2026-11-20T08:00:30Z", c.ErrorMessage)
}

func TestDeletingAFunctionEndsItsCalls(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import time\ndef handle(data): time.sleep(1000)\n")
	c, err := r.Invoke(v.ID, nil)
	require.NoError(t, err)
	done := r.running.find(c.ID).done
	require.NoError(t, r.Delete([]int64{v.ID}))
	<-done
	_, err = r.Call(v.ID, c.ID)
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func TestALogOverItsCapIsCutWithAMark(t *testing.T) {
	r := newRig(t, func(c *Config) { c.LogCapBytes = 1000 })
	v := r.handler("def handle(data):\n    for i in range(1000):\n        print('line', i)\n    return 'done'\n")
	c, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"done"`, response, "the function never blocks on its output")
	lines := strings.Split(strings.TrimSpace(r.logOf(c.ID)), "\n")
	assert.Less(t, len(lines), 130)
	assert.Contains(t, lines[len(lines)-1], "log cut: ")
	assert.Contains(t, lines[len(lines)-1], "the limit is 1000")
}

func TestDataIsCheckedBeforeAProcessIsForked(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	for data, message := range map[string]string{
		"[]": "data, line 1 column 1: needed is an object", "1": "this is a number", "{": "line 1 column 2: it ends too early", "{} x": "line 1 column 4: text after the end",
		`{"a":NaN}`: "line 1 column 6", "{\n\"a\":1,\"a\":2}": "line 2 column 7: key \"a\" is already in line 2 column 1", "{\"\xff\":1}": "byte 0xff is not UTF-8",
	} {
		_, err := r.Invoke(v.ID, []byte(data))
		assert.ErrorContains(t, err, message, data)
	}
	_, err := r.Invoke(v.ID, []byte(`{"x":"`+strings.Repeat("x", MaxDataBytes)+`"}`))
	assert.ErrorContains(t, err, "data has 9000008 bytes (9000.0 kB), the limit is 9000000 bytes")
	calls, err := r.Store().Calls(store.CallQuery{Limit: 10})
	require.NoError(t, err)
	assert.Empty(t, calls)
}

func TestAVersionThatServesNoMoreKeepsNoProcess(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import time\ndef handle(data):\n    print('up')\n    time.sleep(data.get('wait', 0))\n    return 1\n")
	slow, err := r.Invoke(v.ID, []byte(`{"wait": 0.5}`))
	require.NoError(t, err)
	r.await(func() bool { return strings.Contains(r.logOf(slow.ID), "up") })
	for n := range 3 {
		_, err := r.Redeploy(r.ctx, v.ID, r.file(map[string]string{"handler.py": fmt.Sprintf("def handle(data): return %d\n", n+2)}), Change{})
		require.NoError(t, err)
		require.Equal(t, store.Ready, r.settled(v.ID).Latest.Status)
	}
	slow, err = r.WaitCall(r.ctx, v.ID, slow.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Completed, slow.Status, "a call ends with the version that it began with")
	r.await(func() bool { return r.LoadedZygotes() == 1 })
	_, err = r.Rollback(v.ID, 1)
	require.NoError(t, err)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, "1", response)
	r.await(func() bool { return r.LoadedZygotes() == 1 })
}

func TestTheBuildOutputSaysHowLongEachPhaseTook(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	text := strings.TrimSpace(r.logOf(v.Latest.DeployID))
	assert.Regexp(t, `took: queued \S+, unpacking \S+, checking \S+$`, text)
}
