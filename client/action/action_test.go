package action_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

var hello = client.Function{ID: "7", Name: "hello", Version: 2, Status: client.FunctionReady, Schedules: 3}

func TestDeploySendsTheSpecAndReturnsTheAcceptedFunction(t *testing.T) {
	b := full{bare{&fake{deploy: func(spec client.FunctionSpec, code client.Package) (client.Function, error) {
		return client.Function{ID: "1", Name: spec.Name, Folder: code.Folder, Status: client.FunctionQueued}, nil
	}}}}
	out, err := action.Deploy.Run(t.Context(), b, action.Target{}, action.Values{
		Spec: client.FunctionSpec{Name: "hello"}, Code: &client.Package{Folder: "/src/hello"},
	})
	require.NoError(t, err)
	assert.Equal(t, client.FunctionQueued, out.Function.Status)
	assert.Equal(t, "/src/hello", out.Function.Folder)
}

func TestDeployKeepsTheBackendsClassOfError(t *testing.T) {
	b := full{bare{&fake{deploy: func(client.FunctionSpec, client.Package) (client.Function, error) {
		return client.Function{}, &client.Error{Code: client.CodeConflict, Message: "external id taken"}
	}}}}
	_, err := action.Deploy.Run(t.Context(), b, action.Target{}, action.Values{Spec: client.FunctionSpec{Name: "hello"}, Code: &client.Package{}})
	require.EqualError(t, err, "deploy hello: external id taken")
	assert.ErrorIs(t, err, client.ErrConflict)
}

func TestCallDataReachesTheBackendByteForByte(t *testing.T) {
	const data = `{"n": 9007199254740993, "big": 1e400, "zero": -0}`
	var got json.RawMessage
	b := bare{&fake{invoke: func(r client.CallRequest) (client.Call, error) {
		got = r.Data
		return client.Call{ID: "5"}, nil
	}}}
	out, err := action.Invoke.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Data: json.RawMessage(data)})
	require.NoError(t, err)
	assert.Equal(t, data, string(got))
	assert.Equal(t, "call 5 of hello is accepted", out.Sentence)
}

func TestCallDataIsRefusedBeforeAnythingIsSent(t *testing.T) {
	b := bare{&fake{
		describe: client.Description{DataLimitBytes: 20},
		invoke: func(client.CallRequest) (client.Call, error) {
			t.Error("the call was sent")
			return client.Call{}, nil
		},
	}}
	for _, data := range []string{"", "[]", "1", "{'a': 1}", `{"a": NaN}`, `{} x`, `{"a": "aaaaaaaaaaaaaaaaaaaaaaaa"}`} {
		t.Run(data, func(t *testing.T) {
			_, err := action.Invoke.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Data: json.RawMessage(data)})
			require.Error(t, err)
			assert.Contains(t, []client.Code{client.CodeInvalid, client.CodeLimit}, client.Explain(err).Code)
		})
	}
}

func TestACallWithoutAnAnswerIsNotSentAgain(t *testing.T) {
	sent := 0
	b := bare{&fake{invoke: func(client.CallRequest) (client.Call, error) {
		sent++
		return client.Call{}, &client.Error{Code: client.CodeUnknownOutcome, Message: "no answer after the request was sent"}
	}}}
	_, err := action.Invoke.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{})
	assert.Equal(t, client.CodeUnknownOutcome, client.Explain(err).Code)
	assert.Equal(t, 1, sent)
}

func TestACallNeedsAVersionThatServes(t *testing.T) {
	cases := []struct {
		f      client.Function
		reason string
	}{
		{client.Function{Name: "f", Status: client.FunctionQueued}, "f is Queued: no version serves yet"},
		{client.Function{Name: "f", Status: client.FunctionFailed}, "f is Failed: no version serves"},
		{client.Function{Name: "f", Status: client.FunctionReady, Version: 1, DeployingVersion: 2}, ""},
		{client.Function{Name: "f", Status: "Hibernating"}, ""},
	}
	for _, c := range cases {
		assert.Equal(t, c.reason, action.Invoke.Reason(bare{&fake{}}, action.Target{Function: &c.f}))
	}
}

func TestDeletingAFunctionNamesWhatElseGoes(t *testing.T) {
	deleted := ""
	b := full{bare{&fake{remove: func(id string) error { deleted = id; return nil }}}}
	target := action.Target{Function: &hello}
	assert.Equal(t, action.Typed, action.DeleteFunction.Danger)
	assert.Equal(t, "hello", action.DeleteFunction.Subject(target))
	ask := func(f client.Function, l *action.Losses) string {
		return action.DeleteFunction.Question(action.Target{Function: &f, Losses: l}, action.Values{})
	}
	assert.Equal(t, "delete hello: its versions, its calls and logs, and 3 schedules go too; a running call is ended", ask(hello, nil))
	assert.Equal(t, "delete hello: its 3 versions, its calls and logs, and schedules hourly, nightly go too; 1 call is running and is ended",
		ask(hello, &action.Losses{Versions: 3, Schedules: []string{"hourly", "nightly"}, Running: 1}))
	assert.Equal(t, "delete hello: its only version, its calls and logs, and schedules a, b, c, d, e and 2 more go too; 4 calls are running and are ended",
		ask(hello, &action.Losses{Versions: 1, Schedules: []string{"a", "b", "c", "d", "e", "f", "g"}, Running: 4}))
	assert.Equal(t, "delete lone: its versions, its calls and logs go too; it has no schedules", ask(client.Function{Name: "lone"}, &action.Losses{}))
	assert.Equal(t, "delete far: its versions, its calls and logs and any schedules go too", ask(client.Function{Name: "far", Schedules: -1}, &action.Losses{}))
	out, err := action.DeleteFunction.Run(t.Context(), b, target, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "7", deleted)
	assert.Equal(t, "deleted hello and 3 schedules", out.Sentence)
}

func TestLossesAreReadWhereTheBackendTells(t *testing.T) {
	b := full{bare{&fake{
		versions:  func(string) ([]client.Version, error) { return make([]client.Version, 2), nil },
		schedules: []client.Schedule{{Name: "nightly"}},
		calls: func(q client.CallQuery) (client.CallPage, error) {
			assert.Equal(t, client.CallRunning, q.Status)
			return client.CallPage{Calls: make([]client.Call, 3)}, nil
		},
	}}}
	assert.Equal(t, &action.Losses{Versions: 2, Schedules: []string{"nightly"}, Running: 3}, action.LossesOf(t.Context(), b, hello))
	assert.Equal(t, &action.Losses{Running: -1}, action.LossesOf(t.Context(), bare{&fake{}}, hello), "nothing is made up")
}

func TestRollbackSaysWhichVersionServesAgain(t *testing.T) {
	asked := 0
	b := full{bare{&fake{rollback: func(_ string, version int) (client.Function, error) {
		asked = version
		return client.Function{Name: "hello", Version: 1}, nil
	}}}}
	assert.Equal(t, action.Ask, action.Rollback.Danger)
	ask := func(version int) string {
		return action.Rollback.Question(action.Target{Function: &hello}, action.Values{Version: version})
	}
	assert.Equal(t, "roll back hello from v2: v1 answers calls and schedules", ask(1))
	assert.Equal(t, "roll back hello from v2: the version before answers calls and schedules", ask(0))
	out, err := action.Rollback.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Version: 1})
	require.NoError(t, err)
	assert.Equal(t, 1, asked)
	assert.Equal(t, "hello v1 serves again", out.Sentence)
}

func TestAScheduleIsCheckedBeforeItIsSent(t *testing.T) {
	var sent []client.ScheduleSpec
	b := full{bare{&fake{create: func(spec client.ScheduleSpec) (client.Schedule, error) {
		sent = append(sent, spec)
		return client.Schedule{Name: spec.Name, Next: time.Date(2026, 1, 2, 6, 0, 0, 0, time.UTC)}, nil
	}}}}
	run := func(spec client.ScheduleSpec) (action.Outcome, error) {
		return action.CreateSchedule.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Schedule: spec})
	}
	for _, bad := range []client.ScheduleSpec{
		{Cron: "0 6 * * *"},
		{Name: "n", Cron: "0 25 * * *"},
		{Name: "n", Cron: "0 0 31 2 *"},
		{Name: "n", Cron: "0 6 * * *", Data: json.RawMessage("[]")},
	} {
		_, err := run(bad)
		require.Error(t, err)
	}
	assert.Empty(t, sent)

	out, err := run(client.ScheduleSpec{Name: "nightly", Cron: "0 6 * * *", Data: json.RawMessage(`{"a":1}`)})
	require.NoError(t, err)
	require.Len(t, sent, 1)
	assert.Equal(t, "7", sent[0].FunctionID)
	assert.Contains(t, out.Sentence, "schedule nightly runs hello")
	assert.Equal(t, "2026-01-02T06:00:00Z", out.Next.Format(time.RFC3339))
}

func TestDeletingAScheduleNamesItsFunction(t *testing.T) {
	deleted := ""
	b := full{bare{&fake{unplan: func(id string) error { deleted = id; return nil }}}}
	target := action.Target{Schedule: &client.Schedule{ID: "4", Name: "nightly", FunctionName: "hello"}}
	assert.Equal(t, "delete schedule nightly of hello: it does not run again", action.DeleteSchedule.Question(target, action.Values{}))
	_, err := action.DeleteSchedule.Run(t.Context(), b, target, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "4", deleted)
}

func TestOnlyARunningCallCanBeCancelled(t *testing.T) {
	cancelled := ""
	b := full{bare{&fake{cancel: func(functionID, callID string) error { cancelled = functionID + "/" + callID; return nil }}}}
	running := action.Target{Call: &client.Call{ID: "5", FunctionID: "7", FunctionName: "hello", Status: client.CallRunning}}
	ended := action.Target{Call: &client.Call{ID: "5", FunctionID: "7", Status: client.CallCompleted}}
	assert.Equal(t, action.Ask, action.CancelCall.Danger)
	assert.Equal(t, "no call chosen", action.CancelCall.Reason(b, action.Target{}))
	assert.Equal(t, "call 5 has ended: Completed", action.CancelCall.Reason(b, ended))
	assert.Empty(t, action.CancelCall.Reason(b, running))
	assert.Contains(t, action.CancelCall.Question(running, action.Values{}), "cancel call 5 of hello: ")
	out, err := action.CancelCall.Run(t.Context(), b, running, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "7/5", cancelled)
	assert.Equal(t, "call 5 is being cancelled", out.Sentence)

	_, err = action.CancelCall.Run(t.Context(), bare{&fake{}}, running, action.Values{})
	assert.ErrorIs(t, err, client.ErrUnsupported)
}

func TestASecondScheduleOfOneNameIsRefused(t *testing.T) {
	b := full{bare{&fake{
		schedules: []client.Schedule{{Name: "nightly", Cron: "0 1 * * *"}},
		create: func(client.ScheduleSpec) (client.Schedule, error) {
			t.Error("a second one was sent")
			return client.Schedule{}, nil
		},
	}}}
	_, err := action.CreateSchedule.Run(t.Context(), b, action.Target{Function: &hello},
		action.Values{Schedule: client.ScheduleSpec{Name: "nightly", Cron: "0 6 * * *"}})
	require.ErrorIs(t, err, action.ErrScheduleExists)
	require.ErrorIs(t, err, client.ErrConflict)
	assert.EqualError(t, err, "hello has a schedule nightly already: 0 1 * * *")
}
