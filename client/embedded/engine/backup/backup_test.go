//go:build linux

package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

var now = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// These name, for a process of the tests' own, what it restores and at which
// step it kills itself.
const (
	childDir    = "FNDECK_TEST_RESTORE_INTO"
	childFile   = "FNDECK_TEST_RESTORE_FILE"
	childKillAt = "FNDECK_TEST_KILL_AT_STEP"
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) == "" {
		os.Exit(m.Run())
	}
	left, _ := strconv.Atoi(os.Getenv(childKillAt))
	_, _, err := Restore(context.Background(), os.Getenv(childDir), os.Getenv(childFile), now, func(string) {
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// state makes a state directory with one function of the given name, its code
// and one call.
func state(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, codeDir), 0o700))
	sum := sha256.Sum256([]byte(name))
	sha := hex.EncodeToString(sum[:])
	require.NoError(t, os.WriteFile(filepath.Join(dir, codeDir, sha+codeSuffix), []byte(name), 0o600))
	s := open(t, dir)
	require.NoError(t, s.Write(store.Durable, func(tx *store.Tx) error {
		f := store.Function{ID: tx.NextID(), Name: name, Created: now, Serving: 1, Latest: 1}
		require.NoError(t, tx.InsertFunction(f))
		require.NoError(t, tx.InsertVersion(store.Version{FunctionID: f.ID, Number: 1, SHA256: sha, Status: store.Ready, Created: now}))
		return tx.InsertCall(store.Call{ID: tx.NextID(), FunctionID: f.ID, Status: store.Running, Started: now}, []byte(`{}`))
	}))
	require.NoError(t, s.Close())
	return dir
}

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, func() time.Time { return now })
	require.NoError(t, err)
	return s
}

// written is a backup of a state.
func written(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := Source{StateDir: dir, Scratch: t.TempDir(), Version: "test", Created: now}.Write(context.Background(), &b)
	require.NoError(t, err)
	return b.Bytes()
}

func saved(t *testing.T, content []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "backup")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

// names are the functions of a state, each with whether its code is there.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	s := open(t, dir)
	functions, err := s.Functions()
	require.NoError(t, err)
	shas, err := s.CodeInUse()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for _, f := range functions {
		all = append(all, f.Name)
	}
	for _, sha := range shas {
		have, err := hashOf(filepath.Join(dir, filepath.FromSlash(codeName(sha))))
		require.NoError(t, err)
		require.Equal(t, sha, have)
	}
	return all
}

// files maps every file below a directory to its content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

func TestABackupIsRestoredElsewhereAndBesideAnOldState(t *testing.T) {
	ctx := context.Background()
	file := saved(t, written(t, state(t, "new")))
	elsewhere := t.TempDir()
	m, aside, err := Restore(ctx, elsewhere, file, now, nil)
	require.NoError(t, err)
	assert.Empty(t, aside, "there was nothing before")
	assert.Equal(t, []int{1, 1}, []int{m.Functions, m.Calls})
	assert.Equal(t, []string{"new"}, names(t, elsewhere))

	old := state(t, "old")
	s := open(t, old)
	epoch := s.Epoch()
	high, err := s.NextID()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, aside, err = Restore(ctx, old, file, now, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"new"}, names(t, old))
	assert.Equal(t, []string{"old"}, names(t, aside), "the old state is whole where it was put")
	s = open(t, old)
	defer func() { require.NoError(t, s.Close()) }()
	assert.NotEqual(t, epoch, s.Epoch(), "readers of the old history begin anew")
	next, err := s.NextID()
	require.NoError(t, err)
	assert.Greater(t, next, high, "no id comes to mean something else")
}

func TestABackupThatWasCutOrChangedIsRefusedAndTheOldStateStays(t *testing.T) {
	whole := written(t, state(t, "new"))
	require.NotEmpty(t, content(whole))
	old := state(t, "old")
	before := files(t, old)
	refused := func(name string, content []byte) {
		_, _, err := Restore(context.Background(), old, saved(t, content), now, nil)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "\n", name)
		require.Equal(t, before, files(t, old), name)
	}
	refused("empty", nil)
	refused("not a backup", []byte("hello, this is no backup of anything at all"))
	refused("something behind it", append(bytes.Clone(whole), 'x'))
	for at := len(whole) - 1; at > 0; at -= 1 + len(whole)/40 {
		refused(fmt.Sprintf("cut at %d", at), whole[:at])
	}
	for at := 0; at < len(whole); at += 1 + len(whole)/40 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x10
		if slices.Equal(content(flipped), content(whole)) {
			continue // gzip has bits that nobody reads
		}
		refused(fmt.Sprintf("flipped at %d", at), flipped)
	}
}

// content is what a backup holds, each file with its hash; nil if it cannot be
// read.
func content(backup []byte) []Entry {
	m, err := Read(context.Background(), bytes.NewReader(backup), Discard)
	if err != nil {
		return nil
	}
	return m.Entries
}

func TestABackupNamesTheCodeThatWasGone(t *testing.T) {
	dir := state(t, "new")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, codeDir)))
	m, _, err := Restore(context.Background(), t.TempDir(), saved(t, written(t, dir)), now, nil)
	require.NoError(t, err)
	assert.Len(t, m.Missing, 1)
}

func TestAKilledRestoreLeavesTheOldStateOrTheNew(t *testing.T) {
	file := saved(t, written(t, state(t, "new")))
	outcomes := map[string]bool{}
	for step := 1; ; step++ {
		dir := state(t, "old")
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, childFile+"="+file, childKillAt+"="+strconv.Itoa(step))
		said, err := cmd.CombinedOutput()
		killed := cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled()
		require.True(t, killed || err == nil, "%s", said)
		_, err = Resume(dir)
		require.NoError(t, err, "step %d", step)
		left := strings.Join(names(t, dir), " ")
		outcomes[left] = true
		require.Contains(t, []string{"old", "new"}, left, "step %d", step)
		for _, rest := range []string{stagingDir, readyDir} {
			require.NoDirExists(t, filepath.Join(dir, rest), "step %d", step)
		}
		if !killed {
			require.Equal(t, "new", left)
			break
		}
	}
	assert.Len(t, outcomes, 2, "kills fell before the decision and behind it")
}
