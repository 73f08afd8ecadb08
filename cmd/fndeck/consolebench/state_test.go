package consolebench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

const (
	// many is how many functions, or calls, the lists have.
	many = 100_000
	// longLog is how many lines of logLine bytes the newest call but one printed:
	// 122 MB.
	longLog, logLine = 1_000_000, 121
	// largeResult is how large the result of the newest call is.
	largeResult = 40 << 20
	// portion is how many rows one write of the making stores.
	portion = 5_000
)

// place is a home with an engine that runs on a state in it.
type place struct {
	home string
	env  []string
}

var places struct {
	sync.Mutex
	made map[string]place
}

// stateVariable names a directory that keeps the states between runs.
const stateVariable = "FNDECK_BENCH_STATE"

// stateOf returns the place of a name, whose state fill makes where there is none
// yet. Its engine runs until the benchmarks end.
func stateOf(b *testing.B, name string, fill func(s *store.Store) error) place {
	b.Helper()
	places.Lock()
	defer places.Unlock()
	if p, ok := places.made[name]; ok {
		return p
	}
	home := filepath.Join(shared(b), name)
	if kept := os.Getenv(stateVariable); kept != "" {
		home = filepath.Join(kept, "console-"+name)
	}
	p := place{home: home, env: homeless(b, home)}
	dir := filepath.Join(home, "state")
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		half := filepath.Join(home, "half")
		require.NoError(b, errors.Join(os.RemoveAll(half), os.MkdirAll(half, 0o700)))
		s, err := store.Open(half, time.Now)
		require.NoError(b, err)
		require.NoError(b, errors.Join(fill(s), s.Close()))
		require.NoError(b, os.Rename(half, dir))
	}
	ran(b, p.env, fndeck(b), "engine", "start")
	binary := fndeck(b)
	atEnd(func() {
		stop := exec.Command(binary, "engine", "stop", "--yes")
		stop.Env = p.env
		_ = stop.Run() // What it said is of no use any more.
	})
	if places.made == nil {
		places.made = map[string]place{}
	}
	places.made[name] = p
	return p
}

// begin is when the oldest row was made; a second lies between two.
func begin() time.Time { return time.Now().Add(-48 * time.Hour).UTC() }

// inPortions writes n rows.
func inPortions(s *store.Store, n int64, row func(tx *store.Tx, i int64) error) (err error) {
	for first := int64(0); err == nil && first < n; first += portion {
		err = s.Write(store.Relaxed, func(tx *store.Tx) error {
			for i := first; i < min(first+portion, n); i++ {
				if err := row(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// sha stands for the code that all functions share.
var sha = strings.Repeat("ab", 32)

func addFunction(tx *store.Tx, n int64, created time.Time) (id int64, err error) {
	f := store.Function{ID: tx.NextID(), Name: fmt.Sprintf("function-%06d", n), Created: created, Owner: "data", Serving: 1, Latest: 1}
	v := store.Version{FunctionID: f.ID, Number: 1, SHA256: sha, Status: store.Ready, Runtime: "py311", Created: created, Settings: store.Settings{FunctionPath: "handler.py"}}
	return f.ID, errors.Join(tx.InsertFunction(f), tx.InsertVersion(v))
}

// functionsPlace has 100 000 functions.
func functionsPlace(b *testing.B) place {
	return stateOf(b, "functions", func(s *store.Store) error {
		from := begin()
		return inPortions(s, many, func(tx *store.Tx, n int64) error {
			_, err := addFunction(tx, n, from.Add(time.Duration(n)*time.Second))
			return err
		})
	})
}

// callsPlace has 100 000 calls of ten functions. The newest has a large result,
// the one before it a long log.
func callsPlace(b *testing.B) place {
	return stateOf(b, "calls", func(s *store.Store) error {
		from := begin()
		const count = 10
		var functions, calls []int64
		err := inPortions(s, count, func(tx *store.Tx, n int64) error {
			id, err := addFunction(tx, n, from)
			functions = append(functions, id)
			return err
		})
		if err != nil {
			return err
		}
		err = inPortions(s, many, func(tx *store.Tx, n int64) error {
			id, err := addCall(tx, n, functions[n%count], from.Add(time.Duration(n)*time.Second))
			calls = append(calls, id)
			return err
		})
		if err != nil {
			return err
		}
		return inPortions(s, longLog/portion, func(tx *store.Tx, n int64) error {
			lines := make([]store.Line, portion)
			for i := range lines {
				lines[i] = store.Line{Time: from, Text: logText(int(n)*portion + i)}
			}
			return tx.AppendLines(calls[many-2], lines)
		})
	})
}

// needle is on the first line of the long log alone.
const needle = "the-needle"

// logText is one line of the long log.
func logText(n int) string {
	text := fmt.Sprintf("line %07d something that a function says of what it does ", n)
	if n == 0 {
		text += needle
	}
	return text + strings.Repeat(".", logLine-len(text))
}

func addCall(tx *store.Tx, n, function int64, started time.Time) (id int64, err error) {
	c := store.Call{ID: tx.NextID(), FunctionID: function, Version: 1, Status: store.Running, Started: started}
	response := []byte(fmt.Sprintf(`{"rows":%d}`, n))
	done := c
	done.Status, done.Preview, done.LogLines = store.Completed, string(response), 3
	done.Ended, done.Duration = started.Add(time.Duration(n%900)*time.Millisecond), time.Duration(n%900)*time.Millisecond
	const failedEvery = 50
	switch {
	case n == many-1:
		response = largeJSON()
	case n == many-2:
		done.LogLines = longLog
	case n%failedEvery == 0:
		done.Status, done.ErrorMessage = store.Failed, "boom"
	}
	return c.ID, errors.Join(tx.InsertCall(c, []byte(`{"n":1}`)), tx.FinishCall(done, response))
}

// largeJSON is a result of largeResult bytes: an array of small objects.
func largeJSON() []byte {
	var out strings.Builder
	out.Grow(largeResult + 1<<10)
	out.WriteString("[")
	for n := 0; out.Len() < largeResult; n++ {
		if n > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":%d,"name":"item %d","tags":["a","b"],"value":%d.5,"ok":true}`, n, n, n)
	}
	out.WriteString(`,{"id":-1,"name":"` + needle + `"}]`)
	return []byte(out.String())
}

// nothing leaves a state empty.
func nothing(*store.Store) error { return nil }
