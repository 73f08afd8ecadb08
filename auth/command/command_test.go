package command

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script writes a program.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	return path
}

func TestAProgramThatHangsIsEndedWithItsChildren(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	program := script(t, "sleep 1000 & echo $! > "+pid+".new; mv "+pid+".new "+pid+"; wait")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := Run(ctx, program); ended <- err }()
	require.Eventually(t, func() bool { _, err := os.Stat(pid); return err == nil }, time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	text, err := os.ReadFile(pid)
	require.NoError(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return gone(child) }, time.Minute, time.Millisecond)
}

// gone reports whether a process has ended; a zombie that nobody waits for has.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestAProgramHasALimitedTime(t *testing.T) {
	_, err := runFor(t.Context(), time.Millisecond, script(t, "exec sleep 1000"))
	require.ErrorContains(t, err, "has not ended within 1ms")
}

func TestOutputIsBounded(t *testing.T) {
	out, err := Run(t.Context(), script(t, "head -c 3000000 /dev/zero"))
	require.NoError(t, err)
	assert.Len(t, out, maxOutput)
}

func TestASecretIsExactlyOneLine(t *testing.T) {
	got, err := Secret(t.Context(), script(t, "echo \"  $1-$2  \"")+" a b")
	require.NoError(t, err)
	assert.Equal(t, "a-b", got)
	_, err = Secret(t.Context(), script(t, "echo Enter; echo secret-line"))
	require.ErrorContains(t, err, "printed 2 lines")
	assert.NotContains(t, err.Error(), "secret-line")
	_, err = Secret(t.Context(), "no-such-program-here")
	require.ErrorIs(t, err, ErrNotInstalled)
}
