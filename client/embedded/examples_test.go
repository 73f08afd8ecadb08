//go:build linux

package embedded_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/clienttest"
	"fndeck/client/pack"
)

// example is one folder of testdata/functions and what must become of it.
type example struct {
	spec   client.FunctionSpec
	data   string
	status client.CallStatus
	// result is what the response must hold, failure the error's message, log a
	// line of the log, lines how many there must be (0: not looked at).
	result, failure, log string
	lines                int64
}

func TestEveryExampleIsDeployedAndCalled(t *testing.T) {
	index := clienttest.NewIndex(t, clienttest.Wheel{Name: "fndeck-greeting", Version: "1.0.0", Files: map[string]string{
		"fndeck_greeting.py": "def greet(name): return f'Good day, {name}.'\n",
	}})
	examples := map[string]example{
		"hello":          {data: `{"name":"x"}`, result: `Hello, x!`, log: "greeting x"},
		"nested-imports": {data: `{}`},
		"function-path":  {spec: client.FunctionSpec{FunctionPath: "src/jobs/nightly.py"}, data: `{}`},
		"with-requirements": {
			spec: client.FunctionSpec{IndexURL: auth.NewSecret(index.URL)}, data: `{"name":"x"}`, result: "Good day, x.",
		},
		"secrets-and-env": {
			spec: client.FunctionSpec{Secrets: map[string]client.Secret{"api-key": auth.NewSecret("correct horse")}, EnvVars: map[string]string{"REGION": "north"}},
			data: `{}`, result: `"region":"north"`, log: "calling the service in north with a key of 13 characters",
		},
		"failing": {data: `{}`, status: client.CallFailed, failure: "Error"},
		"slow":    {data: `{"seconds":1}`},
		"noisy":   {data: `{}`, result: `100000`, log: "line 99999 of 100000", lines: 100_000},
		"forecast.ipynb": {
			spec: client.FunctionSpec{IndexURL: auth.NewSecret(index.URL)}, data: `{"name":"y","hours":[1,2,6]}`, result: `"mean":3`, log: "3 hours",
		},
		"call-info": {data: `{}`, result: `"call_id"`},
	}
	folders, err := filepath.Glob("../../testdata/functions/*")
	require.NoError(t, err)
	require.Len(t, folders, len(examples), "every example has an entry here")
	d := newDesk(t)
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			x := examples[name]
			x.spec.Name = name
			sub := &desk{t, d.o, d.b, d.ctx}
			sub.tryExample(folder, x)
		})
	}
}

func (d *desk) tryExample(folder string, x example) {
	preview, err := pack.Scan(d.ctx, folder, pack.Options{FunctionPath: x.spec.FunctionPath})
	require.NoError(d, err)
	require.Empty(d, preview.Blocking())
	code, err := preview.Pack(d.ctx)
	require.NoError(d, err)
	f, err := d.b.Deploy(d.ctx, x.spec, code, nil)
	require.NoError(d, err)
	f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(d, err)
	c, err := d.b.WaitCall(d.ctx, f.ID, d.invoke(f, x.data).ID)
	require.NoError(d, err)
	if x.status == "" {
		x.status = client.CallCompleted
	}
	require.Equal(d, x.status, c.Status, c.Error)
	if x.failure != "" {
		assert.Contains(d, c.Error.Message, x.failure)
		assert.Contains(d, c.Error.Trace, "handler.py")
	}
	r, err := d.b.Result(d.ctx, f.ID, c.ID)
	require.NoError(d, err)
	assert.Contains(d, string(r.Response), x.result)
	assert.True(d, x.status != client.CallCompleted || json.Valid(r.Response))
	lines := d.lines(c)
	if x.log != "" {
		assert.Contains(d, strings.Join(lines, "\n"), x.log)
	}
	if x.lines != 0 {
		assert.EqualValues(d, x.lines, len(lines))
		assert.EqualValues(d, x.lines, c.LogLines)
	}
	assert.Eventually(d, func() bool {
		left, err := filepath.Glob(filepath.Join(d.o.StateDir, "scratch", "*", c.ID))
		return err == nil && len(left) == 0
	}, 10*time.Second, time.Millisecond, "the call's scratch is gone")
}
