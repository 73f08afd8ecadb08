package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func tell(kind string, count int) func(*Tx) error {
	return func(tx *Tx) error {
		for i := range count {
			tx.Event(kind, int64(i))
		}
		return nil
	}
}

func TestAReaderBehindTheEventHistoryIsTold(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Write(Relaxed, tell("call", eventHistory+2000)))
	events, complete := s.Events(5, 10)
	assert.False(t, complete)
	assert.Equal(t, int64(2001), events[0].Seq)
	_, complete = s.Events(1999, 10)
	assert.False(t, complete)
	events, complete = s.Events(2000, 10)
	assert.True(t, complete)
	assert.Equal(t, Event{Seq: 2001, Kind: "call", Subject: 2000}, events[0])
	assert.Len(t, events, 10)
	events, complete = s.Events(eventHistory+1999, 10)
	assert.True(t, complete)
	assert.Equal(t, []Event{{Seq: eventHistory + 2000, Kind: "call", Subject: eventHistory + 1999}}, events)
	events, complete = s.Events(s.LastEvent(), 10)
	assert.True(t, complete)
	assert.Empty(t, events)
}

// All are in the queue before the first is written, so they share a commit.
func TestOnlyWhatIsCommittedTellsEvents(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	refused := errors.New("refused")
	jobs := []*job{
		{work: tell("first", 1)},
		{work: func(tx *Tx) error {
			tx.Event("refused", 0)
			return refused
		}},
		{checked: true, work: func(tx *Tx) error {
			tx.Event("refused too", 0)
			return refused
		}},
		{work: tell("last", 1)},
	}
	for _, j := range jobs {
		j.result = make(chan error, 1)
	}
	s.commit(jobs)
	assert.Equal(t, []error{nil, refused, refused, nil}, []error{<-jobs[0].result, <-jobs[1].result, <-jobs[2].result, <-jobs[3].result})
	require.ErrorIs(t, s.Write(Durable, jobs[1].work), refused)
	events, _ := s.Events(0, 10)
	assert.Equal(t, []Event{{Seq: 1, Kind: "first"}, {Seq: 2, Kind: "last"}}, events)
}

func TestEventsOfAnotherStartAreOfAnotherEpoch(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	require.NoError(t, s.Write(Durable, tell("call", 3)))
	before := s.Epoch()
	require.NoError(t, s.Close())
	s = openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	assert.NotEqual(t, before, s.Epoch())
	assert.Zero(t, s.LastEvent())
}

func TestADurableWriteThatChangesNothingTakesRelaxedOnesToTheDisk(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, fileName+"-wal"))
		require.NoError(t, err)
		return info.Size()
	}
	addFunction(t, s, "f")
	settled := size()
	require.NoError(t, s.Write(Durable, tell("call", 1)))
	require.Equal(t, settled, size(), "there is nothing to be taken")

	require.NoError(t, s.Write(Relaxed, func(tx *Tx) error { return tx.InsertFile(File{ID: tx.NextID()}) }))
	relaxed := size()
	require.NoError(t, s.Write(Durable, tell("call", 1)))
	assert.Greater(t, size(), relaxed, "SQLite syncs what a commit has written, and all before it")
}
