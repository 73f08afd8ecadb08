//go:build linux

package runner

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const telling = "import os, time\nseen = dict(os.environ)\ndef handle(): return {'own': seen.get('OWN'), 'now': os.environ.get('OWN'), 'ld': os.environ.get('LD_X'), 'tz': time.tzname[0], 'here': os.getcwd() == os.environ['HOME'], 'path': 'PATH' in os.environ}\n"

// spared starts zygotes with spares until the spare is there.
func (r *rig) spared() *Spares {
	r.t.Helper()
	s := NewSpares(r.spawner, r.boot)
	r.t.Cleanup(s.Close)
	s.refill(r.python)
	s.starts.Wait()
	return s
}

func (s *Spares) pid(python string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting[python].cmd.Process.Pid
}

func (r *rig) sparedSpec(s *Spares, own map[string]string) Spec {
	spec := r.spec(telling)
	spec.Env, spec.Spares = Environment(spec.Scratch, own), s
	return spec
}

func TestAZygoteOfASpareIsAsIfItWereStartedForItsFunction(t *testing.T) {
	r := newRig(t)
	s := r.spared()
	waiting := s.pid(r.python)
	z := r.startSpec(r.sparedSpec(s, map[string]string{"OWN": "1", "TZ": "XYZ-3"}))
	assert.Equal(t, waiting, z.PID())
	outcome, _ := r.call(z, `{}`, nil)
	assert.JSONEq(t, `{"own":"1","now":"1","ld":null,"tz":"XYZ","here":true,"path":true}`, string(outcome.Response), outcome.Message)
	s.starts.Wait()
	assert.NotEqual(t, waiting, s.pid(r.python), "the next one waits already")
}

func TestVariablesOfTheLoaderGetAFreshProcess(t *testing.T) {
	r := newRig(t)
	s := r.spared()
	waiting := s.pid(r.python)
	z := r.startSpec(r.sparedSpec(s, map[string]string{"LD_X": "early"}))
	assert.NotEqual(t, waiting, z.PID())
	outcome, _ := r.call(z, `{}`, nil)
	assert.Contains(t, string(outcome.Response), `"ld":"early"`)
	assert.Equal(t, waiting, s.pid(r.python))
}

func TestASpareThatDiedCostsNoStart(t *testing.T) {
	r := newRig(t)
	s := r.spared()
	waiting := s.pid(r.python)
	require.NoError(t, syscall.Kill(waiting, syscall.SIGKILL))
	require.Eventually(t, func() bool { return !alive(waiting) }, time.Minute, time.Millisecond)
	z := r.startSpec(r.sparedSpec(s, nil))
	assert.NotEqual(t, waiting, z.PID())
}

func TestOfManyPythonsOnlyTheLatestWait(t *testing.T) {
	r := newRig(t)
	s := r.spared()
	first := s.pid(r.python)
	for range maxSpares {
		other := filepath.Join(t.TempDir(), "python")
		require.NoError(t, os.Symlink(r.python, other))
		s.refill(other)
		s.starts.Wait()
	}
	assert.Len(t, s.waiting, maxSpares)
	assert.NotContains(t, s.waiting, r.python)
	assert.False(t, alive(first))
}

func TestWhatASpareCannotImportIsToldAsEver(t *testing.T) {
	r := newRig(t)
	spec := r.sparedSpec(r.spared(), nil)
	broken := r.spec("print('importing')\nraise RuntimeError('no')\n")
	spec.Root = broken.Root
	o := &output{}
	_, err := Start(context.Background(), r.spawner, spec, o.sink)
	var failed *ImportError
	require.ErrorAs(t, err, &failed)
	assert.True(t, strings.HasPrefix(failed.Message, "RuntimeError: no"), failed.Message)
	assert.Equal(t, []string{"importing"}, o.texts(Stdout))
}

func TestSparesEndWithTheirEngine(t *testing.T) {
	r := newRig(t)
	s := r.spared()
	waiting := s.pid(r.python)
	s.Close()
	assert.False(t, alive(waiting))
	s.refill(r.python)
	assert.Nil(t, s.take(r.spec(telling)))
}
