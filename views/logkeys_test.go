package views

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// see checks what the terminal shows, miss what it does not.
func (s *stage) see(text ...string) {
	s.t.Helper()
	for _, want := range text {
		require.Contains(s.t, s.screen.text(), want)
	}
}

func (s *stage) miss(text ...string) {
	s.t.Helper()
	for _, unwanted := range text {
		require.NotContains(s.t, s.screen.text(), unwanted)
	}
}

func (s *stage) typed(text string) {
	for _, r := range text {
		s.press(string(r))
	}
}

// minutes is a backend whose newest call has printed a line every minute, the
// last one just now.
func minutes(n int) *fakeBackend {
	backend := longLog(n)
	for i := range backend.lines {
		backend.lines[i].Time = bubbleStart.Add(-time.Duration(n-1-i) * time.Minute)
	}
	return backend
}

func TestADigitBehindSinceShowsTheLinesSinceThen(t *testing.T) {
	perform(t, minutes(300), 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "S")
		s.see("since", "0 tail", "3 5m", "6 1h", "10:30")
		s.press("3")
		s.see("event 296.", "event 300.", "5 lines") // The clock has moved on by a second.
		s.miss("event 295.")
		s.press("enter")
		s.see("since 5m  5 lines, ended", "logs call c-900 (since 1 Jan 00:55:00, CET)")
		s.press("S", "4", "k")
		s.see("since 15m", "event 286.", "paused")
		s.miss("event 285.")
		s.press("S", "0", "enter")
		s.see("last 100 lines, ended", "event 300.", "event 284.")
		s.miss("since")
	})
}

func TestATypedTimeIsSinceTooAndLoadsWhatIsNotThere(t *testing.T) {
	backend, handed := minutes(5000), 0
	counted(backend, &handed)
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "S")
		s.typed("2h")
		s.press("enter")
		s.see("since 2h  120 lines")
		s.press("g")
		s.see("event 4881.")
		s.miss("event 4880.", "loading")
		s.press("k")
		s.miss("event 4880.")
		assert.Less(t, handed, 200, "what is older stays where it is")

		s.press("S")
		s.typed("23:30") // It is one in Oslo.
		s.press("enter", "g")
		s.see("since 23:30", "event 4910.")
		s.press("S")
		s.typed("10x")
		s.see(`"10x" is no time: 90s, 2h, 10:30`)
		s.press("enter")
		s.see(`"10x" is no time`)
		s.press("esc")
		s.see("since 23:30", "event 4910.")

		s.press("esc")
		s.see("no lines are hidden any more")
		s.press("g")
		s.see("event 1.\n")
		s.press("S", "1", "enter")
		s.see("event 1.\n")
		s.press("esc")
		s.see("calls (30)")
	})
}

func TestHeadGoesToTheFirstLineOfTheLog(t *testing.T) {
	perform(t, minutes(5000), 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "S", "1", "t") // The key after the digit ends the line.
		s.see("1999-12-28 13:41:00.000  event 1.\n", "paused")
	})
}

func TestMoreOlderLinesAreAskedForThanAreThere(t *testing.T) {
	backend := minutes(300_000)
	for i := range backend.lines {
		backend.lines[i].CallID = "" // A log of many calls.
	}
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("1", "l", "S")
		s.typed("4000h")
		s.press("enter", "g")
		s.see("since 4000h", "event 60002.\n")
		s.press("esc", "k")
		s.see("event 60001.\n")
		s.press("pgup", "pgup")
		s.see("event 59961.\n")
	})
}

func TestSinceNobodyHasPrintedSaysSo(t *testing.T) {
	backend := minutes(10)
	for i := range backend.lines {
		backend.lines[i].Time = backend.lines[i].Time.Add(-time.Hour)
	}
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "S", "3", "enter")
		s.see("No lines since 00:55:00.", "since 5m  0 lines")
		s.press("ctrl+s")
		s.see("there is no line to save")
	})
}

func TestWhatIsHiddenIsCountedUntilItIsShownAgain(t *testing.T) {
	driveLog(t, func(d *driver, log *liveLog) {
		d.press("3")
		log.grow(d, 1204)
		d.press("z")
		d.see("1 204 hidden  0 lines, following")
		d.miss("event 1204")
		log.grow(d, 2)
		d.see("event 1205", "event 1206", "2 lines, following")
		d.press("z")
		d.see("event 1204", "1 206 lines, following")
		d.press("z", "esc")
		d.see("event 1206", "no lines are hidden any more")
		d.miss(" hidden  ")
	})
}

func TestAMarkIsARuleWithTheTimeWhereTheLogEnded(t *testing.T) {
	driveLog(t, func(d *driver, log *liveLog) {
		d.press("3", "m")
		log.grow(d, 3)
		d.press("m")
		d.see("event 3\n ── 01:00:00 ───")
		log.grow(d, 2)
		d.see("── 01:00:00 ───", "event 4", "5 lines")
		log.grow(d, 100)
		d.press("k", "m")
		d.see("a mark is at the end of the log")
		d.press("g")
		d.see("event 3\n ── 01:00:00 ───")
	})
}

func TestPrettyLaysTheVisibleJSONOut(t *testing.T) {
	backend := longLog(3)
	backend.lines[1].Text = `{"tag": "pi:101", "rows": [1204]}`
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "P")
		s.see("01:00:00  {\n", `            "tag": "pi:101",`, "              1204\n", "event 3.")
		s.press("P")
		s.see(`{"tag": "pi:101", "rows": [1204]}`)
	})
}

// clipboard is what the program has put into the terminal's clipboard last.
func (s *stage) clipboard() string {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	parts := strings.Split(s.screen.bytes.String(), "\x1b]52;c;")
	text, _, _ := strings.Cut(parts[len(parts)-1], "\a")
	decoded, err := base64.StdEncoding.DecodeString(text)
	require.NoError(s.t, err)
	return string(decoded)
}

func TestSavingWritesWhatIsShownToAFileOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	perform(t, minutes(300), 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "ctrl+s")
		s.see("newest 100 lines in fndeck-logs-call-c-900-20000101T00", ".log, path copied")
		path := s.clipboard()
		assert.Equal(t, filepath.Join(dir, "fndeck-logs-call-c-900-20000101T00"), path[:len(dir)+len("/fndeck-logs-call-c-900-20000101T00")])
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(string(text), "1999-12-31T23:59:00.000000Z  event 299.\n2000-01-01T00:00:00.000000Z  event 300.\n"), "the time is in UTC, in full")
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())

		s.press("/")
		s.typed(`"event 29"`)
		s.press("enter", "x", "ctrl+s")
		s.see("11 lines in ")
		text, err = os.ReadFile(s.clipboard())
		require.NoError(t, err)
		assert.Equal(t, 11, strings.Count(string(text), "\n"), "only what matches: 29 and 290 to 299")
		assert.NotEqual(t, path, s.clipboard())

		s.press("A")
		s.see("300 lines in ")
		text, err = os.ReadFile(s.clipboard())
		require.NoError(t, err)
		assert.Equal(t, 300, strings.Count(string(text), "\n"), "all that is there, whatever is shown")
	})
}

func TestALogIsSavedInTheStateDirectoryWhereTheCurrentOneIsClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(dir, 0o700))
	t.Chdir(dir)
	require.NoError(t, os.Remove(dir)) // Not even root can write there.
	perform(t, minutes(3), 160, 24, Options{}, func(s *stage) {
		s.press("2", "l", "ctrl+s")
		s.see("3 lines in /", "path copied")
		assert.NotContains(t, s.clipboard(), "gone")
		assert.FileExists(t, s.clipboard())
	})
}

func TestThePreviousCallsLogIsOneKeyAway(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	for _, call := range backend.calls {
		backend.lines = append(backend.lines, client.LogLine{Position: int64(len(backend.lines) + 1), Text: "printed by " + call.ID, CallID: call.ID})
	}
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("2", "l", "p")
		s.see("logs call c-898", "printed by c-898") // c-899 is one of another function.
		s.press("p")
		s.see("printed by c-897")
		s.press("esc", "esc")
		s.see("logs call c-900")
		s.press("esc", "G", "l", "p")
		s.see("there is no call before this one", "printed by c-871")
		s.press("3", "p")
		s.see("this is not the log of one call")
	})
}

func TestLevelsAndSourcesSelectLines(t *testing.T) {
	backend := longLog(3)
	backend.lines[0].Text, backend.lines[1].Text = "WARNING low disk", `{"level": "error", "msg": "no disk"}`
	backend.lines[2].FunctionName = "ims"
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("3", "/")
		s.typed("level:warn")
		s.press("enter", "x")
		s.see("WARNING low disk", "1 match")
		s.miss("no disk", "event 3.")
		s.press("/", "ctrl+u")
		s.typed("source:ims")
		s.press("enter", "x")
		s.see("event 3.", "1 match")
		s.miss("low disk")
	})
}

func TestALogOfAMillionLinesIsQuickUnderAllItsKeys(t *testing.T) {
	const lines = 1_000_000
	backend := sampleBackend(bubbleStart)
	backend.lines = nil
	batch := make([]client.LogLine, 10_000)
	backend.follow = func(ctx context.Context, _ client.LogQuery, emit func([]client.LogLine) error) error {
		for at := 0; at < lines; at += len(batch) {
			for i := range batch {
				n := at + i + 1
				batch[i] = client.LogLine{Position: int64(n), Time: bubbleStart.Add(time.Duration(n-lines) * time.Second), Text: fmt.Sprintf("event %d.", n)}
			}
			if err := emit(batch); err != nil {
				return err
			}
		}
		<-ctx.Done()
		return ctx.Err()
	}
	drive(t, backend, func(d *driver) {
		d.press("3")
		d.see("event 1000000.", "1 000 000 lines, following")
		for _, keys := range [][]string{{"S", "6", "enter"}, {"g"}, {"z"}, {"z"}, {"m"}, {"P"}, {"pgup"}, {"G"}, {"esc"}} {
			cost := testing.AllocsPerRun(1, func() { d.press(keys...) })
			assert.Less(t, cost, 100_000.0, "%v", keys)
		}
		d.see("event 1000000.")
	})
}

func TestSourcesOfAMergedLogAreTakenOutAndPutBack(t *testing.T) {
	backend := longLog(3)
	backend.functions[1].Name = `o"d/d (x)` // As a server may call it.
	backend.lines[0].FunctionName, backend.lines[1].FunctionName, backend.lines[2].FunctionName = "ingest-pi", backend.functions[1].Name, "ingest-score"
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("3", "a")
		s.see("sources of this log", "[x] ingest-pi", "[x] ingest-score")
		s.press("space", "enter")
		s.see("event 2.", "event 3.", "2 matches")
		s.miss("event 1.")
		s.press("a")
		s.see("[ ] ingest-pi", `[x] o"d/d (x)`)
		s.press("j", "o", "enter")
		s.see("event 2.", "1 match")
		s.miss("event 3.")
		s.press("a", "*", "esc")
		s.see("1 match") // Nothing was chosen.
		s.press("esc")
		s.see("event 1.", "event 2.", "event 3.")
		s.press("2", "l", "a")
		s.see("this log has one source")
	})
}
