package views

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// liveLog is a backend whose log grows when the test says so.
type liveLog struct {
	*fakeBackend
	lines   chan []client.LogLine
	broken  chan error
	queries []client.LogQuery
	last    int64
}

func newLiveLog() *liveLog {
	l := &liveLog{fakeBackend: sampleBackend(bubbleStart), lines: make(chan []client.LogLine), broken: make(chan error)}
	l.fakeBackend.lines = nil
	l.follow = func(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
		l.queries = append(l.queries, query)
		for {
			select {
			case lines := <-l.lines:
				if err := emit(lines); err != nil {
					return err
				}
			case err := <-l.broken:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return l
}

// grow prints n lines, and waits for the take that shows them.
func (l *liveLog) grow(d *driver, n int) {
	var lines []client.LogLine
	for range n {
		l.last++
		lines = append(lines, client.LogLine{Position: l.last, Time: time.Now(), Text: fmt.Sprintf("event %d", l.last), FunctionName: "ingest-pi"})
	}
	l.lines <- lines
	d.wait(betweenTakes)
}

// driveLog is a test of the logs view on a log that grows.
func driveLog(t *testing.T, test func(d *driver, log *liveLog)) {
	t.Helper()
	var log *liveLog
	driveAny(t, func() client.Backend {
		log = newLiveLog()
		return log
	}, func(d *driver) { test(d, log) })
}

func TestALogFollowsPausesCountsAndResumes(t *testing.T) {
	driveLog(t, func(d *driver, log *liveLog) {
		d.press("3")
		d.see("No lines yet, following")
		log.grow(d, 100)
		d.see("event 100", "100 lines, following")
		d.press("k")
		d.see("paused")
		log.grow(d, 1204)
		d.see("event 99", "paused  ⇣ 1 204 new  G resumes")
		d.miss("event 1304")
		d.press("G")
		d.see("event 1304", "following")
		d.press("g")
		d.see("event 1\n")
		log.grow(d, 1)
		d.see("event 1\n", "⇣ 1 new")
	})
}

func TestSearchingALogKeepsItsPlaceAndItsLines(t *testing.T) {
	driveLog(t, func(d *driver, log *liveLog) {
		d.press("3")
		log.grow(d, 300)
		d.press("/")
		d.typed("event 20")
		d.see("logs > /event 20")
		d.press("enter", "ctrl+u")
		d.press("/", "ctrl+u")
		d.typed("/event 2.$/")
		d.press("enter")
		d.see("10 match")
		d.press("N")
		d.see("event 29", "paused")
		d.press("x")
		d.see("event 20", "event 29")
		d.miss("event 30")
		d.press("n")
		d.see("no more matches that way")
		d.press("esc")
		d.see("event 29", "event 30")
		d.press("w", "t", "t", "right", "left")
		d.wait(6 * time.Second) // The toast goes.
		d.see("paused")
	})
}

func TestComingBackToALogGoesOnAfterItsLastLine(t *testing.T) {
	driveLog(t, func(d *driver, log *liveLog) {
		d.press("3")
		log.grow(d, 5)
		d.press("1", "3")
		require.Len(t, log.queries, 2)
		assert.Zero(t, log.queries[0].Tail, "its end was read before")
		assert.Equal(t, int64(5), log.queries[1].After)
		log.grow(d, 1)
		d.see("event 5", "event 6", "6 lines")
	})
}

func TestALogThatBreaksOffKeepsItsLinesAndSaysWhy(t *testing.T) {
	driveLog(t, func(d *driver, log *liveLog) {
		d.press("3")
		log.grow(d, 3)
		log.broken <- errors.New("engine.sock: broken pipe")
		d.settle()
		d.see("event 3", "lost", "! 1")
		d.press("ctrl+r")
		require.Len(t, log.queries, 2)
		assert.Equal(t, int64(3), log.queries[1].After)
		log.grow(d, 1)
		d.see("event 4")
		d.miss("lost")
	})
}

func TestABackendWithoutLogsSaysSo(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	const why = "This backend keeps logs per call only"
	backend.description.Missing = map[client.Capability]string{client.CanFollowLogs: why, client.CanReadLogs: why}
	drive(t, backend, func(d *driver) {
		d.press("3")
		d.see("This backend keeps logs per call only.  enter on a call opens its log")
		d.miss("! 1") // nothing has failed
	})
}
