package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testClock() time.Time { return time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC) }

func openTest(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, testClock)
	require.NoError(t, err)
	return s
}

func addFunction(t *testing.T, s *Store, name string) int64 {
	t.Helper()
	var id int64
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		id = tx.NextID()
		return tx.InsertFunction(Function{ID: id, Name: name, Created: testClock()})
	}))
	return id
}

func TestWhatWasAcknowledgedIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	id := addFunction(t, s, "ingest")
	require.NoError(t, s.Close())

	s = openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	f, err := s.Function(id)
	require.NoError(t, err)
	assert.Equal(t, "ingest", f.Name)
	assert.Equal(t, testClock(), f.Created)
}

func TestIdsAreNeverGivenOutTwice(t *testing.T) {
	dir := t.TempDir()
	seen := map[int64]bool{}
	for range 3 {
		s := openTest(t, dir)
		for range 50 {
			id := addFunction(t, s, "f")
			require.False(t, seen[id], "id %d came twice", id)
			seen[id] = true
		}
		require.NoError(t, s.Close())
	}
}

func TestACleanRestartSkipsNoIds(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	first := addFunction(t, s, "f")
	require.NoError(t, s.Close())
	s = openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	assert.Equal(t, first+1, addFunction(t, s, "f"))
}

func TestOneFailedWriteDoesNotUndoItsNeighbours(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	wrong := errors.New("refused")
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			err := s.Write(Durable, func(tx *Tx) error {
				if err := tx.InsertFunction(Function{ID: tx.NextID(), Name: "f"}); err != nil {
					return err
				}
				if i%2 == 0 {
					return wrong
				}
				return nil
			})
			if i%2 == 0 {
				assert.ErrorIs(t, err, wrong)
			} else {
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	all, err := s.Functions()
	require.NoError(t, err)
	assert.Len(t, all, 100)
}

func TestAScheduleFiresOncePerTime(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	f := addFunction(t, s, "f")
	fire := func() error {
		return s.Write(Durable, func(tx *Tx) error {
			return tx.InsertCall(Call{ID: tx.NextID(), FunctionID: f, Status: Running, Started: testClock(), ScheduleID: 5, Scheduled: testClock()}, nil)
		})
	}
	require.NoError(t, fire())
	assert.Error(t, fire())
}

func TestDeletingAFunctionLeavesNothingOfIt(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	f := addFunction(t, s, "f")
	var call int64
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		call = tx.NextID()
		return errors.Join(
			tx.InsertCall(Call{ID: call, FunctionID: f, Status: Running, Started: testClock()}, []byte(`{}`)),
			tx.InsertSchedule(Schedule{ID: tx.NextID(), FunctionID: f, Name: "hourly", Cron: "0 * * * *", NextDue: testClock()}),
			tx.AppendLines(call, []Line{{Time: testClock(), Text: "hello"}}))
	}))
	require.NoError(t, s.Write(Durable, func(tx *Tx) error { return tx.DeleteFunction(f) }))

	_, err := s.Call(call)
	require.ErrorIs(t, err, ErrNotFound, "it is gone before its rows are")
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		for {
			if more, err := tx.RemoveDeleted(f, 1); !more || err != nil {
				return err
			}
		}
	}))
	_, err = s.Call(call)
	assert.ErrorIs(t, err, ErrNotFound)
	schedules, err := s.Schedules(0)
	require.NoError(t, err)
	assert.Empty(t, schedules)
	lines, err := s.Lines(call, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, lines)
}

func TestStateOfANewerVersionIsRefusedUntouched(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, openTest(t, dir).Close())
	path := filepath.Join(dir, fileName)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), `PRAGMA user_version = 99`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	_, err = Open(dir, testClock)
	require.ErrorContains(t, err, "newer fndeck (layout 99")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestTheStateIsReadableByItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	addFunction(t, s, "f")
	for _, name := range []string{fileName, fileName + "-wal", fileName + "-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	require.NoError(t, s.Close())
}

func TestAPanicInAWriteIsThatWritesError(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	assert.ErrorContains(t, s.Write(Durable, func(*Tx) error { panic("a bug") }), "a bug")
	addFunction(t, s, "f")
}

func TestACleanCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	fillState(t, s)
	_, err := s.Functions()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	assert.Equal(t, fileName, entries[0].Name())
}

func TestAFunctionIsReadInAWriteAsTheLastWriteLeftIt(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	id := addFunction(t, s, "f")
	mode := func() (mode string) {
		require.NoError(t, s.Write(Relaxed, func(tx *Tx) error {
			f, err := tx.Function(id)
			mode = f.Mode
			return err
		}))
		return mode
	}
	change := func(to string, then error) error {
		return s.Write(Durable, func(tx *Tx) error {
			f, err := tx.Function(id)
			if err != nil {
				return err
			}
			f.Mode = to
			if err := tx.UpdateFunction(f); err != nil {
				return err
			}
			_, err = tx.Function(id) // as it is inside the transaction
			return errors.Join(err, then)
		})
	}
	assert.Empty(t, mode())
	require.NoError(t, change("warm", nil))
	assert.Equal(t, "warm", mode())
	require.Error(t, change("other", errors.New("no")))
	assert.Equal(t, "warm", mode(), "what was rolled back is not remembered")
	require.NoError(t, s.Write(Durable, func(tx *Tx) error { return tx.DeleteFunction(id) }))
	assert.ErrorIs(t, s.Write(Relaxed, func(tx *Tx) error {
		_, err := tx.Function(id)
		return err
	}), ErrNotFound)
}
