package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/engine/store/bigstate"
)

// longLog is how many lines the log has that the benchmarks store and read.
const longLog = bigstate.LongLog

func bigState(b *testing.B) (dir string, calls int64) {
	b.Helper()
	dir, calls, err := bigstate.Dir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return dir, calls
}

// floor is what the cheapest query of a state costs.
func floor(b *testing.B, dir string) time.Duration {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.FileName)+"?mode=ro")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }() // only read
	st, err := db.PrepareContext(b.Context(), `SELECT 1`)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = st.Close() }() // only read
	const rounds = 500
	start := time.Now()
	for range rounds {
		var one int
		if err := st.QueryRowContext(b.Context()).Scan(&one); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start) / rounds
}

func BenchmarkBigReads(b *testing.B) {
	dir, calls := bigState(b)
	s, err := store.Open(dir, bigstate.Start)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }() // nothing was written
	middle, err := s.LinePosition(bigstate.CallID(0), longLog/2)
	if err != nil {
		b.Fatal(err)
	}
	newestCalls := func(q store.CallQuery) func() (int, error) {
		q.Limit = 100
		return func() (int, error) { all, err := s.Calls(q); return len(all), err }
	}
	linesAfter := func(position int64) (int, error) {
		all, err := s.Lines(bigstate.CallID(0), position, 100)
		return len(all), err
	}
	for _, c := range []struct {
		name string
		read func() (int, error)
	}{
		{"calls/all", newestCalls(store.CallQuery{})},
		{"calls/failed", newestCalls(store.CallQuery{Status: store.Failed})},
		{"calls/running", newestCalls(store.CallQuery{Status: store.Running})},
		{"calls/function", newestCalls(store.CallQuery{FunctionID: bigstate.FunctionID(7)})},
		{"calls/function-failed", newestCalls(store.CallQuery{FunctionID: bigstate.FunctionID(7), Status: store.Failed})},
		{"calls/function-completed", newestCalls(store.CallQuery{FunctionID: bigstate.FunctionID(7), Status: store.Completed})},
		{"calls/schedule", newestCalls(store.CallQuery{ScheduleID: bigstate.ScheduleID(7)})},
		{"calls/schedule-failed", newestCalls(store.CallQuery{ScheduleID: bigstate.ScheduleID(7), Status: store.Failed})},
		{"calls/older", newestCalls(store.CallQuery{Before: bigstate.CallID(calls / 2)})},
		{"lines/first", func() (int, error) { return linesAfter(0) }},
		{"lines/middle", func() (int, error) { return linesAfter(middle) }},
		{"lines/by-number", func() (int, error) {
			at, err := s.LinePosition(bigstate.CallID(0), longLog/3)
			if err != nil {
				return 0, err
			}
			return linesAfter(at)
		}},
		{"lines/tail", func() (int, error) {
			at, err := s.TailPosition(bigstate.CallID(0), 100)
			if err != nil {
				return 0, err
			}
			return linesAfter(at)
		}},
		{"lines/function-tail", func() (int, error) {
			at, err := s.CallTailPosition(bigstate.FunctionID(7), 100)
			if err != nil {
				return 0, err
			}
			all, err := s.CallLines(bigstate.FunctionID(7), at, time.Time{}, 100)
			return len(all), err
		}},
		{"lines/all-tail", func() (int, error) {
			at, err := s.CallTailPosition(0, 100)
			if err != nil {
				return 0, err
			}
			all, err := s.CallLines(0, at, time.Time{}, 100)
			return len(all), err
		}},
		{"functions", func() (int, error) { all, err := s.Functions(); return len(all), err }},
		{"versions/current", func() (int, error) { all, err := s.CurrentVersions(); return len(all), err }},
		{"calls/last-of-each", func() (int, error) { all, err := s.LastCalls(); return len(all), err }},
		{"schedules", func() (int, error) { all, err := s.Schedules(0); return len(all), err }},
		{"schedules/due", func() (int, error) { all, err := s.DueSchedules(bigstate.Start()); return len(all), err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			least := floor(b, dir)
			rows := 0
			b.ResetTimer()
			for b.Loop() {
				if rows, err = c.read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(least), "x-floor")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

func BenchmarkBigOpen(b *testing.B) {
	dir, _ := bigState(b)
	open := func(dir string) time.Duration {
		start := time.Now()
		s, err := store.Open(dir, bigstate.Start)
		took := time.Since(start)
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		return took
	}
	empty := b.TempDir()
	open(empty)
	least := open(empty)
	var took time.Duration
	n := 0
	b.ResetTimer()
	for b.Loop() {
		took += open(dir)
		n++
	}
	b.ReportMetric(took.Seconds()*1000/float64(n), "ms/open")
	b.ReportMetric(float64(took)/float64(n)/float64(least), "x-floor")
}

// BenchmarkLogLines stores 200 000 lines of one call in the batches that the
// engine makes; its floor is a plain file that gets the same bytes.
func BenchmarkLogLines(b *testing.B) {
	batch := make([]store.Line, 256)
	for i := range batch {
		batch[i] = store.Line{Time: bigstate.Start(), Text: fmt.Sprintf("line %d: something that a function says of what it does", i)}
	}
	var took, least time.Duration
	n := 0
	for b.Loop() {
		s, err := store.Open(b.TempDir(), bigstate.Start)
		if err != nil {
			b.Fatal(err)
		}
		err = s.Write(store.Durable, func(tx *store.Tx) error {
			return errors.Join(tx.InsertFunction(store.Function{ID: 1}), tx.InsertCall(store.Call{ID: 2, FunctionID: 1, Status: store.Running}, nil))
		})
		start := time.Now()
		for done := 0; err == nil && done < longLog; done += len(batch) {
			err = s.Write(store.Relaxed, func(tx *store.Tx) error { return tx.AppendLines(2, batch) })
		}
		took += time.Since(start)
		if err = errors.Join(err, s.Close()); err != nil {
			b.Fatal(err)
		}
		least += plainFile(b, batch)
		n++
	}
	b.ReportMetric(took.Seconds()*1000/float64(n), "ms/200k-lines")
	b.ReportMetric(float64(took)/float64(least), "x-floor")
}

func plainFile(b *testing.B, batch []store.Line) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }() // its content is not wanted
	start := time.Now()
	for done := 0; done < longLog; done += len(batch) {
		var text []byte
		for _, l := range batch {
			text = append(append(text, l.Text...), '\n')
		}
		if _, err := f.Write(text); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// BenchmarkBigCheck reads every row and sum, as the doctor does; its floor is to
// read the file.
func BenchmarkBigCheck(b *testing.B) {
	dir, _ := bigState(b)
	start := time.Now()
	if _, err := os.ReadFile(filepath.Join(dir, store.FileName)); err != nil {
		b.Fatal(err)
	}
	least := time.Since(start)
	for b.Loop() {
		c, err := store.Check(b.Context(), dir)
		if err != nil || !c.Healthy() {
			b.Fatal(err, c)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(least), "x-floor")
}

// BenchmarkBigDelete deletes a function with as many calls as the big state has,
// as the engine does, while somebody else stores calls. It reports how long the
// deletion itself took, how long all rows took, and the longest that the other
// had to wait; the floor is the longest wait without a deletion.
func BenchmarkBigDelete(b *testing.B) {
	const portion = 500 // as core.removePortion
	for b.Loop() {
		s, err := store.Open(b.TempDir(), bigstate.Start)
		if err != nil {
			b.Fatal(err)
		}
		calls, err := bigstate.OneFunction(s)
		if err != nil {
			b.Fatal(err)
		}
		quiet := longestWait(b, s, 0, func() bool { return false })
		start := time.Now()
		if err := s.Write(store.Durable, func(tx *store.Tx) error { return tx.DeleteFunction(bigstate.FunctionID(0)) }); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds()*1000, "ms/gone")
		removed := make(chan error, 1)
		start = time.Now()
		go func() {
			var err error
			for more := true; more && err == nil; {
				err = s.Write(store.Relaxed, func(tx *store.Tx) (err error) {
					more, err = tx.RemoveDeleted(bigstate.FunctionID(0), portion)
					return err
				})
			}
			removed <- err
		}()
		busy := longestWait(b, s, calls, func() bool { return len(removed) == 0 })
		b.ReportMetric(time.Since(start).Seconds(), "s/removed")
		b.ReportMetric(busy.Seconds()*1000, "ms/longest-wait")
		b.ReportMetric(float64(busy)/float64(quiet), "x-floor")
		if err := errors.Join(<-removed, s.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// longestWait stores calls one after another, at least 200, and returns the
// longest time that one took.
func longestWait(b *testing.B, s *store.Store, from int64, more func() bool) (longest time.Duration) {
	b.Helper()
	for n := int64(0); n < 200 || more(); n++ {
		c := store.Call{ID: bigstate.CallID(10_000_000 + from + n), FunctionID: bigstate.FunctionID(1), Status: store.Running, Started: bigstate.Start()}
		start := time.Now()
		if err := s.Write(store.Durable, func(tx *store.Tx) error { return tx.InsertCall(c, []byte(`{}`)) }); err != nil {
			b.Fatal(err)
		}
		longest = max(longest, time.Since(start))
	}
	return longest
}
