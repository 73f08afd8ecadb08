package clienttest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
)

// limit bounds one test; it is no measure of speed.
const limit = 2 * time.Minute

// echo answers what it was given and prints a line on each stream.
const echo = `import sys
def handle(data):
    print("hello from stdout")
    print("hello from stderr", file=sys.stderr)
    return {"echo": data, "version": 1}
`

const echo2 = `def handle(data):
    return {"echo": data, "version": 2}
`

const failing = `def deep():
    raise ValueError("boom")
def handle(data):
    print("before")
    deep()
`

// Run runs the suite; open gives each test a backend whose project is empty or
// may hold what earlier tests left.
func Run(t *testing.T, open func(t *testing.T) client.Backend) {
	s := suite{open: open}
	t.Run("it says what it is and why it lacks what it lacks", s.describes)
	t.Run("a deployed function becomes ready and is listed", s.deploys)
	t.Run("a function that cannot be imported fails with its traceback", s.failsToDeploy)
	t.Run("a call returns what the function returned", s.calls)
	t.Run("data reaches the function as it was typed", s.passesData)
	t.Run("a failing call tells message and trace", s.fails)
	t.Run("calls are listed newest first, in pages that do not overlap", s.pages)
	t.Run("a running call can be cancelled", s.cancels)
	t.Run("the log of a call holds what it printed", s.logs)
	t.Run("a log can be followed to its end", s.follows)
	t.Run("the build output of a deploy can be read", s.buildOutput)
	t.Run("deploys are listed", s.listsDeploys)
	t.Run("schedules are created, listed and deleted", s.schedules)
	t.Run("a schedule is replaced by another at once", s.replacesSchedules)
	t.Run("a schedule runs when it is asked to", s.runsSchedules)
	t.Run("a cron expression that never fires is refused", s.refusesCron)
	t.Run("a redeploy keeps id and schedules, and rolls back", s.redeploys)
	t.Run("a failed redeploy leaves the old version serving", s.failedRedeploy)
	t.Run("settings change under the same code", s.changesSettings)
	t.Run("the code of every version can be read back", s.readsCode)
	t.Run("calls run in processes of their own or in kept ones, as chosen", s.choosesMode)
	t.Run("deleting a function takes its schedules along", s.deletes)
	t.Run("what does not exist is not found", s.notFound)
	t.Run("a taken external id is a conflict", s.conflicts)
	t.Run("changes are pushed", s.pushes)
}

type suite struct {
	open func(t *testing.T) client.Backend
}

// session is one test's backend and context.
type session struct {
	*testing.T
	ctx context.Context
	b   client.Backend
}

func (s suite) start(t *testing.T) session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return session{t, ctx, s.open(t)}
}

// need returns the capability, or ends the test after making sure that the
// backend says why it has none.
func need[T any](s session, c client.Capability) T {
	s.Helper()
	have, err := client.As[T](s.b, c)
	if err != nil {
		var e *client.Error
		require.ErrorAs(s, err, &e)
		require.Equal(s, client.CodeUnsupported, e.Code)
		require.NotEmpty(s, e.Message)
		s.Skip(e.Message)
	}
	return have
}

func (s session) pack(source string) client.Package {
	s.Helper()
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(source)})
	require.NoError(s, err)
	return client.Package{Zip: zip, SHA256: pack.Hash(zip)}
}

// deploy deploys source and waits for its end; the function goes with the test.
func (s session) deploy(name, source string) client.Function {
	s.Helper()
	d := need[client.Deployer](s, client.CanDeploy)
	f, err := d.Deploy(s.ctx, client.FunctionSpec{Name: name}, s.pack(source), nil)
	require.NoError(s, err)
	s.Cleanup(func() { _ = d.Delete(context.Background(), f.ID) }) // the test may have deleted it
	f, err = action.AwaitReady(s.ctx, s.b, f.ID, nil)
	if err != nil {
		f, err = s.b.Function(s.ctx, f.ID)
	}
	require.NoError(s, err)
	return f
}

// call calls a function and waits for the end.
func (s session) call(f client.Function, data string) client.Call {
	s.Helper()
	c, err := s.b.Invoke(s.ctx, client.CallRequest{FunctionID: f.ID, Data: json.RawMessage(data)})
	require.NoError(s, err)
	require.NotEmpty(s, c.ID)
	c, err = action.AwaitCall(s.ctx, s.b, c)
	require.NoError(s, err)
	return c
}

func (s suite) describes(t *testing.T) {
	b := s.start(t).b
	d := b.Describe()
	assert.NotEmpty(t, d.Kind)
	assert.NotEmpty(t, d.Name)
	for capability, reason := range d.Missing {
		assert.NotEmpty(t, reason, capability)
	}
}

func (s suite) deploys(t *testing.T) {
	x := s.start(t)
	f := x.deploy("deploys", echo)
	assert.Equal(t, client.FunctionReady, f.Status)
	assert.Equal(t, "deploys", f.Name)
	assert.False(t, f.Created.IsZero())
	all, err := x.b.Functions(x.ctx)
	require.NoError(t, err)
	assert.Contains(t, ids(all), f.ID)
}

func ids(all []client.Function) (ids []string) {
	for _, f := range all {
		ids = append(ids, f.ID)
	}
	return ids
}

func (s suite) failsToDeploy(t *testing.T) {
	f := s.start(t).deploy("fails to deploy", "import nosuchthing\ndef handle(data): pass\n")
	assert.Equal(t, client.FunctionFailed, f.Status)
	require.NotNil(t, f.Error)
	assert.Contains(t, f.Error.Message, "nosuchthing")
	assert.Contains(t, f.Error.Trace, "handler.py")
}

func (s suite) calls(t *testing.T) {
	x := s.start(t)
	f := x.deploy("calls", echo)
	c := x.call(f, `{"name":"x"}`)
	assert.Equal(t, client.CallCompleted, c.Status)
	assert.Equal(t, f.ID, c.FunctionID)
	r, err := x.b.Result(x.ctx, f.ID, c.ID)
	require.NoError(t, err)
	assert.JSONEq(t, `{"echo":{"name":"x"},"version":1}`, string(r.Response))
	assert.GreaterOrEqual(t, c.Duration, time.Duration(0))
}

func (s suite) passesData(t *testing.T) {
	x := s.start(t)
	f := x.deploy("passes data", "def handle(data):\n    return {'keys': list(data), 'n': data['n'], 'text': data['t']}\n")
	c := x.call(f, `{"z":1, "n":9007199254740993, "a":[], "t":"<&> \u00e5"}`)
	r, err := x.b.Result(x.ctx, f.ID, c.ID)
	require.NoError(t, err)
	assert.Contains(t, string(r.Response), `"n":9007199254740993`)
	assert.Contains(t, string(r.Response), `["z","n","a","t"]`)
	assert.Contains(t, string(r.Response), `<&> å`)
}

func (s suite) fails(t *testing.T) {
	x := s.start(t)
	f := x.deploy("fails", failing)
	c := x.call(f, `{}`)
	assert.Equal(t, client.CallFailed, c.Status)
	require.NotNil(t, c.Error)
	assert.Contains(t, c.Error.Message, "boom")
	assert.Contains(t, c.Error.Trace, "in deep")
}

func (s suite) pages(t *testing.T) {
	x := s.start(t)
	f := x.deploy("pages", "def handle(data): return data['i']\n")
	var made []string
	for _, data := range []string{`{"i":0}`, `{"i":1}`, `{"i":2}`, `{"i":3}`, `{"i":4}`} {
		made = append([]string{x.call(f, data).ID}, made...)
	}
	var listed []string
	q := client.CallQuery{FunctionID: f.ID, Limit: 2}
	for {
		page, err := x.b.Calls(x.ctx, q)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(page.Calls), 2)
		for _, c := range page.Calls {
			listed = append(listed, c.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	assert.Equal(t, made, listed)
	page, err := x.b.Calls(x.ctx, client.CallQuery{FunctionID: f.ID, Status: client.CallFailed})
	require.NoError(t, err)
	assert.Empty(t, page.Calls)
}

func (s suite) cancels(t *testing.T) {
	x := s.start(t)
	canceller := need[client.Canceller](x, client.CanCancel)
	f := x.deploy("cancels", "import time\ndef handle(data):\n    time.sleep(1000)\n")
	c, err := x.b.Invoke(x.ctx, client.CallRequest{FunctionID: f.ID})
	require.NoError(t, err)
	require.NoError(t, canceller.CancelCall(x.ctx, f.ID, c.ID))
	c, err = action.AwaitCall(x.ctx, x.b, c)
	require.NoError(t, err)
	assert.Equal(t, client.CallCancelled, c.Status)
	assert.ErrorIs(t, canceller.CancelCall(x.ctx, f.ID, c.ID), client.ErrConflict)
}

func (s suite) notFound(t *testing.T) {
	x := s.start(t)
	_, err := x.b.Function(x.ctx, "999999999999")
	assert.ErrorIs(t, err, client.ErrNotFound)
	_, err = x.b.Invoke(x.ctx, client.CallRequest{FunctionID: "999999999999"})
	assert.ErrorIs(t, err, client.ErrNotFound)
	f := x.deploy("not found", echo)
	_, err = x.b.Call(x.ctx, f.ID, "999999999999")
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func (s suite) conflicts(t *testing.T) {
	x := s.start(t)
	d := need[client.Deployer](x, client.CanDeploy)
	f, err := d.Deploy(x.ctx, client.FunctionSpec{Name: "conflicts", ExternalID: "taken"}, x.pack(echo), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Delete(context.Background(), f.ID)) })
	_, err = d.Deploy(x.ctx, client.FunctionSpec{Name: "conflicts", ExternalID: "taken"}, x.pack(echo), nil)
	assert.ErrorIs(t, err, client.ErrConflict)
}

func (s suite) deletes(t *testing.T) {
	x := s.start(t)
	d := need[client.Deployer](x, client.CanDeploy)
	scheduler := need[client.Scheduler](x, client.CanSchedule)
	f := x.deploy("deletes", echo)
	_, err := scheduler.CreateSchedule(x.ctx, client.ScheduleSpec{Name: "n", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	require.NoError(t, d.Delete(x.ctx, f.ID))
	_, err = x.b.Function(x.ctx, f.ID)
	assert.ErrorIs(t, err, client.ErrNotFound)
	all, err := scheduler.Schedules(x.ctx, "")
	require.NoError(t, err)
	for _, c := range all {
		assert.NotEqual(t, f.ID, c.FunctionID)
	}
	assert.ErrorIs(t, d.Delete(x.ctx, f.ID), client.ErrNotFound)
}

func (s suite) pushes(t *testing.T) {
	x := s.start(t)
	pusher := need[client.Pusher](x, client.CanPush)
	f := x.deploy("pushes", echo)
	ctx, cancel := context.WithCancel(x.ctx)
	defer cancel()
	seen := make(chan client.Event, 1000)
	done := make(chan error, 1)
	go func() { done <- pusher.Watch(ctx, func(e client.Event) { seen <- e }) }()
	require.True(t, (<-seen).Reset, "the first event says that all must be read")
	c := x.call(f, `{}`)
	for e := range seen {
		if e.Kind == "call" && e.ID == c.ID {
			break
		}
	}
	cancel()
	assert.ErrorIs(t, <-done, context.Canceled)
	assert.False(t, errors.Is(x.ctx.Err(), context.DeadlineExceeded))
}
