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
)

// promotable makes the first local function one of a real folder, and prod a place
// that takes it.
func promotable(t *testing.T) (c *fakeContexts, deployed *[]client.FunctionSpec) {
	t.Helper()
	c, deployed = newFakeContexts(), new([]client.FunctionSpec)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handler.py"), []byte(plainHandler), 0o600))
	c.local.functions[0].Folder = folder
	c.prod.deploy = func(spec client.FunctionSpec, _ client.Package) (client.Function, error) {
		*deployed = append(*deployed, spec)
		f := client.Function{ID: "made", Name: spec.Name, Status: client.FunctionReady, Version: 1}
		c.prod.change(func() { c.prod.functions = append(c.prod.functions, f) })
		return f, nil
	}
	for name, b := range map[string]*fakeBackend{"here-1": c.local, "there-1": c.prod.fakeBackend} {
		b.result = client.Result{Response: json.RawMessage(`{"from": "` + name + `"}`)}
		b.calls = append(b.calls, client.Call{ID: name, Status: client.CallCompleted, Duration: time.Second})
		b.invoke = func(r client.CallRequest) (client.Call, error) {
			return client.Call{ID: name, FunctionID: r.FunctionID, Status: client.CallRunning}, nil
		}
	}
	return c, deployed
}

func TestAFunctionIsPromotedToAnotherContextAndBothAnswersAreCompared(t *testing.T) {
	c, deployed := promotable(t)
	c.perform(t, 120, 30, func(s *stage) {
		s.press("F")
		assert.Contains(t, s.screen.text(), "promote ingest-pi v12")
		assert.Contains(t, s.screen.text(), "prod")
		s.press("tab")
		s.typed("{}")
		s.press("ctrl+s")
		assert.Contains(t, s.screen.text(), "promote ingest-pi to prod:")
		assert.Contains(t, s.screen.text(), "both are called with the data")
		assert.Empty(t, *deployed, "it is asked first")
		<-time.After(time.Second)
		s.press("y")
		require.Len(t, *deployed, 1)
		assert.Equal(t, "ingest-pi", (*deployed)[0].Name)
		assert.Contains(t, s.screen.text(), "compare local prod")
		assert.Contains(t, s.screen.text(), "here-1  →  there-1")
		s.press("tab")
		assert.Contains(t, s.screen.text(), `-  "from": "here-1"`)
		assert.Contains(t, s.screen.text(), `+  "from": "there-1"`)
	})
}

func TestSecretsOfAPromotedFunctionAreGivenAnewAndMasked(t *testing.T) {
	c, deployed := promotable(t)
	c.local.functions[0].SecretNames = []string{"api-key", "token"}
	c.perform(t, 120, 30, func(s *stage) {
		s.press("F", "ctrl+s")
		<-time.After(time.Second)
		s.press("y")
		assert.Empty(t, *deployed)
		assert.Contains(t, s.screen.text(), "nobody can read the values of its secrets api-key, token", "the form is back and says which")
		assert.Contains(t, s.screen.text(), "without a value: api-key, token")
		s.press("tab", "up", "end")
		s.typed("canary-1")
		assert.Contains(t, s.screen.text(), "without a value: token")
		s.press("down", "end")
		s.typed("canary-2")
		assert.NotContains(t, s.screen.text(), "canary", "a value is never shown")
		s.press("ctrl+s")
		<-time.After(time.Second)
		s.press("y")
		require.Len(t, *deployed, 1)
		secrets := (*deployed)[0].Secrets
		assert.Equal(t, []string{"canary-1", "canary-2"}, []string{secrets["api-key"].Reveal(), secrets["token"].Reveal()})
	})
}

func TestPromotingToAProtectedContextWantsItsNameTyped(t *testing.T) {
	c, deployed := promotable(t)
	c.prod.description.Protected = true
	c.perform(t, 120, 30, func(s *stage) {
		s.press("F", "ctrl+s")
		assert.Contains(t, s.screen.text(), "prod is protected")
		<-time.After(time.Second)
		s.press("y", "enter")
		assert.Empty(t, *deployed, "a yes is not enough")
	})
}

func TestWithoutAnotherContextOrAFolderThePromotionSaysWhy(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("F")
		d.see("there is no other context: fndeck context add makes one")
	})
	c := newFakeContexts()
	c.perform(t, 120, 30, func(s *stage) {
		s.press("down", "F")
		assert.Contains(t, s.screen.text(), "the folder that ingest-ims came from is not known")
	})
}

func TestMarkedRedeploysThatLeaveAGapAreAskedAboutWithWhatEachLoses(t *testing.T) {
	b := &planningBackend{fakeBackend: sampleBackend(bubbleStart)}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handler.py"), []byte(plainHandler), 0o600))
	b.functions[0].Folder, b.functions[1].Folder = folder, folder
	b.functions[1].Status, b.functions[1].DeployingVersion = client.FunctionReady, 0
	var sent []string
	b.redeploy = func(id string, _ client.Package) (client.Function, error) {
		sent = append(sent, id)
		return client.Function{ID: id, Name: "n" + id, Version: 12, DeployingVersion: 13}, nil
	}
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("space", "space", "R")
		d.wait(time.Second)
		d.press("y")
		d.see("redeploy: 0 done, 2 to be asked about", "redeploy 2 with a gap?")
		d.see("redeploy ingest-pi: Callers by external id pi find nothing", "redeploy ingest-ims: Callers by external id pi find")
		assert.Empty(t, sent, "nothing is sent before that is accepted")
		d.wait(time.Second)
		d.press("y")
		d.see("redeploy: 2 done")
		assert.Equal(t, []string{b.functions[0].ID, b.functions[1].ID}, sent)
	})
}

func TestARedeployThatLeavesAGapIsAskedAboutInTheConsole(t *testing.T) {
	b := &planningBackend{fakeBackend: sampleBackend(bubbleStart)}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handler.py"), []byte(plainHandler), 0o600))
	b.functions[0].Folder = folder
	sent := 0
	b.redeploy = func(string, client.Package) (client.Function, error) {
		sent++
		return client.Function{ID: "f1", Name: "ingest-pi", Version: 12, DeployingVersion: 13}, nil
	}
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("r")
		d.see("Callers by external id pi find nothing for about 42s.")
		assert.Zero(t, sent)
		d.wait(time.Second)
		d.press("y")
		assert.Equal(t, 1, sent)
		d.see("v13 is on its way")
	})
}
