//go:build linux

package runner

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatAThreadWritesBeyondItsCallIsInNoOtherCallsLog(t *testing.T) {
	r := newRig(t)
	z := r.start(`
import os, threading
def handle(data):
    if data["leave"]:
        threading.Thread(target=os.write, args=(1, b"late\n" * 100000), daemon=True).start()
    return os.getpid()
`)
	workers := map[string]bool{}
	for range 20 { // it depends on when the thread is woken
		leaving, out := r.call(z, `{"leave":true}`, warm(1))
		require.Equal(t, Completed, leaving.Result, leaving.Message)
		assert.Contains(t, []int{0, 100000}, len(out.texts(Stdout)), "the write began within the call, or after it")
		for range 2 {
			next, out := r.call(z, `{"leave":false}`, warm(1))
			require.Equal(t, Completed, next.Result, next.Message)
			assert.Empty(t, out.texts(Stdout))
			workers[string(next.Response)] = true
		}
	}
	assert.Len(t, workers, 1, "nothing held its streams")
}

func TestAWarmWorkerWhoseStreamsSomethingHoldsIsReplaced(t *testing.T) {
	for name, source := range map[string]struct {
		bare         bool
		module, body string
	}{
		"a thread":                  {false, "", "    threading.Thread(target=lambda out: time.sleep(1000), args=(os.dup(1),), daemon=True).start()"},
		"a process from the import": {true, `subprocess.Popen(["sleep", "1005"])`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			spec := r.spec(fmt.Sprintf("import os, subprocess, threading, time\n%s\ndef handle():\n%s\n    print('own')\n", source.module, source.body))
			spec.Bare = source.bare
			z := r.startSpec(spec)
			_, out := r.call(z, `{}`, warm(1))
			assert.Equal(t, []string{"own"}, out.texts(Stdout))
			assert.Len(t, out.texts(Mark), 1)
			assert.Zero(t, z.Workers())
		})
	}
}
