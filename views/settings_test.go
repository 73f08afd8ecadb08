package views

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestSettingsAreChangedFromTheListThePageAndTheCommandLine(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions[0].EnvVars = map[string]string{"REGION": "eu"}
	var got client.SpecChange
	backend.settings = func(id string, change client.SpecChange) (client.Function, error) {
		got = change
		return client.Function{ID: id, Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("e")
		d.see("settings of ingest-pi v12", "REGION=eu")
		d.press("ctrl+u")
		d.typed("REGION=us")
		d.press("ctrl+s")
		d.see("ingest-pi v13 gets the settings, v12 serves until it is Ready")
		assert.Equal(t, map[string]string{"REGION": "us"}, got.EnvVars)

		d.press("d", "e")
		d.see("settings of ingest-pi v12")
		d.press("ctrl+s")
		d.see("settings of ingest-pi: nothing is different")
		d.press("esc")
		d.wait(time.Second)
		d.press("y", "esc", "2", ":")
		d.typed("settings nightly-report")
		d.press("enter")
		d.see("settings of nightly-report v3")
	})
}

func TestSettingsOfWhatDeploysSayWhyNot(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("j", "e")
		d.see("ingest-ims is already deploying v8")
		d.press("j", "e")
		d.see("ingest-score has no version that serves: redeploy it")
	})
}

func TestANewFunctionIsWrittenDeployedAndUnderTheCursor(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.deploy = func(spec client.FunctionSpec, code client.Package) (client.Function, error) {
		f := client.Function{ID: "f9", Name: spec.Name, Status: client.FunctionQueued, Folder: code.Folder, Created: bubbleStart}
		backend.change(func() { backend.functions = append(backend.functions, f) })
		return f, nil
	}
	folder := filepath.Join(t.TempDir(), "greeter")
	drive(t, backend, func(d *driver) {
		d.press("n")
		d.see("new function", "the smallest function")
		d.press("tab")
		d.typed("greeter")
		d.see("./greeter")
		d.press("tab", "ctrl+u")
		d.typed(folder)
		d.press("ctrl+s")
		d.wait(time.Second)
		d.see("greeter lies in ", "› greeter")
		assert.FileExists(t, filepath.Join(folder, "handler.py"))

		d.press("n", "tab")
		d.typed("other")
		d.press("tab", "ctrl+u")
		d.typed(folder)
		d.press("ctrl+s")
		d.see("new function", "is not empty")
	})
}

func TestAnEmptyListNamesBothWaysToAFunction(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions = nil
	drive(t, backend, func(d *driver) {
		d.see("u uploads a folder, n starts from a template")
	})
}

func TestACallThatIsNotWaitedForLeavesTheOperatorInTheList(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("i", "tab", "tab", "right")
		d.see("no stays here")
		d.miss("Timeout")
		d.press("ctrl+s")
		d.see("call new of ingest-pi is accepted", "functions (5)")
	})
}

func TestACallThatTakesLongerThanSomebodyWaitsSaysThatItGoesOn(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.invoke = func(r client.CallRequest) (client.Call, error) {
		call := client.Call{ID: "slow", FunctionID: r.FunctionID, FunctionName: "ingest-pi", Status: client.CallRunning, Started: bubbleStart}
		backend.change(func() { backend.calls = append(backend.calls, call) })
		return call, nil
	}
	end := func() {
		backend.change(func() { backend.calls[len(backend.calls)-1].Status = client.CallCompleted })
	}
	call := func(d *driver) {
		d.press("i", "tab", "tab", "tab")
		d.typed("nonsense")
		d.see("a time such as 30s")
		d.press("ctrl+u")
		d.typed("30s")
		d.press("ctrl+s")
		d.see("Result")
	}
	drive(t, backend, func(d *driver) {
		call(d)
		d.wait(29 * time.Second)
		d.miss("still runs")
		d.wait(2 * time.Second)
		d.see("call slow of ingest-pi still runs after 30s and goes on; 2 lists the calls")
		end()
	})
	drive(t, backend, func(d *driver) {
		call(d)
		end()
		d.wait(40 * time.Second)
		d.miss("still runs")
	})
}

func TestNothingIsLeftOfATemplateWhereTheFolderCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("n", "tab")
		d.typed("greeter")
		d.press("tab", "ctrl+u")
		d.typed(filepath.Join(file, "below"))
		d.press("ctrl+s")
		d.see("new function", "not a directory")
	})
}
