//go:build linux

package runner

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeTree is a folder that looks like a mounted cgroup that this process is in.
type fakeTree struct {
	*testing.T
	self, mount, dir string
}

func newFakeTree(t *testing.T, path, controllers, enabled string) *fakeTree {
	f := &fakeTree{T: t, self: t.TempDir(), mount: t.TempDir()}
	f.dir = filepath.Join(f.mount, path)
	require.NoError(t, os.MkdirAll(f.dir, 0o700))
	f.write(filepath.Join(f.self, "mountinfo"), fmt.Sprintf("30 23 0:26 / %s rw,nosuid shared:4 - cgroup2 cgroup2 rw\n", f.mount))
	f.write(filepath.Join(f.self, "cgroup"), "4:memory:/old\n0::"+path+"\n")
	f.files(f.dir, controllers, enabled)
	return f
}

func (f *fakeTree) write(path, text string) {
	f.Helper()
	require.NoError(f, os.WriteFile(path, []byte(text), 0o600))
}

// files are those that the kernel makes in every cgroup.
func (f *fakeTree) files(dir, controllers, enabled string) {
	f.Helper()
	f.write(filepath.Join(dir, "cgroup.controllers"), controllers)
	f.write(filepath.Join(dir, "cgroup.subtree_control"), enabled)
	f.write(filepath.Join(dir, "cgroup.procs"), "")
}

func (f *fakeTree) read(path ...string) string {
	f.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{f.dir}, path...)...))
	require.NoError(f, err)
	return string(text)
}

func TestADelegatedCgroupIsDividedBetweenTheEngineAndItsCalls(t *testing.T) {
	f := newFakeTree(t, "/user.slice/fndeck.service", "cpu memory pids\n", "\n")
	ours := filepath.Join(f.dir, engineGroup)
	require.NoError(t, os.Mkdir(ours, 0o700))
	f.files(ours, "", "")
	g := FindCgroups(f.self)
	require.NotNil(t, g)
	assert.Equal(t, "cgroup memory and pids", g.String())
	assert.Equal(t, strconv.Itoa(os.Getpid()), f.read(engineGroup, "cgroup.procs"))
	assert.Equal(t, "+memory +pids", strings.TrimSpace(f.read("cgroup.subtree_control")))

	call := filepath.Join(f.dir, callPrefix+"1")
	require.Nil(t, g.join(77, Bounds{Tasks: 100, MemoryBytes: 512 << 20}), "what is refused is done without")
	require.NoDirExists(t, call)
}

func TestACallsCgroupHasItsLimitsAndTellsWhenMemoryWasOut(t *testing.T) {
	f := newFakeTree(t, "/", "memory pids\n", "memory pids\n")
	g := FindCgroups(f.self)
	require.NotNil(t, g)
	c := &cgroup{dir: filepath.Join(f.dir, callPrefix+"1"), limit: 512 << 20}
	require.NoError(t, os.Mkdir(c.dir, 0o700))
	for _, name := range []string{"memory.max", "memory.oom.group", "memory.swap.max", "pids.max", "cgroup.procs"} {
		f.write(filepath.Join(c.dir, name), "")
	}
	require.NoError(t, g.limit(c, 77, Bounds{Tasks: 100, MemoryBytes: 512 << 20}))
	assert.Equal(t, strconv.Itoa(512<<20+cgroupSlack), f.read(callPrefix+"1", "memory.max"))
	assert.Equal(t, "1", f.read(callPrefix+"1", "memory.oom.group"))
	assert.Equal(t, "100", f.read(callPrefix+"1", "pids.max"))
	assert.Equal(t, "77", f.read(callPrefix+"1", "cgroup.procs"))
	assert.Empty(t, c.cause())
	f.write(filepath.Join(c.dir, "memory.events"), "low 0\noom 1\noom_kill 0\n")
	assert.Empty(t, c.cause())
	f.write(filepath.Join(c.dir, "memory.events"), "low 0\noom 1\noom_kill 3\n")
	assert.Equal(t, "out of memory (limit 512 MB)", c.cause())
}

func TestACgroupThatIsNotOursIsLeftAlone(t *testing.T) {
	for name, f := range map[string]*fakeTree{
		"no controllers":      newFakeTree(t, "/user.slice/x.scope", "cpu\n", "\n"),
		"the machine's root":  newFakeTree(t, "/", "memory pids\n", "\n"),
		"no second version":   {T: t, self: t.TempDir()},
		"a mount that is not": {T: t, self: t.TempDir(), mount: "/nowhere"},
	} {
		g := FindCgroups(f.self)
		assert.Nil(t, g, name)
		assert.Empty(t, g.String())
		assert.Nil(t, g.join(1, Bounds{}))
	}
	var none *cgroup
	none.end()
	assert.Empty(t, none.cause())
}

func TestTheEndOfACgroupIsTheEndOfAllThatIsInIt(t *testing.T) {
	mount := cgroupMount("/proc/self/mountinfo")
	if mount == "" {
		t.Skip("no cgroups of the second version are mounted")
	}
	dir := filepath.Join(mount, fmt.Sprintf("fndeck-test-%d", os.Getpid()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Skip("cgroups may not be made here: ", err)
	}
	g := &Cgroups{dir: dir}
	t.Cleanup(func() { (&cgroup{dir: dir}).end() })
	script := "read go; trap '' TERM; for i in 1 2 3; do setsid sleep 1000 & done; (setsid sh -c 'sleep 1001 & exec sleep 1002' &) ; echo ready; wait"
	cmd := exec.Command("sh", "-c", script)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := g.join(cmd.Process.Pid, Bounds{})
	require.NotNil(t, c)
	_, err = in.Write([]byte("go\n"))
	require.NoError(t, err)
	ready := make([]byte, len("ready\n"))
	_, err = out.Read(ready)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(words(filepath.Join(c.dir, "cgroup.procs"))) >= 6 }, 10*time.Second, 5*time.Millisecond)
	pids := words(filepath.Join(c.dir, "cgroup.procs"))
	go func() { _ = cmd.Wait() }() // killed
	c.end()
	require.NoDirExists(t, c.dir)
	for _, text := range pids {
		pid, err := strconv.Atoi(text)
		require.NoError(t, err)
		state := stat(pid).state
		assert.True(t, state == 0 || state == 'Z', "process %d is %c", pid, state)
	}
}
