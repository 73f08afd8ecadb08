package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADamagedListOfDeletionsTakesNothingFromAFunctionThatIsThere(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	fillState(t, s)
	require.NoError(t, s.Close())
	tamper(t, dir, `INSERT INTO deletions VALUES (1)`)

	s = openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	doomed, err := s.Deletions()
	require.NoError(t, err)
	assert.Empty(t, doomed)
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		more, err := tx.RemoveDeleted(1, 100)
		assert.False(t, more)
		return err
	}))
	calls, err := s.Calls(CallQuery{Limit: 10})
	require.NoError(t, err)
	assert.Len(t, calls, 1)
}

func TestOldCallsAreDeletedInPortionsAndARunningOneStays(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	f := addFunction(t, s, "f")
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		for n := range int64(10) {
			c := Call{ID: 5000 + n, FunctionID: f, Status: Running, Started: testClock().Add(time.Duration(n) * time.Hour)}
			if err := tx.InsertCall(c, nil); err != nil {
				return err
			}
			if n == 2 {
				continue
			}
			c.Status, c.Ended = Completed, c.Started
			if err := tx.FinishCall(c, nil); err != nil {
				return err
			}
		}
		return tx.AppendLines(5000, []Line{{Text: "old"}})
	}))
	var deleted []int
	for {
		n := 0
		require.NoError(t, s.Write(Relaxed, func(tx *Tx) (err error) {
			n, err = tx.DeleteCallsBefore(testClock().Add(6*time.Hour), 2)
			return err
		}))
		deleted = append(deleted, n)
		if n < 2 {
			break
		}
	}
	assert.Equal(t, []int{2, 2, 1}, deleted)
	calls, err := s.Calls(CallQuery{Limit: 20, OldestFirst: true})
	require.NoError(t, err)
	require.Len(t, calls, 5)
	assert.Equal(t, []int64{5002, 5006}, []int64{calls[0].ID, calls[1].ID})
	lines, err := s.Lines(5000, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, lines)
}

func TestThePositionOfADeletedLineIsNeverGivenToAnother(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	fillState(t, s)
	lines, err := s.CallLines(0, 0, time.Time{}, 1000)
	require.NoError(t, err)
	require.NotEmpty(t, lines)
	last := lines[len(lines)-1].Position
	require.NoError(t, s.Write(Durable, func(tx *Tx) error { return tx.DeleteFunction(lines[0].FunctionID) }))
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		_, err := tx.RemoveDeleted(lines[0].FunctionID, 1000)
		return err
	}))
	require.NoError(t, s.Close())

	s = openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	assert.GreaterOrEqual(t, s.position, last)
}
