//go:build linux

package core

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/store"
)

func TestAFunctionDeletedWhileItIsImportedHoldsNobodyUp(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import os, time\ntime.sleep(0 if os.environ.get('FAST') else 0.5)\ndef handle(data): return 1\n")
	r.pool.discard(*v.Serving)
	c, err := r.Invoke(v.ID, nil)
	require.NoError(t, err)
	done := r.running.find(c.ID).done
	require.NoError(t, r.Delete([]int64{v.ID}))
	select {
	case <-done:
	case <-r.ctx.Done():
		t.Fatal("the call never ended")
	}
	assert.Empty(t, r.slots, "its slot is free")
}

func TestAFolderThatAFunctionMadeReadOnlyDoesNotKeepTheEngineFromStarting(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import os\ndef handle(data):\n    os.makedirs('cache/deep')\n    os.chmod('cache', 0o500)\n    return 1\n")
	r.call(v.ID, `{}`)
	require.NoError(t, r.Core.Close())
	r.open()
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, "1", response)
	require.NoError(t, r.Core.Close())
	r.open()
	entries, err := os.ReadDir(r.path(scratchDir))
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestCallsThatWaitForABuildDoNotKeepOthersFromRunning(t *testing.T) {
	r := newRig(t, nil)
	quick := r.handler("def handle(data): return 1\n")
	slow, err := r.Create(r.ctx, NewFunction{Name: "slow", FileID: r.file(map[string]string{"handler.py": "import time\ntime.sleep(1000)\n"})})
	require.NoError(t, err)
	for range maxRunning + 10 {
		_, err := r.Invoke(slow.ID, nil)
		require.NoError(t, err)
	}
	_, response := r.call(quick.ID, `{}`)
	assert.Equal(t, "1", response)
}

func TestAnIdleProcessThatIsRetiredDisturbsNoCall(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	for range 20 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.pool.retire(r.clock.Now().Add(time.Hour))
		}()
		c, response := r.call(v.ID, `{}`)
		assert.Equal(t, "1", response, c.ErrorMessage)
		<-done
	}
}

func TestARollbackGoesToWhatServedBeforeAndNotIntoARedeploy(t *testing.T) {
	r := newRig(t, nil)
	source := func(answer string) map[string]string {
		return map[string]string{"handler.py": "import os\ndef handle(data): return ['" + answer + "', os.environ.get('MODE')]\n"}
	}
	v := r.deploy(NewFunction{}, source("v1"))
	redeploy := func(answer string, c Change) {
		_, err := r.Redeploy(r.ctx, v.ID, r.file(source(answer)), c)
		require.NoError(t, err)
		require.Equal(t, store.Ready, r.settled(v.ID).Latest.Status)
	}
	answer := func() string {
		_, response := r.call(v.ID, `{}`)
		return response
	}
	redeploy("v2", Change{})
	redeploy("v3 bad", Change{EnvVars: map[string]string{"MODE": "broken"}})
	_, err := r.Rollback(v.ID, 0)
	require.NoError(t, err)
	assert.JSONEq(t, `["v2", null]`, answer())
	redeploy("v4 bad", Change{})
	assert.JSONEq(t, `["v4 bad", null]`, answer(), "settings that were rolled back from do not come back")
	_, err = r.Rollback(v.ID, 0)
	require.NoError(t, err)
	assert.JSONEq(t, `["v2", null]`, answer(), "not v3, which never was good")

	_, err = r.Redeploy(r.ctx, v.ID, r.file(map[string]string{"handler.py": "import time\ntime.sleep(1000)\n"}), Change{})
	require.NoError(t, err)
	_, err = r.Rollback(v.ID, 1)
	assert.ErrorIs(t, err, client.ErrConflict)
}

func TestDeletingAFunctionEndsItsDeploy(t *testing.T) {
	r := newRig(t, nil)
	v, err := r.Create(r.ctx, NewFunction{Name: "slow", FileID: r.file(map[string]string{"handler.py": "import time\ntime.sleep(1000)\n"})})
	require.NoError(t, err)
	done := r.deploying.find(v.Latest.DeployID).done
	require.NoError(t, r.Delete([]int64{v.ID}))
	select {
	case <-done:
	case <-r.ctx.Done():
		t.Fatal("the deploy goes on")
	}
	assert.Empty(t, r.logOf(v.Latest.DeployID))
}

func TestEveryLineAndTheLongestOfSecretsIsMasked(t *testing.T) {
	m := newMasker([]string{"-----BEGIN KEY-----\nline one\nline two\n", "hunter2hunter2", "hunter2hunter2-and-the-rest"})
	for _, line := range []string{"-----BEGIN KEY-----", "line one", "hunter2hunter2-and-the-rest"} {
		assert.Equal(t, maskText, m.mask(line))
	}
	assert.Equal(t, "nothing here", m.mask("nothing here"))
}

func TestAClockThatRanAheadBeforeTheStartIsNoticed(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	s := r.schedule(v.ID, "* * * * *")
	r.clock.set(start.AddDate(1, 0, 0))
	r.at(start.AddDate(1, 0, 0))
	require.NoError(t, r.Core.Close())
	r.clock.set(minute(5))
	r.open()
	r.await(func() bool {
		after, err := r.Store().Schedule(s.ID)
		require.NoError(t, err)
		return after.NextDue.Equal(minute(6))
	})
}

func TestRequirementsMayNameFilesOfTheFolder(t *testing.T) {
	r := newRig(t, nil)
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": "def handle(data): return 1\n", "requirements.txt": "-r base.txt\n", "base.txt": "# nothing to install\n"})
	assert.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	assert.False(t, strings.Contains(v.Latest.ErrorTrace, "base.txt"))
}

// meddler reaches for another call of its version if it is told of one, otherwise
// it is that.
const meddler = `
import os, signal, subprocess, time
def attempt(what):
    try:
        what()
        return "done"
    except Exception as exc:
        return type(exc).__name__
def handle(data):
    if "pid" not in data:
        print(os.getpid())
        time.sleep(1000)
    own = subprocess.Popen(["sleep", "1000"])
    return [
        attempt(lambda: os.kill(data["pid"], signal.SIGKILL)),
        attempt(lambda: open("/proc/%d/mem" % data["pid"], "rb").close()),
        attempt(lambda: os.kill(os.getppid(), signal.SIGKILL)),
        attempt(own.kill), own.wait(),
    ]
`

func TestACallCanNeitherSignalNorTraceAnotherOfItsVersion(t *testing.T) {
	if k := confine.Probe(); k.Landlock < 6 {
		t.Skipf("this kernel confines less: %s", confine.Badge(k, confine.Access{}))
	}
	for _, mode := range []string{ModeIsolated, ModeWarm} {
		t.Run(mode, func(t *testing.T) {
			r := newRig(t, nil)
			v := r.handler(meddler)
			r.mode(v.ID, mode, 0)
			victim, err := r.Invoke(v.ID, nil)
			require.NoError(t, err)
			var pid int
			r.await(func() bool {
				n, _ := fmt.Sscan(r.logOf(victim.ID), &pid) // it has not printed yet
				return n == 1
			})
			c, response := r.call(v.ID, fmt.Sprintf(`{"pid":%d}`, pid))
			require.Equal(t, store.Completed, c.Status, c.ErrorMessage+c.ErrorTrace)
			assert.Equal(t, `["PermissionError","PermissionError","PermissionError","done",-9]`, response)
			require.NoError(t, r.Cancel(v.ID, victim.ID), "the zygote still reaches it")
			victim, err = r.WaitCall(r.ctx, v.ID, victim.ID)
			require.NoError(t, err)
			assert.Equal(t, store.Cancelled, victim.Status, victim.ErrorMessage)
		})
	}
}
