package python

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counter starts commands in groups of their own, as the engine does, and
// counts them.
type counter struct{ started atomic.Int64 }

func (c *counter) Start(cmd *exec.Cmd) error {
	c.started.Add(1)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}

func (c *counter) Wait(cmd *exec.Cmd) error { return cmd.Wait() }

// machine is a machine with no interpreters: its path and pyenv are empty.
func machine(t *testing.T) (bin, pyenv string) {
	t.Helper()
	bin, pyenv = t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin)
	t.Setenv("PYENV_ROOT", pyenv)
	t.Setenv("HOME", t.TempDir())
	return bin, pyenv
}

// realPython is the binary of an interpreter of this machine, not a shim.
func realPython(t *testing.T) (path, name string) {
	t.Helper()
	out, err := exec.Command("python3", "-I", "-c", "import os, sys; print(os.path.realpath(sys.executable)); print('python%d.%d' % sys.version_info[:2])").Output()
	if err != nil {
		t.Skip("no Python on this machine")
	}
	path, name, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return path, name
}

// install copies an interpreter to where another would lie.
func install(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
	in, err := os.Open(from)
	require.NoError(t, err)
	defer func() { require.NoError(t, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o700)
	require.NoError(t, err)
	_, err = io.Copy(out, in)
	require.NoError(t, err)
	require.NoError(t, out.Close())
}

// claim is a program in an interpreter's place that says this of itself.
func claim(t *testing.T, path string, minor int, venv bool, pip string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	text := fmt.Sprintf(`{"version": [3, %d, 1], "path": %q, "prefix": "/usr", "venv": %v, "pip": %q}`, minor, path, venv, pip)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho '"+text+"'\n"), 0o700))
}

func TestInterpretersOfThePathAndOfPyenvAreFoundAndOthersRefusedByName(t *testing.T) {
	bin, pyenv := machine(t)
	claim(t, filepath.Join(bin, "python3"), 11, true, "23.2.1")
	claim(t, filepath.Join(bin, "python3.10"), 10, true, "20.0")
	claim(t, filepath.Join(bin, "python3.9"), 9, true, "23.0")
	claim(t, filepath.Join(pyenv, "versions", "3.12.1", "bin", "python3.12"), 12, true, "")
	require.NoError(t, os.WriteFile(filepath.Join(bin, "python3.13"), []byte("#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2; exit 127\n"), 0o700))
	all, err := Discover(t.Context(), &counter{}, "", filepath.Join(t.TempDir(), "memory"))
	require.NoError(t, err)
	assert.Equal(t, []string{"py311", "py312", "py310"}, all.Names(), "the python3 of the path is the default")
	for name, says := range map[string]string{
		"py39":  "py39 is not installed here; available: py311, py312, py310",
		"py313": "py313 is not installed here; available: py311, py312, py310",
		"node":  "node is not installed here; available: py311, py312, py310",
	} {
		_, err := all.Find(name)
		assert.EqualError(t, err, says)
	}
	assert.Equal(t, []bool{true, false, false}, []bool{all[0].CanBuild, all[1].CanBuild, all[2].CanBuild}, "pip 22.3 is the first that can")
}

func TestWithoutAnyPythonThatIsSaid(t *testing.T) {
	machine(t)
	all, err := Discover(t.Context(), &counter{}, "", filepath.Join(t.TempDir(), "memory"))
	require.NoError(t, err)
	_, err = all.Find("")
	assert.EqualError(t, err, "no Python 3.10 or newer is installed here: install python3 to deploy and call functions")
	_, err = Discover(t.Context(), &counter{}, "/nowhere/python3", filepath.Join(t.TempDir(), "memory"))
	assert.ErrorContains(t, err, "/nowhere/python3 is not a Python 3.10 or newer")
}

func TestAnInterpreterIsRunAgainOnlyWhenItsFileHasChanged(t *testing.T) {
	real, name := realPython(t)
	bin, _ := machine(t)
	path := filepath.Join(bin, name)
	install(t, real, path)
	memory, c := filepath.Join(t.TempDir(), "memory"), &counter{}
	first, err := Discover(t.Context(), c, "", memory)
	require.NoError(t, err)
	require.Len(t, first, 1)
	if !first[0].CanBuild || !first[0].HasVenv {
		t.Skip("only a whole answer is kept, and this Python lacks pip or venv")
	}
	require.EqualValues(t, 1, c.started.Load())
	again, err := Discover(t.Context(), c, "", memory)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.EqualValues(t, 1, c.started.Load(), "the same file is not run again")

	require.NoError(t, os.Chtimes(path, time.Time{}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	_, err = Discover(t.Context(), c, "", memory)
	require.NoError(t, err)
	assert.EqualValues(t, 2, c.started.Load(), "another time is another file")
	require.NoError(t, os.WriteFile(memory, []byte("{broken"), 0o600))
	_, err = Discover(t.Context(), c, "", memory)
	require.NoError(t, err)
	assert.EqualValues(t, 3, c.started.Load(), "a damaged memory is an empty one")
}

func TestAShimOrALackingInterpreterIsAskedEachTime(t *testing.T) {
	bin, _ := machine(t)
	claim(t, filepath.Join(bin, "python3"), 12, false, "")
	memory, c := filepath.Join(t.TempDir(), "memory"), &counter{}
	for range 2 {
		_, err := Discover(t.Context(), c, "", memory)
		require.NoError(t, err)
	}
	assert.EqualValues(t, 2, c.started.Load(), "what is missing may be installed any time")
}

// Debian leaves ensurepip out of Python itself: environments must not need it.
func TestAnEnvironmentIsMadeWithoutEnsurepip(t *testing.T) {
	real, _ := realPython(t)
	dir := filepath.Join(t.TempDir(), "env")
	script := "import sys; sys.modules['ensurepip'] = None; import venv; venv.main(['--without-pip', sys.argv[1]])"
	out, err := exec.Command(real, "-I", "-c", script, dir).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.FileExists(t, filepath.Join(dir, "bin", "python"))
}
