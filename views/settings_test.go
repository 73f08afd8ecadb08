package views

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
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

func TestThePageOfAFunctionTellsSchedulesEnvironmentLimitsAndTheError(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	f := &backend.functions[0]
	f.EnvVars, f.SecretNames, f.HasIndex, f.CPU = map[string]string{"REGION": "eu"}, []string{"api-key"}, true, 2
	backend.description.DataLimitBytes = 36_000
	drive(t, backend, func(d *driver) {
		d.press("d", "tab", "tab", "tab")
		d.see("hourly", "0 * * * *", "every hour")
		d.press("tab")
		d.see("REGION = eu", "api-key", "one of its own")
		d.press("tab")
		d.see("2 CPU", "at most 36 kB of JSON in a call")
		d.press("tab")
		d.see("The last deploy did not fail.")
		d.press("esc", "j", "j", "d", "shift+tab")
		d.see("no matching distribution for pandass", "no version serves")
	})
}

func TestADeployUnderWayIsShownBesideWhatIsUsual(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions[1].UsualDeploy = 70 * time.Second
	drive(t, backend, func(d *driver) {
		d.press("j", "d")
		d.see("Deploying 42s, usually 1m10s")
		d.press("l")
		d.see("build ingest-ims", "Deploying 42s  usually 1m10s")
		d.wait(2 * time.Second)
		d.see("Deploying 44s")
		d.press("~")
		d.see("usually 1m10s")
	})
}

func TestTheTabThatIsShownIsInTheBarHoweverNarrowItIs(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 40, Height: 20})
		d.press("d")
		d.see("  Overview    Versions")
		d.press("shift+tab")
		d.see("Limits    Error")
		d.miss("Overview")
		lines := strings.Split(d.frame(), "\n")
		bar := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "Limits    Error") })
		d.send(tea.MouseClickMsg{X: strings.Index(lines[bar], "Limits"), Y: bar, Button: tea.MouseLeft})
		d.see("isolation")
	})
}
