package store

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lastCalls maps functions to the status of their newest call, and its id.
func lastCalls(t *testing.T, s *Store) map[int64]string {
	t.Helper()
	calls, err := s.LastCalls()
	require.NoError(t, err)
	all := map[int64]string{}
	for _, c := range calls {
		assert.NotContains(t, all, c.FunctionID)
		all[c.FunctionID] = c.Status
	}
	return all
}

func TestTheNewestCallOfEachFunctionIsUpToDateAfterEveryChange(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	write := func(work func(tx *Tx) error) { require.NoError(t, s.Write(Durable, work)) }
	insert := func(function, id int64) {
		write(func(tx *Tx) error {
			return tx.InsertCall(Call{ID: id, FunctionID: function, Status: Running, Started: testClock()}, nil)
		})
	}
	finish := func(id int64, status string) {
		write(func(tx *Tx) error { return tx.FinishCall(Call{ID: id, Status: status, Ended: testClock()}, nil) })
	}
	write(func(tx *Tx) error {
		return errors.Join(tx.InsertFunction(Function{ID: 1}), tx.InsertFunction(Function{ID: 2}))
	})
	assert.Empty(t, lastCalls(t, s))
	insert(1, 10)
	assert.Equal(t, map[int64]string{1: Running}, lastCalls(t, s))
	insert(1, 11)
	insert(2, 12)
	finish(10, Failed) // not the newest any more
	assert.Equal(t, map[int64]string{1: Running, 2: Running}, lastCalls(t, s))
	finish(11, Completed)
	assert.Equal(t, map[int64]string{1: Completed, 2: Running}, lastCalls(t, s))
	refused := errors.New("refused")
	assert.ErrorIs(t, s.Write(Durable, func(tx *Tx) error {
		return errors.Join(tx.FinishCall(Call{ID: 12, Status: Failed, Ended: testClock()}, nil), refused)
	}), refused)
	assert.Equal(t, map[int64]string{1: Completed, 2: Running}, lastCalls(t, s))
	write(func(tx *Tx) error { _, err := tx.DeleteCallsBefore(testClock().Add(time.Hour), 10); return err })
	assert.Equal(t, map[int64]string{2: Running}, lastCalls(t, s))
	write(func(tx *Tx) error { return tx.DeleteFunction(2) })
	assert.Empty(t, lastCalls(t, s))
}

func TestDefinitionsChangeWithFunctionsAndVersionsOnly(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	fillState(t, s)
	at := s.Definitions()
	same := func(work func(tx *Tx) error) bool {
		before := s.Definitions()
		require.NoError(t, s.Write(Durable, work))
		return s.Definitions() == before
	}
	assert.True(t, same(func(tx *Tx) error {
		return tx.InsertCall(Call{ID: 8, FunctionID: 1, Status: Running}, nil)
	}))
	assert.Equal(t, at, s.Definitions())
	for _, change := range []func(tx *Tx) error{
		func(tx *Tx) error { return tx.SetServing(1, 2) },
		func(tx *Tx) error { return tx.SetLatest(1, 2) },
		func(tx *Tx) error { return tx.SetFolder(1, 1, "/src") },
		func(tx *Tx) error { return tx.UpdateVersion(Version{FunctionID: 1, Number: 1, Status: Ready}) },
		func(tx *Tx) error { return tx.InsertVersion(Version{FunctionID: 1, Number: 2, Status: Queued}) },
		func(tx *Tx) error { return tx.InsertFunction(Function{ID: 9}) },
		func(tx *Tx) error { return tx.DeleteFunction(9) },
	} {
		assert.False(t, same(change))
	}
}
