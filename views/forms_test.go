package views

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/ui/terminal"
)

// heldBackend hands out what calls were given only when the test says so.
type heldBackend struct {
	*fakeBackend
	hold chan struct{}
}

func (b heldBackend) Result(ctx context.Context, functionID, callID string) (client.Result, error) {
	select {
	case <-b.hold:
	case <-ctx.Done():
		return client.Result{}, ctx.Err()
	}
	return b.fakeBackend.Result(ctx, functionID, callID)
}

// driveHeld is drive for a backend whose results come when release is called. What
// is called and deleted is counted.
func driveHeld(t *testing.T, test func(d *driver, release func(), sent *[]string)) {
	t.Helper()
	var sent []string
	backend := sampleBackend(bubbleStart)
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		sent = append(sent, string(request.Data))
		return client.Call{ID: "made", FunctionID: request.FunctionID, Status: client.CallRunning}, nil
	}
	untouched(t, backend)
	var hold chan struct{}
	driveAny(t, func() client.Backend {
		hold = make(chan struct{})
		return heldBackend{backend, hold}
	}, func(d *driver) {
		test(d, func() { close(hold); d.settle() }, &sent)
	})
}

// untouched makes every change but a call a failure of the test.
func untouched(t *testing.T, backend *fakeBackend) {
	t.Helper()
	backend.remove = func(id string) error { t.Errorf("%s was deleted", id); return nil }
	backend.redeploy = func(id string, _ client.Package) (client.Function, error) {
		t.Errorf("%s was redeployed", id)
		return client.Function{}, nil
	}
	backend.cancel = func(id string) error { t.Errorf("%s was cancelled", id); return nil }
}

// burst sends keys faster than anything that they cause can come to its end.
func (d *driver) burst(keys ...tea.Msg) {
	for _, key := range keys {
		_, cmd := d.root.Update(key)
		d.run(cmd)
	}
	d.settle()
}

func letters(text string) []tea.Msg {
	var msgs []tea.Msg
	for _, r := range text {
		msgs = append(msgs, keyPress(string(r)))
	}
	return msgs
}

func TestABurstThatOpensTheCallFormLandsInItAndNotInTheListBelow(t *testing.T) {
	driveHeld(t, func(d *driver, release func(), sent *[]string) {
		typed := append([]tea.Msg{keyPress("i")}, letters(`{"r": "Rbqu", "I": 1}`)...)
		d.burst(append(typed, keyPress("ctrl+s"))...)
		assert.Equal(t, []string{`{"r": "Rbqu", "I": 1}`}, *sent, "before the last data have been read")
		release()
		d.see("call made")
		assert.Len(t, *sent, 1)
	})
}

func TestKeysThatNeedTheLastDataWaitForThem(t *testing.T) {
	driveHeld(t, func(d *driver, release func(), sent *[]string) {
		d.burst(keyPress("i"), keyPress("left"), tea.KeyPressMsg{Code: ',', Text: ","}, keyPress("backspace"), keyPress("ctrl+s"))
		d.see("call ingest-pi v12", "reading what it was given last; keys wait for that")
		assert.Empty(t, *sent, "{} must not go out in the place of the last data")
		release()
		assert.Equal(t, []string{`{"asset":42,"since":"2026-03-27T00:00:00Z"}`}, *sent)
	})
}

func TestEscapeDoesNotWaitForTheLastData(t *testing.T) {
	driveHeld(t, func(d *driver, _ func(), sent *[]string) {
		d.burst(keyPress("i"), keyPress("esc"), keyPress("j"))
		d.see("› ingest-ims")
		assert.Empty(t, *sent)
	})
}

func TestAFormWhoseLastDataCannotBeReadSaysSoAndIsThere(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		backend.change(func() { backend.listErr = &client.Error{Code: client.CodeUnavailable, Message: "the engine went away"} })
		d.press("i")
		d.see("call ingest-pi v12", "the last data are not known: the engine went away", "! 1")
		d.typed(`{"a": 1}`)
		d.see(`{"a": 1}`)
	})
}

func TestTheFormThatThePaletteOpensGetsTheKeysBehindIt(t *testing.T) {
	driveHeld(t, func(d *driver, _ func(), sent *[]string) {
		d.press("ctrl+p")
		keys := append(letters("call with json"), keyPress("enter"))
		keys = append(keys, letters(`{"x": "ctrl"}`)...)
		d.burst(append(keys, keyPress("ctrl+s"))...)
		assert.Equal(t, []string{`{"x": "ctrl"}`}, *sent)
	})
}

func TestNoKeyOfAFormReachesTheListBelow(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	untouched(t, backend)
	drive(t, backend, func(d *driver) {
		d.press("j", "j", "j", "i")
		screen, deep := d.root.screen(), len(d.root.overlays)
		for _, key := range []string{"ctrl+d", "ctrl+w", "ctrl+f", "ctrl+b", "ctrl+p", "ctrl+e", "ctrl+g", "ctrl+k", "ctrl+u", "R", "K", "D", "q", "!", ":", "/", "1", "[", "-"} {
			d.press(key)
			require.Len(t, d.root.overlays, deep, key)
			require.Same(t, screen, d.root.screen(), key)
			require.Nil(t, d.root.prompt, key)
		}
		d.see("RKDq!:/1[-")
	})
}

func TestADraftSurvivesEverySizeOfTheTerminalAndALostBackend(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("i", "ctrl+u")
		d.typed(`{"draft": 1}`)
		for _, size := range []tea.WindowSizeMsg{{Width: 40, Height: 10}, {Width: 1, Height: 1}, {}, {Width: 30, Height: 50}, {Width: 200, Height: 60}} {
			d.send(size)
			d.press("left", "right")
		}
		backend.change(func() { backend.listErr = client.ErrUnavailable })
		d.wait(10 * time.Second)
		d.see(`{"draft": 1}`)
		d.press("esc")
		d.see("Throw away what was typed?")
		d.wait(time.Second)
		d.press("n")
		d.see(`{"draft": 1}`)
		d.press("esc")
		d.wait(time.Second)
		d.press("y")
		d.see("functions")
		d.miss("draft")
	})
}

func TestALowScreenShowsHowToSendAFormAndHowToLeaveIt(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 40, Height: 10})
		for keys, wanted := range map[string]string{"i": "call ctrl+s", "4 n": "create ctrl+s", "1 ctrl+d": "delete enter", "1 u": "enter", "1 b": "enter"} {
			d.press(strings.Fields(keys)...)
			head := strings.Split(d.frame(), "\n")[1]
			assert.Contains(t, head, wanted)
			assert.Contains(t, head, "esc")
			d.press("esc")
		}
	})
}

func TestEarlierDataAreTakenFromAListOrLeftAlone(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.result.Data = json.RawMessage(`{"from": "history"}`)
	drive(t, backend, func(d *driver) {
		for _, data := range []string{`{"n": 1}`, `{"n": 2}`, `{"n": 1}`} {
			d.press("i", "ctrl+u")
			d.typed(data)
			d.press("ctrl+s", "esc")
		}
		d.press("i", "ctrl+u")
		d.typed(`{"draft": true}`)
		d.press("ctrl+r")
		d.see("earlier data of ingest-pi, the newest first", `{"n": 1}`, `{"n": 2}`, `{"from": "history"}`)
		assert.Equal(t, 1, strings.Count(d.frame(), `{"n": 1}`), "each data once")
		d.press("j", "esc")
		d.see(`{"draft": true}`)
		d.press("ctrl+r", "down", "down", "enter")
		d.see(`{"from": "history"}`, "call ctrl+s")
		d.press("ctrl+s", "esc", "i")
		d.see(`{"from": "history"}`)
	})
}

func TestABurstTakesTheEarlierDataThatAreStillBeingRead(t *testing.T) {
	driveHeld(t, func(d *driver, release func(), sent *[]string) {
		d.burst(append(letters("i{"), keyPress("ctrl+r"), keyPress("enter"))...)
		d.see("reading the calls")
		release()
		d.press("ctrl+s")
		assert.Equal(t, []string{`{"asset":42,"since":"2026-03-27T00:00:00Z"}`}, *sent)
	})
}

// editing runs the console with a shell script as the operator's editor.
func editing(t *testing.T, script string, test func(s *stage, sent *[]string)) {
	t.Helper()
	editor := filepath.Join(t.TempDir(), "editor")
	require.NoError(t, os.WriteFile(editor, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	backend := sampleBackend(bubbleStart)
	var sent []string
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		sent = append(sent, string(request.Data))
		return client.Call{ID: "made", FunctionID: request.FunctionID, Status: client.CallRunning}, nil
	}
	environ := []string{"TERM=xterm-256color", "LANG=en_US.UTF-8", "PATH=" + os.Getenv("PATH"), "EDITOR=nosuch", "VISUAL=" + editor + " -w"}
	perform(t, backend, 100, 30, Options{Environ: environ}, func(s *stage) { test(s, &sent) })
}

func TestAnEditorGetsTheTextAndWhatItSavesIsSent(t *testing.T) {
	seen := filepath.Join(t.TempDir(), "seen")
	editing(t, `test "$1" = -w && cp -p "$2" `+seen+` && ls -ld "$2" | cut -c1-10 > `+seen+`.mode && printf '{"edited": 9007199254740993}\n' > "$2" && touch "$2~"`, func(s *stage, sent *[]string) {
		s.press("i", "ctrl+o")
		s.back()
		assert.Contains(t, s.screen.text(), `{"edited": 9007199254740993}`)
		s.press("ctrl+s")
		assert.Equal(t, []string{`{"edited": 9007199254740993}`}, *sent, "without the line end that the editor put there")
		given, err := os.ReadFile(seen)
		require.NoError(t, err)
		assert.Equal(t, `{"asset":42,"since":"2026-03-27T00:00:00Z"}`, string(given))
		mode, err := os.ReadFile(seen + ".mode")
		require.NoError(t, err)
		assert.Equal(t, "-rw-------\n", string(mode))
		assert.Empty(t, leftOvers(t, s))
	})
}

func TestAnEditorThatFailsLeavesTheTextAsItWas(t *testing.T) {
	editing(t, `printf broken > "$2"; exit 3`, func(s *stage, sent *[]string) {
		s.press("i", "ctrl+o")
		s.back()
		assert.Contains(t, s.screen.text(), "nothing was taken over: the editor ended with exit status 3")
		assert.Contains(t, s.screen.text(), `{"asset":42,`)
		assert.Empty(t, leftOvers(t, s))
		s.press("ctrl+s")
		assert.Equal(t, []string{`{"asset":42,"since":"2026-03-27T00:00:00Z"}`}, *sent)
	})
}

func TestAnEditedTextThatIsWrongStaysInTheFieldWithTheReason(t *testing.T) {
	editing(t, `printf "{'a': 1}" > "$2"`, func(s *stage, sent *[]string) {
		s.press("i", "ctrl+o")
		s.back()
		s.press("ctrl+s")
		assert.Contains(t, s.screen.text(), "{'a': 1}")
		assert.Contains(t, s.screen.text(), "line 1 column 2")
		assert.Empty(t, *sent)
	})
}

func TestATextThatTheEditorHasRemovedIsNotLost(t *testing.T) {
	editing(t, `rm "$2"`, func(s *stage, _ *[]string) {
		s.press("i", "ctrl+o")
		s.back()
		assert.Contains(t, s.screen.text(), "read what was edited")
		assert.Contains(t, s.screen.text(), `{"asset":42,`)
		assert.Empty(t, leftOvers(t, s))
	})
}

// leftOvers is what lies in the state directory.
func leftOvers(t *testing.T, s *stage) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.stateDir, "edit-*"))
	require.NoError(t, err)
	return found
}

func TestWithoutAnEditorTheFormSaysSo(t *testing.T) {
	for _, environ := range [][]string{nil, {"TERM=xterm", "LANG=C.UTF-8", "PATH=/nowhere"}} {
		driveWith(t, sampleBackend(bubbleStart), Options{Environ: environ}, func(d *driver) {
			d.press("i", "ctrl+o")
			d.see("there is no editor", `{"asset":42,`)
			d.press("ctrl+t")
			d.see(`"asset": 42,`)
		})
	}
}

// back lets the program take its terminal back: it waits for a reader of the
// keyboard that is not there.
func (s *stage) back() {
	s.rest()
	s.rest()
}

// measured is a backend whose calls take 20 ms and fail every fourth time.
func measured(t *testing.T) (*fakeBackend, *atomic.Int32) {
	t.Helper()
	backend := sampleBackend(bubbleStart)
	var made atomic.Int32
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		n := made.Add(1)
		call := client.Call{ID: fmt.Sprintf("s-%d", n), FunctionID: request.FunctionID, Status: client.CallCompleted, Duration: 20 * time.Millisecond}
		if n%4 == 0 {
			call.Status, call.Error = client.CallFailed, &client.Failure{Message: "KeyError: 'tag'"}
		}
		backend.change(func() { backend.calls = append([]client.Call{call}, backend.calls...) })
		return call, nil
	}
	return backend, &made
}

func TestManyCallsAreMadeFromTheFormAndMeasured(t *testing.T) {
	backend, made := measured(t)
	drive(t, backend, func(d *driver) {
		keys := append([]tea.Msg{keyPress("i")}, letters(`{"n": 1}`)...)
		keys = append(append(keys, keyPress("tab")), letters("40")...)
		keys = append(append(keys, keyPress("tab")), letters("8")...)
		d.burst(append(keys, keyPress("ctrl+s"))...)
		assert.EqualValues(t, 40, made.Load())
		d.see("calls of ingest-pi v12", "40 calls ended, 8 at once", "10 failed, first call s-", "KeyError: 'tag'", "p50 20ms", "p99 20ms", "to 20ms")
		d.press("e")
		d.see("call ingest-pi v12", `{"n": 1}`, "40", "At once")
		d.press("ctrl+s", "enter")
		assert.EqualValues(t, 80, made.Load())
		d.see("ingest-pi: 40 of 40 calls ended, 10 failed, p50 20ms, p99 20ms")
		d.press("i")
		d.see(`{"n": 1}`)
	})
}

func TestManyCallsStopWithOneKey(t *testing.T) {
	backend, made := measured(t)
	invoke := backend.invoke
	var hold chan struct{}
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		if made.Load() == 10 {
			<-hold
		}
		return invoke(request)
	}
	drive(t, backend, func(d *driver) {
		hold = make(chan struct{})
		d.press("i", "tab", "5", "0", "ctrl+s")
		d.see("10 of 50 calls, 1 at once", "esc")
		d.wait(3 * time.Second)
		d.see("3.0s")
		d.press("esc")
		d.see("stopped: no further calls", "wait no longer esc")
		close(hold)
		d.settle()
		d.see("11 calls ended of 50")
		assert.EqualValues(t, 11, made.Load(), "no further call is made")
		d.press("esc")
		d.see("11 of 50 calls ended")
		d.miss("! 1")
	})
}

func TestWhatRunsWhenCallsAreStoppedIsFollowedToItsEnd(t *testing.T) {
	backend, made := measured(t)
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		call := client.Call{ID: fmt.Sprintf("s-%d", made.Add(1)), FunctionID: request.FunctionID, Status: client.CallRunning}
		backend.change(func() { backend.calls = append(backend.calls, call) })
		return call, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("i", "tab", "9", "tab", "3", "ctrl+s", "esc")
		d.see("stopped: no further calls, 3 still running")
		backend.change(func() {
			for i := range backend.calls {
				backend.calls[i].Status, backend.calls[i].Duration = client.CallCompleted, 70*time.Millisecond
			}
		})
		d.wait(10 * time.Second)
		d.see("3 calls ended of 9", "p50 70ms")
		d.miss("still run")
		assert.EqualValues(t, 3, made.Load())
	})
	drive(t, backend, func(d *driver) {
		made.Store(10)
		d.press("i", "tab", "9", "tab", "3", "ctrl+s", "esc", "esc")
		d.see("0 calls ended of 9; 3 more may still run")
	})
}

func TestManyCallsEndWhereOneCannotBeMade(t *testing.T) {
	backend, made := measured(t)
	invoke := backend.invoke
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		if made.Load() == 3 {
			return client.Call{}, &client.Error{Code: client.CodeThrottled, Message: "429: too many calls"}
		}
		return invoke(request)
	}
	drive(t, backend, func(d *driver) {
		d.press("i", "tab", "9", "ctrl+s")
		d.see("3 calls ended of 9", "429: too many calls", "! 1")
	})
}

func TestANumberOfCallsThatCannotBeIsRefused(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("i", "tab")
		for _, wrong := range []string{"0", "10001", "x", "-3", "99999999999999999999"} {
			d.press("ctrl+u")
			d.typed(wrong)
			d.press("ctrl+s")
			d.see("a number from 1 to 10 000 is expected", "not sent")
		}
	})
}

func TestTheReasonOfWhatWasNotDoneGoesWithTheNextChange(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.invoke = func(client.CallRequest) (client.Call, error) {
		return client.Call{}, &client.Error{Code: client.CodeInvalid, Message: "the engine wants another key"}
	}
	drive(t, backend, func(d *driver) {
		d.press("i")
		d.typed(`{"a": 1}`)
		d.press("ctrl+s")
		d.see("not done: call ingest-pi: the engine wants another key", `{"a": 1}`)
		d.press("left")
		d.see("not done")
		d.typed("2")
		d.see(`{"a": 12}`)
		d.miss("not done")
	})
}

func TestDataWithAKeyTwiceAreRefusedInTheFormWhereTheBackendRefusesThem(t *testing.T) {
	for refused, said := range map[bool]string{
		true:  `data, line 1 column 10: key "a" is already in line 1 column 2`,
		false: `key "a" in line 1 column 10 is already in line 1 column 2; the last one wins`,
	} {
		backend := sampleBackend(bubbleStart)
		backend.description.UniqueKeys = refused
		backend.invoke = func(r client.CallRequest) (client.Call, error) {
			assert.False(t, refused, "it was sent")
			return client.Call{ID: "new", FunctionID: r.FunctionID, Status: client.CallRunning}, nil
		}
		drive(t, backend, func(d *driver) {
			d.press("i")
			d.typed(`{"a": 1, "a": 2}`)
			d.see(said)
			d.press("ctrl+s")
			if refused {
				d.see("not sent: 1 field to mend")
			}
		})
	}
}

func TestAPasteThatLostItsColoursSaysSo(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		_, err = w.WriteString("\x1b[200~{\"a\": \x1b[31m1\x1b[m}\x1b[201~")
		require.NoError(t, err)
		d.root.pastes = terminal.NewPastes(r)
		_, err = d.root.pastes.Read(make([]byte, 100))
		require.NoError(t, err)
		d.press("i")
		d.send(tea.PasteMsg{Content: `{"a": 1}`})
		d.see(`{"a": 1}`, "2 control sequences of the paste left out")
		require.NoError(t, errors.Join(r.Close(), w.Close()))
	})
}
