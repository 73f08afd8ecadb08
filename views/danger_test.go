package views

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/views/keys"
)

// markedBackend is the sample under the marks of its context.
func markedBackend(protected bool, locked string) *fakeBackend {
	backend := sampleBackend(bubbleStart)
	backend.description.Name, backend.description.Protected, backend.description.Locked = "prod-eu", protected, locked
	return backend
}

func TestTheHeaderSaysInWordsHowAContextIsMarked(t *testing.T) {
	backend := markedBackend(true, action.ReadOnlyConfigured("prod-eu"))
	backend.description.ReadOnly = "read-only: nothing can be written to /srv/state"
	perform(t, backend, 120, 24, Options{}, func(s *stage) {
		assert.Contains(t, s.screen.text(), "fndeck  prod-eu  PROTECTED   READ ONLY ")
		assert.Contains(t, s.screen.text(), "read-only: nothing can be written to", "what the disk refuses is said beside it")
	})
	for _, o := range []Options{{}, {NoColor: true}, {ASCII: true}} {
		perform(t, backend, 40, 10, o, func(s *stage) {
			backend.change(func() { backend.listErr = errors.New("gone") })
			s.press("ctrl+r")
			assert.Contains(t, s.screen.text(), "PROTECTED READ ONLY", "the alarms do not push it out")
			backend.change(func() { backend.listErr = nil })
		})
	}
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		assert.NotContains(t, s.screen.text(), "PROTECTED")
		assert.NotContains(t, s.screen.text(), "READ ONLY")
	})
}

func TestInAProtectedContextACallAsksAndTypeAheadIsNoAnswer(t *testing.T) {
	backend := markedBackend(true, "")
	backend.result.Data = json.RawMessage(`{}`)
	var sent atomic.Int32
	backend.invoke = func(r client.CallRequest) (client.Call, error) {
		sent.Add(1)
		return client.Call{ID: "new", FunctionID: r.FunctionID, Status: client.CallRunning, Started: time.Now()}, nil
	}
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("I")
		assert.Contains(t, s.screen.text(), "call ingest-pi in prod-eu?")
		assert.Contains(t, s.screen.text(), "call ingest-pi: call the function with JSON data")
		assert.Contains(t, s.screen.text(), "prod-eu is protected")
		s.press("y")
		assert.Contains(t, s.screen.text(), "typed ahead not taken as an answer")
		assert.Zero(t, sent.Load())
		<-time.After(time.Second)
		s.press("y")
		assert.EqualValues(t, 1, sent.Load())
	})
}

func TestAFormNamesTheProtectedContextAndComesBackAfterANo(t *testing.T) {
	backend := markedBackend(true, "")
	backend.invoke = func(client.CallRequest) (client.Call, error) {
		t.Error("nobody said yes")
		return client.Call{}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("i", "ctrl+u")
		d.see("call ingest-pi v12 in prod-eu")
		d.typed(`{"typed": 1}`)
		d.press("ctrl+s")
		d.see("call ingest-pi in prod-eu?")
		d.wait(time.Second)
		d.press("n")
		d.see("call ingest-pi v12 in prod-eu", `{"typed": 1}`)
		d.press("esc")
		d.wait(time.Second)
		d.press("y", "?")
		d.miss("in prod-eu")
	})
}

func TestInAProtectedContextARollBackWantsTheName(t *testing.T) {
	backend := markedBackend(true, "")
	gone := 0
	backend.rollback = func(_ string, version int) (client.Function, error) {
		gone = version
		return client.Function{ID: "f1", Name: "ingest-pi", Version: version, Status: client.FunctionReady}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("b")
		d.see("roll back ingest-pi v12 in prod-eu")
		d.press("enter")
		d.see("roll back ingest-pi in prod-eu?", "Type ingest-pi to go on")
		d.wait(time.Second)
		d.press("y", "enter")
		assert.Zero(t, gone)
		d.press("ctrl+u")
		d.typed("ingest-pi")
		d.press("enter")
		assert.Equal(t, 10, gone)
	})
}

func TestInAProtectedContextADeletionWantsTheContextToo(t *testing.T) {
	backend := markedBackend(true, "")
	var deleted []string
	backend.remove = func(id string) error {
		deleted = append(deleted, id)
		return nil
	}
	drive(t, backend, func(d *driver) {
		d.press("ctrl+d")
		d.see("delete ingest-pi in prod-eu?", "schedule hourly", "prod-eu is protected", "Type ingest-pi to go on", "[ Next ] off")
		d.wait(time.Second)
		d.typed("ingest-pi")
		d.press("enter")
		d.see("And type prod-eu to go on", "[ Delete ] off")
		d.press("enter")
		d.typed("prod-us")
		d.press("enter")
		assert.Empty(t, deleted)
		d.press("ctrl+u")
		d.typed("prod-eu")
		d.press("enter")
		assert.Equal(t, []string{"f1"}, deleted)
	})
}

func TestInAProtectedContextManyAreAskedByTheirNumber(t *testing.T) {
	backend := markedBackend(true, "")
	drive(t, backend, func(d *driver) {
		d.press("space", "space", "R")
		d.see("redeploy 2 in prod-eu?", "Type 2 to go on")
		d.wait(time.Second)
		d.typed("2")
		d.press("enter")
		d.see("redeploy: 0 done, 2 not")
		d.press("1", "ctrl+d")
		d.wait(time.Second)
		d.typed("2")
		d.press("enter")
		d.see("And type prod-eu to go on")
	})
}

func TestThePaletteSaysWhatIsAskedInThisContext(t *testing.T) {
	drive(t, markedBackend(true, ""), func(d *driver) {
		d.press("ctrl+p")
		d.typed("roll back")
		d.see("(its name must be typed)")
	})
}

func TestInAReadOnlyContextEveryKeyExplainsItselfAndNoRequestLeaves(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	refuse := func() { t.Error("a request left") }
	backend.invoke = func(client.CallRequest) (client.Call, error) { refuse(); return client.Call{}, nil }
	backend.remove = func(string) error { refuse(); return nil }
	backend.redeploy = func(string, client.Package) (client.Function, error) { refuse(); return client.Function{}, nil }
	backend.cancel = func(string) error { refuse(); return nil }
	backend.unschedule = func(string) error { refuse(); return nil }
	backend.description.Name = "local"
	guarded := func() client.Backend {
		return action.Guard(backend, action.Marks{ReadOnly: action.ReadOnlyConfigured("local")})
	}
	driveAny(t, guarded, func(d *driver) {
		for view, pressed := range map[string][]string{
			"1": {"r", "i", "I", "u", "n", "b", "E", "W", "ctrl+d"},
			"2": {"r", "i", "I", "K"},
			"4": {"n", "t", "e", "ctrl+d"},
		} {
			for _, key := range pressed {
				d.press(view, key)
				d.see("local is read-only in the configuration", "READ ONLY")
				assert.Empty(t, d.root.overlays, "%s in %s", key, view)
				d.wait(6 * time.Second)
				d.miss("local is read-only in the configuration")
			}
		}
		d.press("1", "space", "space")
		for _, key := range []string{"R", "ctrl+d"} {
			d.press(key)
			d.see("local is read-only in the configuration")
			assert.Empty(t, d.root.overlays)
		}
		d.press("d")
		d.see("Overview")
	})
}

// file is a configuration that a test edits.
type file struct {
	looks, reads atomic.Int32
	// next is what the next look brings; it is taken once.
	next atomic.Pointer[reloaded]
}

func (f *file) edit(o *Options, err error) { f.next.Store(&reloaded{o, err}) }

func (f *file) reload(now bool) (*Options, error) {
	f.looks.Add(1)
	if now {
		f.reads.Add(1)
	}
	if next := f.next.Swap(nil); next != nil {
		return next.options, next.err
	}
	return nil, nil
}

func TestAChangedConfigurationIsTakenOverAtTheNextKey(t *testing.T) {
	f := &file{}
	perform(t, sampleBackend(bubbleStart), 120, 30, Options{Reload: f.reload}, func(s *stage) {
		s.press("4", "d")
		assert.Contains(t, s.screen.text(), "CET", "in Oslo")
		bound, problems := keys.Build(keys.Config{Bound: map[string][]string{"functions.redeploy": {"f5"}}})
		require.Empty(t, problems)
		f.edit(&Options{Keys: &bound, Zone: time.UTC, ASCII: true}, nil)
		<-time.After(lookEvery)
		assert.Contains(t, s.screen.text(), "CET", "nothing happens before somebody is there")
		s.press("j")
		assert.Contains(t, s.screen.text(), "configuration read")
		assert.NotContains(t, s.screen.text(), "CET")
		assert.NotContains(t, s.screen.text(), "●")
		<-time.After(6 * time.Second)
		s.press("j")
		assert.Contains(t, s.screen.text(), "redeploy f5")
	})
}

func TestAnIdleConsoleDoesNotLookAtItsConfiguration(t *testing.T) {
	f := &file{}
	driveWith(t, sampleBackend(bubbleStart), Options{Reload: f.reload}, func(d *driver) {
		d.wait(time.Minute)
		assert.Zero(t, f.looks.Load())
		d.press("j", "k", "j", "k")
		assert.EqualValues(t, 1, f.looks.Load(), "keys in a row cost one look")
		d.wait(lookEvery)
		d.send(tea.FocusMsg{})
		assert.EqualValues(t, 2, f.looks.Load(), "who comes back may have changed it")
		assert.Zero(t, f.reads.Load())
	})
}

func TestABrokenConfigurationLeavesTheOneBeforeInForceAndIsKeptInTheErrors(t *testing.T) {
	f := &file{}
	driveWith(t, sampleBackend(bubbleStart), Options{Reload: f.reload}, func(d *driver) {
		f.edit(nil, client.Invalidf(`config.yaml:3:5: unknown key "zoen", did you mean "zone"?`))
		d.press("k")
		d.see(`config.yaml:3:5: unknown key "zoen", did you mean "zone"?; the configuration before stays in force`, "! 1")
		d.wait(11 * time.Second)
		d.see("redeploy r")
		d.press("!")
		d.see(`config.yaml:3:5: unknown key "zoen"`, "read the configuration")
	})
}

func TestTheReloadCommandReadsTheConfigurationAtOnce(t *testing.T) {
	f := &file{}
	driveWith(t, sampleBackend(bubbleStart), Options{Reload: f.reload}, func(d *driver) {
		d.press(":")
		d.typed("reload")
		f.edit(&Options{Zone: time.UTC}, nil)
		d.press("enter")
		d.see("configuration read")
		assert.EqualValues(t, 1, f.reads.Load())
	})
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press(":")
		d.typed("reload")
		d.press("enter")
		d.see("this console follows no configuration file")
	})
}

func TestAContextThatWasJustProtectedAsksFromTheFirstKeyOn(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	guarded := action.Guard(backend, action.Marks{})
	backend.invoke = func(client.CallRequest) (client.Call, error) {
		t.Error("it was not asked")
		return client.Call{}, nil
	}
	reload := func(bool) (*Options, error) {
		guarded.Mark(action.Marks{Protected: true})
		return &Options{}, nil
	}
	driveWith(t, guarded, Options{Reload: reload}, func(d *driver) {
		d.press("I")
		d.see("PROTECTED", "call ingest-pi in ")
	})
}

// modal is a backend that can choose the mode of a function.
type modal struct {
	*fakeBackend
	chosen []string
}

func (m *modal) SetMode(_ context.Context, id, mode string, _ int) (client.Function, error) {
	m.chosen = append(m.chosen, id+" "+mode)
	return client.Function{ID: id, Name: "ingest-pi", Mode: mode, Status: client.FunctionReady}, nil
}

func TestAModeIsChangedOnlyAfterAYes(t *testing.T) {
	backend := &modal{fakeBackend: sampleBackend(bubbleStart)}
	driveWith(t, backend, Options{}, func(d *driver) {
		d.press("W")
		d.see("run calls of ingest-pi warm, not isolated", "keep their globals")
		d.wait(time.Second)
		d.press("n")
		assert.Empty(t, backend.chosen)
		d.press("W")
		d.wait(time.Second)
		d.press("y")
		assert.Equal(t, []string{"f1 warm"}, backend.chosen)
		d.see("calls of ingest-pi run from now on: warm")
	})
}
