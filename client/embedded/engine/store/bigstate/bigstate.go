// Package bigstate makes large states for benchmarks: what is fast with ten
// calls says nothing of a million. It is imported by tests only.
package bigstate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"fndeck/client/embedded/engine/store"
)

// The benchmarks run on a hundredth of the whole, which is 10 000 functions with
// 1 000 000 calls and 10 000 000 log lines, unless these variables ask for it:
//
//	FNDECK_BENCH_STATE=/var/tmp/big FNDECK_BENCH_CALLS=1000000 go test -run '^$' -bench Big ./client/embedded/engine/...
//
// The whole takes some minutes to make, once, and 2 GB in that directory.
const (
	placeVariable = "FNDECK_BENCH_STATE"
	callsVariable = "FNDECK_BENCH_CALLS"
	usualCalls    = 10_000
)

const (
	// CallsEach is how many calls a function has, LinesEach how many lines a call.
	CallsEach, LinesEach = 100, 10
	// LongLog is how many lines the log of the first call has.
	LongLog = 200_000
	// A schedule made every scheduleEvery-th call of a function; every
	// failedEvery-th failed.
	scheduleEvery, failedEvery = 10, 50
	// portion is how many calls one write of the making stores.
	portion = 2_000
)

// FunctionID, ScheduleID and CallID are the ids of the state, counted from 0.
func FunctionID(n int64) int64 { return 1_000 + n }

// ScheduleID is the id of the schedule of the n-th function.
func ScheduleID(n int64) int64 { return 100_000 + n }

// CallID is the id of the n-th call.
func CallID(n int64) int64 { return 1_000_000 + n }

// Start is when the first call was made; a second lies between two.
func Start() time.Time { return time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC) }

// Dir returns a directory with the state, made now or kept from before, and how
// many calls it has. temp is where a state goes that nobody asked to keep.
func Dir(temp string) (dir string, calls int64, err error) {
	if calls, err = wantedCalls(); err != nil {
		return "", 0, err
	}
	if place := os.Getenv(placeVariable); place != "" {
		temp = place
	}
	dir = filepath.Join(temp, strconv.FormatInt(calls, 10))
	if _, err := os.Stat(dir); err == nil {
		return dir, calls, nil
	}
	half := dir + ".new"
	if err := errors.Join(os.RemoveAll(half), os.MkdirAll(half, 0o700)); err != nil {
		return "", 0, err
	}
	s, err := store.Open(half, Start)
	if err != nil {
		return "", 0, err
	}
	err = errors.Join(fill(s, half, calls), s.Close())
	if err != nil {
		return "", 0, err
	}
	return dir, calls, os.Rename(half, dir)
}

func wantedCalls() (int64, error) {
	text := os.Getenv(callsVariable)
	if text == "" {
		return usualCalls, nil
	}
	return strconv.ParseInt(text, 10, 64)
}

func fill(s *store.Store, dir string, calls int64) error {
	functions := max(calls/CallsEach, 1)
	err := s.Write(store.Relaxed, func(tx *store.Tx) error {
		for n := range functions {
			if err := addFunction(tx, dir, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return addCalls(s, calls, functions, LinesEach)
}

// addCalls stores calls with their logs, in turn for each of the functions.
func addCalls(s *store.Store, calls, functions int64, lines int) (err error) {
	for first := int64(0); err == nil && first < calls; first += portion {
		err = s.Write(store.Relaxed, func(tx *store.Tx) error {
			for n := first; n < min(first+portion, calls); n++ {
				count := lines
				if n == 0 {
					count = LongLog
				}
				if err := addCall(tx, n, functions, count); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// addFunction stores a function with a version, its unpacked code and a schedule.
func addFunction(tx *store.Tx, dir string, n int64) error {
	sum := sha256.Sum256([]byte(strconv.FormatInt(n, 10)))
	sha := hex.EncodeToString(sum[:])
	unpacked := filepath.Join(dir, "versions", sha)
	if err := errors.Join(os.MkdirAll(unpacked, 0o700), os.MkdirAll(filepath.Join(dir, "code"), 0o700)); err != nil {
		return err
	}
	for _, name := range []string{filepath.Join(unpacked, "handler.py"), filepath.Join(dir, "code", sha+".zip")} {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	f := store.Function{ID: FunctionID(n), Name: fmt.Sprint("function-", n), ExternalID: fmt.Sprint("external-", n), Created: Start(), Serving: 1, Latest: 1}
	v := store.Version{FunctionID: f.ID, Number: 1, SHA256: sha, Status: store.Ready, Runtime: "py311", Created: Start(), Settings: store.Settings{FunctionPath: "handler.py"}}
	c := store.Schedule{ID: ScheduleID(n), FunctionID: f.ID, Name: "yearly", Cron: "0 0 1 1 *", NextDue: Start().AddDate(1, 0, 0), Created: Start()}
	return errors.Join(tx.InsertFunction(f), tx.InsertVersion(v), tx.InsertSchedule(c))
}

func addCall(tx *store.Tx, n, functions int64, count int) error {
	started := Start().Add(time.Duration(n) * time.Second)
	c := store.Call{ID: CallID(n), FunctionID: FunctionID(n % functions), Version: 1, Status: store.Running, Started: started}
	if n/functions%scheduleEvery == 0 {
		c.ScheduleID, c.Scheduled = ScheduleID(n%functions), started
	}
	lines := make([]store.Line, count)
	for i := range lines {
		lines[i] = store.Line{Time: started, Text: fmt.Sprintf("line %d: something that a function says of what it does", i)}
	}
	done := c
	done.Status, done.Preview, done.LogLines = store.Completed, `{"ok":true}`, int64(count)
	done.Ended, done.Duration = started.Add(time.Millisecond), time.Millisecond
	if n/functions%failedEvery == 0 {
		done.Status, done.ErrorMessage = store.Failed, "boom"
	}
	return errors.Join(tx.InsertCall(c, []byte(`{"n":1}`)), tx.AppendLines(c.ID, lines), tx.FinishCall(done, []byte(`{"ok":true}`)))
}

// OneFunction gives a state a function that has all the calls, and a second one
// that has none, and returns how many those are.
func OneFunction(s *store.Store) (calls int64, err error) {
	if calls, err = wantedCalls(); err != nil {
		return 0, err
	}
	err = s.Write(store.Relaxed, func(tx *store.Tx) error {
		return errors.Join(tx.InsertFunction(store.Function{ID: FunctionID(0), Name: "called"}), tx.InsertFunction(store.Function{ID: FunctionID(1), Name: "other"}))
	})
	return calls, errors.Join(err, addCalls(s, calls, 1, 1))
}
