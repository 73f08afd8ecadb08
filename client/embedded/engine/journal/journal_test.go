package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// childLog names, for a process of the tests' own, the log that it floods.
const childLog = "FNDECK_TEST_LOG"

func TestMain(m *testing.M) {
	if os.Getenv(childLog) == "" {
		os.Exit(m.Run())
	}
	to := Log(os.Getenv(childLog), os.Stderr)
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range 40 << 10 { // 40 MiB
		_, _ = to.Write(line)
	}
	fmt.Fprintln(os.Stderr, "last words")
}

func TestALogIsFiveFilesOfFiveMegabytesAndLastWordsReachTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fndeck.log")
	log, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childLog+"="+path)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Run())
	require.NoError(t, log.Close())
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	assert.Len(t, files, logFiles)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		assert.LessOrEqual(t, info.Size(), int64(logBytes+1024), f)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f)
	}
	newest, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(newest), "last words\n"))
}

func TestALogThatIsATerminalIsLeftAsItIs(t *testing.T) {
	assert.Equal(t, os.Stderr, Log(filepath.Join(t.TempDir(), "fndeck.log"), os.Stderr))
	var b strings.Builder
	assert.Equal(t, &b, Log("x", &b))
}

// entries reads every line of a trail and what was put aside of it.
func entries(t *testing.T, path string) (all []Entry) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	for _, name := range files {
		f, err := os.Open(name)
		require.NoError(t, err)
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e Entry
			require.NoError(t, json.Unmarshal(lines.Bytes(), &e), "%s: %q", name, lines.Text())
			all = append(all, e)
		}
		require.NoError(t, f.Close())
	}
	return all
}

func TestNoNameForgesALineOfTheAuditTrail(t *testing.T) {
	path := filepath.Join(t.TempDir(), AuditFile)
	a, err := OpenAudit(path, nil)
	require.NoError(t, err)
	hostile := []string{
		"x\n{\"time\":\"2026-01-01T00:00:00Z\",\"user\":\"root\",\"action\":\"functions.delete\",\"result\":\"ok\"}",
		"\r\n\u2028\u2029\u0085", "\x00\x1b]52;c;ZXZpbA==\a", "\xff\xfe", "\"}\n", strings.Repeat("n\n", 10_000), "\\n\\",
	}
	for _, name := range hostile {
		require.NoError(t, a.Record(Entry{Time: time.Unix(0, 0), User: name, Remote: name, Action: "functions.create", Object: name, Result: name}))
	}
	require.NoError(t, a.Close())
	all := entries(t, path)
	require.Len(t, all, len(hostile))
	for i, e := range all {
		assert.Equal(t, "functions.create", e.Action)
		if utf8.ValidString(hostile[i]) {
			assert.Equal(t, hostile[i], e.Object)
		}
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, len(hostile), strings.Count(string(text), "\n"))
	assert.NotContains(t, string(text), "\x1b")
}

func TestTheAuditTrailBeginsNewFilesAndLosesNoLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), AuditFile)
	const lines = 200
	for i := range lines {
		a, err := OpenAudit(path, nil)
		require.NoError(t, err)
		a.file.maxBytes = 1000
		require.NoError(t, a.Record(Entry{Object: fmt.Sprint(i)}))
		require.NoError(t, a.Close())
	}
	all := entries(t, path)
	seen := map[string]bool{}
	for _, e := range all {
		seen[e.Object] = true
	}
	assert.Len(t, all, lines)
	assert.Len(t, seen, lines)
	files, err := filepath.Glob(path + ".*")
	require.NoError(t, err)
	assert.Greater(t, len(files), 9, "none is deleted")
}

func TestALineThatDidNotFitIsWrittenBeforeTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), AuditFile)
	a, err := OpenAudit(path, func(error) bool { return false })
	require.NoError(t, err)
	good := a.file.f
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no full device here: ", err)
	}
	a.file.f = full
	err = a.Record(Entry{Object: "first"})
	require.True(t, errors.Is(err, syscall.ENOSPC), "%v", err)
	require.NoError(t, full.Close())
	a.file.f = good
	require.NoError(t, a.Record(Entry{Object: "second"}))
	require.NoError(t, a.Close())
	all := entries(t, path)
	require.Len(t, all, 2)
	assert.Equal(t, []string{"first", "second"}, []string{all[0].Object, all[1].Object})
}

func TestALineThatACrashHasTornDoesNotJoinTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), AuditFile)
	require.NoError(t, os.WriteFile(path, []byte(`{"user":"to`), 0o600))
	a, err := OpenAudit(path, nil)
	require.NoError(t, err)
	require.NoError(t, a.Record(Entry{Object: "next"}))
	require.NoError(t, a.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, lines, 2)
	assert.Contains(t, lines[1], `"object":"next"`)
}
