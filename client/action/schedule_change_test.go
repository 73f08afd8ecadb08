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

func TestAScheduleIsChangedByNamingWhatBecomesOfIt(t *testing.T) {
	old := client.Schedule{
		ID: "12", Name: "often", FunctionID: "1", FunctionName: "hello", Cron: "*/5 * * * *", Data: json.RawMessage(`{"a": 1}`),
		Overlap: "skip", CatchUp: "skip", Queued: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	var sent []client.ScheduleSpec
	b := full{bare{&fake{
		schedules: []client.Schedule{old},
		replace: func(id string, spec client.ScheduleSpec) (client.Schedule, error) {
			assert.Equal(t, "12", id)
			sent = append(sent, spec)
			return client.Schedule{ID: "13", Name: spec.Name, Next: time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)}, nil
		},
	}}}
	target := action.Target{Schedule: &old}
	spec := action.SpecOf(old)
	_, err := action.ReplaceSchedule.Run(t.Context(), b, target, action.Values{Schedule: spec})
	require.ErrorContains(t, err, "nothing to change")
	spec.Cron, spec.Overlap, spec.Data = "0  * * * *", "queue", nil
	values := action.Values{Schedule: spec}
	assert.Equal(t, "change schedule often of hello: cron */5 * * * * becomes 0 * * * *, overlap skip becomes queue, its data change; "+
		"it gets a new id and an empty list of runs, its past calls stay with the function; the run that waits does not run",
		action.ReplaceSchedule.Question(target, values))
	out, err := action.ReplaceSchedule.Run(t.Context(), b, target, values)
	require.NoError(t, err)
	assert.Equal(t, "schedule often runs hello every hour", out.Sentence)
	assert.Equal(t, "2026-01-01T01:00:00Z", out.Next.Format(time.RFC3339))
	require.Len(t, sent, 1)
	assert.Equal(t, "0 * * * *", sent[0].Cron)

	values.Schedule.Cron = "0 25 * * *"
	_, err = action.ReplaceSchedule.Run(t.Context(), b, target, values)
	assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
	assert.Len(t, sent, 1, "what is wrong is not sent")
}

func TestAPolicyThatTheBackendHasNotIsRefusedBeforeItIsSent(t *testing.T) {
	b := full{bare{&fake{
		describe: client.Description{Missing: map[client.Capability]string{client.CanSetPolicies: "it has no policies"}},
		create:   func(client.ScheduleSpec) (client.Schedule, error) { return client.Schedule{Name: "s"}, nil },
	}}}
	spec := client.ScheduleSpec{Name: "s", Cron: "0 6 * * *", Overlap: "queue"}
	_, err := action.CreateSchedule.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Schedule: spec})
	require.ErrorContains(t, err, "it has no policies")
	spec.Overlap = "skip"
	_, err = action.CreateSchedule.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Schedule: spec})
	require.NoError(t, err, "the default is what it does anyway")
	spec.CatchUp = "always"
	_, err = action.CreateSchedule.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Schedule: spec})
	require.ErrorContains(t, err, `catch-up "always": allowed are skip, once`)
}

func TestARunNowNamesItsCallAndTheOneThatItRunsBeside(t *testing.T) {
	b := full{bare{&fake{runNow: func(string) (client.Call, error) { return client.Call{ID: "7"}, nil }}}}
	s := client.Schedule{ID: "12", Name: "often"}
	out, err := action.RunSchedule.Run(t.Context(), b, action.Target{Schedule: &s}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "schedule often runs now, as call 7", out.Sentence)
	s.LastCall = &client.CallSummary{ID: "6", Status: client.CallRunning}
	out, err = action.RunSchedule.Run(t.Context(), b, action.Target{Schedule: &s}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "schedule often runs now, as call 7, beside call 6: its overlap policy is for runs that are due", out.Sentence)
	assert.Equal(t, "no schedule chosen", action.RunSchedule.Reason(b, action.Target{}))
}
