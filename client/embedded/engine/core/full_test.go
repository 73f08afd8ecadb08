//go:build linux

package core

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
)

// smallDisk is an engine on a disk of its own.
type smallDisk struct {
	*rig
	dir string
}

const smallDiskMiB = "8m"

func newSmallDisk(t *testing.T) *smallDisk {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+smallDiskMiB+",mode=0700"); err != nil {
		t.Skip("mounts are not allowed here: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return &smallDisk{newRig(t, func(c *Config) { c.StateDir, c.LogCapBytes = dir, 64<<20 }), dir}
}

func (d *smallDisk) filler() string { return filepath.Join(d.dir, "filler") }

// fill takes room until at most leave bytes are free.
func (d *smallDisk) fill(leave int64) {
	d.Helper()
	f, err := os.Create(d.filler())
	require.NoError(d, err)
	free, err := disk.FreeBytes(d.dir)
	require.NoError(d, err)
	for block := make([]byte, 4096); free > leave; free -= int64(len(block)) {
		if _, err = f.Write(block); err != nil {
			require.ErrorIs(d, err, syscall.ENOSPC)
			break
		}
	}
	require.NoError(d, f.Close())
}

func (d *smallDisk) free() {
	d.Helper()
	require.NoError(d, os.Remove(d.filler()))
}

// works shows that everything goes on without a restart.
func (d *smallDisk) works(f View) {
	d.Helper()
	c, response := d.call(f.ID, `{}`)
	require.Equal(d, store.Completed, c.Status, c.ErrorMessage)
	require.Equal(d, "1", response)
	require.FileExists(d, filepath.Join(d.dir, disk.BallastFile), "the ballast is back")
}

// reads shows that lists and logs work.
func (d *smallDisk) reads(f View) {
	d.Helper()
	views, err := d.Views()
	require.NoError(d, err)
	require.NotEmpty(d, views)
	_, err = d.Store().Calls(store.CallQuery{FunctionID: f.ID, Limit: 10})
	require.NoError(d, err)
}

func (d *smallDisk) sentence(err error) {
	d.Helper()
	require.ErrorContains(d, err, "disk full: need ")
	require.ErrorContains(d, err, " in "+d.dir)
}

const one = "def handle(data):\n    return 1\n"

func TestAFullDiskDuringAnUploadIsOneSentenceAndLeavesNothing(t *testing.T) {
	d := newSmallDisk(t)
	f := d.handler(one)
	file, right, err := d.CreateFile(NewFile{Name: "large"})
	require.NoError(t, err)
	d.fill(3 << 20)
	d.sentence(d.Upload(right, strings.NewReader(strings.Repeat("x", 5<<20))))
	left, err := filepath.Glob(filepath.Join(d.dir, "code", ".upload-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	d.reads(f)
	d.free()
	require.NoError(t, d.Upload(right, strings.NewReader("small")))
	_, err = d.Store().File(file.ID)
	require.NoError(t, err)
	d.works(f)
}

func TestADeployThatHasNoRoomFailsBeforeItBegins(t *testing.T) {
	d := newSmallDisk(t)
	f := d.handler(one)
	d.fill(3 << 20)
	large := d.file(map[string]string{"handler.py": one, "data.txt": strings.Repeat("0", 6<<20)})
	v, err := d.Redeploy(d.ctx, f.ID, large, Change{})
	require.NoError(t, err)
	v = d.settled(v.ID)
	require.Equal(t, store.Failed, v.Latest.Status)
	d.sentence(errors.New(v.Latest.ErrorMessage))
	require.Contains(t, v.Latest.ErrorMessage, "need 6.0 MiB")
	d.works(f)
	d.fill(0)
	d.room.Release()
	d.fill(0)
	_, err = d.Redeploy(d.ctx, f.ID, large, Change{})
	d.sentence(err)
	_, err = d.Create(d.ctx, NewFunction{Name: "g", FileID: large})
	d.sentence(err)
	d.reads(f)
	d.free()
	d.works(f)
}

func TestTheOutcomeOfACallIsRecordedOnAFullDiskAndNewCallsAreRefused(t *testing.T) {
	d := newSmallDisk(t)
	f := d.handler(one)
	slow := d.handler("import time\ndef handle(data):\n    print('up')\n    time.sleep(0.5)\n    return 'x' * 300000\n")
	c, err := d.Invoke(slow.ID, []byte(`{}`))
	require.NoError(t, err)
	d.await(func() bool { return strings.Contains(d.logOf(c.ID), "up") })
	d.fill(0)
	c, err = d.WaitCall(d.ctx, slow.ID, c.ID)
	require.NoError(t, err)
	stored, err := d.Store().Call(c.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Completed, stored.Status, stored.ErrorMessage)
	assert.NoFileExists(t, filepath.Join(d.dir, disk.BallastFile), "it gave its room")
	_, err = d.Invoke(f.ID, []byte(`{}`))
	d.sentence(err)
	_, err = d.CreateSchedule(NewSchedule{Name: "s", FunctionID: f.ID, Cron: "* * * * *"})
	d.sentence(err)
	d.reads(f)
	d.free()
	d.works(f)
}

func TestAnOutcomeThatIsTooLargeForAFullDiskBecomesASmallFailure(t *testing.T) {
	d := newSmallDisk(t)
	f := d.handler(one)
	slow := d.handler("import time\ndef handle(data):\n    print('up')\n    time.sleep(0.5)\n    return 'x' * 900000\n")
	c, err := d.Invoke(slow.ID, []byte(`{}`))
	require.NoError(t, err)
	d.await(func() bool { return strings.Contains(d.logOf(c.ID), "up") })
	d.room.Release()
	d.fill(128 << 10)
	c, err = d.WaitCall(d.ctx, slow.ID, c.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Failed, c.Status)
	assert.Contains(t, c.ErrorMessage, "disk full: need ")
	d.free()
	d.works(f)
}

func TestALogThatFillsTheDiskSaysWhatWasLostAndRoomHealsIt(t *testing.T) {
	d := newSmallDisk(t)
	f := d.handler(one)
	flood := d.handler("import os\ndef handle(data):\n    for i in range(16000):\n        print(os.urandom(500).hex())\n    return 2\n")
	c, _ := d.call(flood.ID, `{}`)
	require.NotEqual(t, store.Running, c.Status)
	d.reads(f)
	log := d.logOf(c.ID)
	cut := strings.Contains(log, "could not be stored: disk full: need ")
	assert.True(t, cut || strings.Contains(c.ErrorMessage, "disk full: need "), "%s %s", c.Status, c.ErrorMessage)
	require.NoError(t, syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	d.works(f)
}

func TestAnEngineStartsOnAFullDisk(t *testing.T) {
	d := newSmallDisk(t)
	f := d.handler(one)
	require.NoError(t, d.Core.Close())
	d.fill(0)
	d.open()
	d.reads(f)
	_, err := d.Invoke(f.ID, []byte(`{}`))
	d.sentence(err)
	d.free()
	d.works(f)
}
