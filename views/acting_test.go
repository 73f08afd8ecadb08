package views

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
)

// folderBackend has one function whose folder exists on this machine.
func folderBackend(t *testing.T, source string) *fakeBackend {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handler.py"), []byte(source), 0o600))
	backend := sampleBackend(bubbleStart)
	backend.functions = backend.functions[:1]
	backend.functions[0].Folder = dir
	backend.functions[0].Runtime = ""
	return backend
}

const goodSource = "def handle(client, data):\n    return data\n"

func TestOneKeyRedeploys(t *testing.T) {
	backend := folderBackend(t, goodSource)
	sent := 0
	backend.redeploy = func(id string, code client.Package) (client.Function, error) {
		sent++
		assert.Equal(t, "f1", id)
		backend.change(func() {
			backend.functions[0].DeployingVersion, backend.functions[0].DeployStarted = 13, time.Now()
		})
		return client.Function{ID: id, Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("r")
		assert.Equal(t, 1, sent)
		d.see("ingest-pi v13 is on its way, v12 serves until it is Ready", "v12→v13", "1 deploying")
		d.press("r")
		assert.Equal(t, 1, sent)
		d.see("ingest-pi is already deploying v13")
	})
}

func TestUnchangedCodeIsRedeployedOnlyByASecondKeyWithinSeconds(t *testing.T) {
	backend := folderBackend(t, goodSource)
	fn := backend.functions[0]
	preview, err := pack.Scan(t.Context(), fn.Folder, action.PackOptions(fn, client.SpecChange{}))
	require.NoError(t, err)
	code, err := preview.Pack(t.Context())
	require.NoError(t, err)
	backend.versions = []client.Version{{Number: 12, Serving: true, CodeSHA256: code.SHA256}}
	sent := 0
	backend.redeploy = func(id string, _ client.Package) (client.Function, error) {
		sent++
		return client.Function{ID: id, Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("r")
		d.see("no changes since v12, r again within 5 s deploys anyway")
		d.wait(6 * time.Second)
		d.press("r")
		assert.Zero(t, sent, "after five seconds the question is asked anew")
		d.see("no changes since v12")
		d.press("r")
		assert.Equal(t, 1, sent)
	})
}

func TestARedeployWithFindingsOpensThePreview(t *testing.T) {
	backend := folderBackend(t, "def handle(:\n")
	backend.redeploy = func(string, client.Package) (client.Function, error) {
		t.Error("blocked code must not leave the machine")
		return client.Function{}, nil
	}
	require.NoError(t, os.Remove(filepath.Join(backend.functions[0].Folder, "handler.py")))
	drive(t, backend, func(d *driver) {
		d.press("r")
		require.Len(t, d.root.overlays, 1)
		d.see("ingest-pi", "handler.py")
	})
}

func TestAFunctionWithoutAFolderAsksForOne(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions[0].Folder = ""
	drive(t, backend, func(d *driver) {
		d.press("r")
		require.Len(t, d.root.overlays, 1)
	})
}

func TestDeletingWantsTheNameTyped(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var deleted []string
	backend.remove = func(id string) error {
		deleted = append(deleted, id)
		return nil
	}
	drive(t, backend, func(d *driver) {
		d.press("ctrl+d")
		d.see("delete ingest-pi", "schedule hourly")
		d.typed("in") // Typed ahead, before the question could be read.
		d.wait(time.Second)
		d.press("enter")
		assert.Empty(t, deleted)
		d.typed("ingest-ims")
		d.press("enter")
		assert.Empty(t, deleted, "the wrong name")
		d.press("ctrl+u")
		d.typed("ingest-pi")
		d.press("enter")
		assert.Equal(t, []string{"f1"}, deleted)
		d.see("deleted ingest-pi")
	})
}

func TestACallOpensItsPageAndItsDataComesBackInTheNextForm(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var sent []client.CallRequest
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		sent = append(sent, request)
		call := client.Call{ID: "c-999", FunctionID: "f1", FunctionName: "ingest-pi", Status: client.CallRunning, Started: time.Now()}
		backend.change(func() { backend.calls = append([]client.Call{call}, backend.calls...) })
		return call, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("i")
		d.see("call ingest-pi v12", `"asset":42`)
		d.press("ctrl+s")
		require.Len(t, sent, 1)
		assert.JSONEq(t, `{"asset":42,"since":"2026-03-27T00:00:00Z"}`, string(sent[0].Data))
		d.see("functions > call c-999", "Running")
		d.wait(3 * time.Second)
		d.see("Running  3s")
		backend.change(func() {
			backend.calls[0].Status, backend.calls[0].Duration = client.CallCompleted, 3100*time.Millisecond
		})
		d.press("ctrl+r")
		d.see("Completed  3.1s", `"big": 9007199254740993`)
		d.press("esc", "I")
		require.Len(t, sent, 2)
		assert.Equal(t, sent[0].Data, sent[1].Data)
	})
}

func TestReplayTakesTheDataOfTheCallUnderTheCursor(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.result.Data = json.RawMessage(`{"n":9007199254740993}`)
	var sent []client.CallRequest
	backend.invoke = func(request client.CallRequest) (client.Call, error) {
		sent = append(sent, request)
		return client.Call{ID: "c-1000", FunctionID: request.FunctionID, Status: client.CallRunning}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("2", "j", "I")
		require.Len(t, sent, 1)
		assert.Equal(t, `{"n":9007199254740993}`, string(sent[0].Data))
		assert.Equal(t, "f4", sent[0].FunctionID)
	})
}

func TestAFailedActionIsToldAndKept(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.invoke = func(client.CallRequest) (client.Call, error) {
		return client.Call{}, &client.Error{Code: client.CodeThrottled, Message: "429: too many calls", Hint: "wait a minute", RequestID: "req-77", TraceID: "trace-78"}
	}
	drive(t, backend, func(d *driver) {
		d.press("I")
		d.see("429: too many calls", "wait a minute", "! 1")
		d.wait(15 * time.Second)
		d.press("!")
		d.see("429: too many calls")
		d.press("enter")
		d.see("req-77", "trace-78", "wait a minute")
	})
}

func TestANewScheduleIsForTheFunctionOfTheRow(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("4", "n")
		d.see("new schedule", "ingest-pi")
		d.press("esc")
		d.see("schedules (3)")
	})
}

func TestTheCursorGoesToTheScheduleThatWasJustMade(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.create = func(spec client.ScheduleSpec) (client.Schedule, error) {
		made := client.Schedule{ID: "made", Name: spec.Name, FunctionID: spec.FunctionID, Cron: spec.Cron}
		backend.change(func() { backend.schedules = append(backend.schedules, made) })
		return made, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("4", "n")
		d.typed("minutely")
		d.press("tab", "tab")
		d.typed("* * * * *")
		d.press("ctrl+s")
		d.see("› minutely")
	})
}

// uploadFolder makes a folder with a function called ingest-pi.
func uploadFolder(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "ingest-pi")
	require.NoError(t, os.Mkdir(root, 0o700))
	for name, text := range map[string]string{
		"handler.py": "def handle(client, data):\n    return data\n", "requirements.txt": "numpy==2.1\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	return root
}

func TestTheCursorGoesToTheFunctionThatWasJustUploaded(t *testing.T) {
	root := uploadFolder(t)
	backend := sampleBackend(bubbleStart)
	backend.deploy = func(spec client.FunctionSpec, _ client.Package) (client.Function, error) {
		made := client.Function{ID: "made", Name: spec.Name, Status: client.FunctionQueued}
		backend.change(func() { backend.functions = append(backend.functions, made) })
		return made, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("u", "ctrl+u")
		d.typed(root)
		d.press("enter", "enter", "backspace")
		d.typed("2")
		d.press("ctrl+s")
		d.see("› ingest-p2")
	})
}

func TestRollBackAsksByTheVersionThatWasChosen(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	gone := 0
	backend.rollback = func(_ string, version int) (client.Function, error) {
		gone = version
		return client.Function{ID: "f1", Name: "ingest-pi", Version: version, Status: client.FunctionReady}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("b", "enter")
		d.see("roll back ingest-pi from v12: v10 answers calls and schedules")
		d.press("y")
		d.see("1 key typed ahead not taken as an answer")
		d.wait(time.Second)
		d.press("y")
		d.see("ingest-pi v10 serves again")
		assert.Equal(t, 10, gone)
	})
}

func TestARedeployByKeyLeavesTheCursorWhereItIs(t *testing.T) {
	backend := folderBackend(t, goodSource)
	backend.functions = append(backend.functions, client.Function{ID: "other", Name: "other", Status: client.FunctionReady, Version: 1})
	var release chan struct{}
	backend.redeploy = func(id string, _ client.Package) (client.Function, error) {
		<-release
		return client.Function{ID: id, Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	drive(t, backend, func(d *driver) {
		release = make(chan struct{})
		d.press("r", "j")
		close(release)
		d.settle()
		d.see("v13 is on its way", "› other")
	})
}

func TestAFormWhoseActionFailsComesBackWithWhatWasTyped(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	tries := 0
	backend.create = func(spec client.ScheduleSpec) (client.Schedule, error) {
		if tries++; tries == 1 {
			return client.Schedule{}, &client.Error{Code: client.CodeLimit, Message: "100 schedules are the most", Hint: "delete one"}
		}
		return client.Schedule{ID: "made", Name: spec.Name, Cron: spec.Cron}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("4", "n")
		d.typed("minutely")
		d.press("tab", "tab")
		d.typed("* * * * *")
		d.press("ctrl+s")
		d.see("new schedule", "minutely", "every minute", "not done:", "100 schedules are the most; delete one", "! 1")
		d.press("esc")
		d.see("Throw away what was typed?")
		d.wait(time.Second)
		d.press("n", "ctrl+s")
		assert.Equal(t, 2, tries)
		d.see("schedule minutely runs")
		d.miss("new schedule", "not done")
	})
}

func TestAnUploadThatFailsComesBackWithItsSettings(t *testing.T) {
	root := uploadFolder(t)
	backend := sampleBackend(bubbleStart)
	var sent []client.FunctionSpec
	backend.deploy = func(spec client.FunctionSpec, _ client.Package) (client.Function, error) {
		if sent = append(sent, spec); len(sent) == 1 {
			return client.Function{}, &client.Error{Code: client.CodeUnavailable, Message: "the engine went away"}
		}
		return client.Function{ID: "made", Name: spec.Name, Status: client.FunctionQueued}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("u", "ctrl+u")
		d.typed(root)
		d.press("enter", "enter")
		d.typed("-2")
		d.press("ctrl+s")
		d.see("upload a new function", "ingest-pi-2", "the engine went away")
		d.press("ctrl+s")
		require.Len(t, sent, 2)
		assert.Equal(t, sent[0], sent[1])
		d.see("ingest-pi-2 is accepted")
	})
}

func TestAFormComesBackUnderWhatWasOpenedSince(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var release chan struct{}
	backend.invoke = func(client.CallRequest) (client.Call, error) {
		<-release
		return client.Call{}, &client.Error{Code: client.CodeThrottled, Message: "429: too many calls"}
	}
	drive(t, backend, func(d *driver) {
		release = make(chan struct{})
		d.press("i", "ctrl+u")
		d.typed(`{"typed": 1}`)
		d.press("ctrl+s", "?")
		d.see("EVERYWHERE")
		close(release)
		d.settle()
		d.see("EVERYWHERE")
		d.press("esc")
		d.see("call ingest-pi v12", `{"typed": 1}`, "429: too many calls")
	})
}

func TestOneKeyInstallsTheRequirementsAnew(t *testing.T) {
	backend := folderBackend(t, goodSource)
	backend.rebuild = func(id string) (client.Function, error) {
		assert.Equal(t, "f1", id)
		return client.Function{ID: id, Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("E")
		d.see("ingest-pi has no requirements to install anew")
		backend.change(func() { backend.functions[0].Environment = "e" })
		d.press("ctrl+r", "E")
		d.see("ingest-pi v13 gets its packages anew, v12 serves until it is Ready")
	})
}

func TestARedeployTellsWhatItWentOnInSpiteOf(t *testing.T) {
	backend := folderBackend(t, goodSource)
	backend.functions[0].ExtraIndexes = 1
	require.NoError(t, os.WriteFile(filepath.Join(backend.functions[0].Folder, "requirements.txt"), []byte("numpy\n"), 0o600))
	backend.redeploy = func(id string, _ client.Package) (client.Function, error) {
		return client.Function{ID: id, Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("r")
		d.see("v12 serves until it is Ready; requirements.txt:1: numpy is not pinned")
	})
}
