package several

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// project is a backend far away, as a struct of funcs.
type project struct {
	name      string
	functions func(context.Context) ([]client.Function, error)
	calls     func(client.CallQuery) (client.CallPage, error)
	schedules []client.Schedule
	deleted   []string
	created   []client.ScheduleSpec
}

func (p *project) Describe() client.Description {
	return client.Description{Kind: "cognite", Name: p.name, DataLimitBytes: 36_000}
}
func (p *project) Close() error { return nil }

func (p *project) Functions(ctx context.Context) ([]client.Function, error) {
	if p.functions != nil {
		return p.functions(ctx)
	}
	created := noon.Add(-time.Duration(len(p.name)) * time.Hour)
	return []client.Function{{ID: "1", Name: "ingest", Created: created, DeployID: "9", LastCall: &client.CallSummary{ID: "7"}}}, nil
}

func (p *project) Function(_ context.Context, id string) (client.Function, error) {
	return client.Function{ID: id, Name: "ingest"}, nil
}

func (p *project) Invoke(_ context.Context, r client.CallRequest) (client.Call, error) {
	return client.Call{ID: "5", FunctionID: r.FunctionID, Status: client.CallRunning}, nil
}

func (p *project) Calls(_ context.Context, q client.CallQuery) (client.CallPage, error) {
	return p.calls(q)
}

func (p *project) Call(_ context.Context, functionID, callID string) (client.Call, error) {
	return client.Call{ID: callID, FunctionID: functionID}, nil
}

func (p *project) Result(_ context.Context, functionID, callID string) (client.Result, error) {
	return client.Result{Response: []byte(`"` + p.name + " " + functionID + " " + callID + `"`)}, nil
}

func (p *project) Deploy(context.Context, client.FunctionSpec, client.Package, client.Progress) (client.Function, error) {
	return client.Function{ID: "2"}, nil
}

func (p *project) Delete(_ context.Context, id string) error {
	p.deleted = append(p.deleted, id)
	return nil
}

func (p *project) Schedules(context.Context, string) ([]client.Schedule, error) {
	return p.schedules, nil
}

func (p *project) CreateSchedule(_ context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	p.created = append(p.created, spec)
	return client.Schedule{ID: "3", FunctionID: spec.FunctionID}, nil
}
func (p *project) DeleteSchedule(context.Context, string) error { return nil }

func (p *project) FollowLogs(_ context.Context, q client.LogQuery, emit func([]client.LogLine) error) error {
	if p.name == "prod" {
		return errors.New("the link is cut")
	}
	return emit([]client.LogLine{{Position: 4, FunctionName: "ingest", FunctionID: "1", CallID: q.CallID, Text: "hello"}})
}

// side shows prod and local side by side, under their marks.
func side(t *testing.T, prod, local *project, marks action.Marks) *Backend {
	t.Helper()
	prod.name, local.name = "prod", "local"
	b := New([]Part{{"prod", action.Guard(prod, marks)}, {"local", action.Guard(local, action.Marks{})}}, clock, 0)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestRowsOfSeveralContextsStandInOneListAndTheirIDsLeadBack(t *testing.T) {
	b := side(t, &project{}, &project{}, action.Marks{})
	all, err := b.Functions(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, "prod", all[0].Context, "it is the newer one")
	assert.Equal(t, "prod:1", all[0].ID)
	assert.Equal(t, "prod:9", all[0].DeployID)
	assert.Equal(t, "prod:7", all[0].LastCall.ID)
	assert.Equal(t, "local:1", all[1].ID)

	call, err := b.Invoke(t.Context(), client.CallRequest{FunctionID: all[1].ID})
	require.NoError(t, err)
	assert.Equal(t, "local:5", call.ID)
	assert.Equal(t, "local:1", call.FunctionID)
	result, err := b.Result(t.Context(), call.FunctionID, call.ID)
	require.NoError(t, err)
	assert.JSONEq(t, `"local 1 5"`, string(result.Response))

	_, err = b.Function(t.Context(), "elsewhere:1")
	require.ErrorIs(t, err, client.ErrNotFound)
}

func TestAContextThatFailsKeepsItsRowsAndOnlyItselfIsRed(t *testing.T) {
	down := errors.New("connection refused")
	var failure error
	prod := &project{functions: func(context.Context) ([]client.Function, error) {
		return []client.Function{{ID: "1", Name: "ingest"}}, failure
	}}
	b := side(t, prod, &project{}, action.Marks{})
	_, err := b.Functions(t.Context())
	require.NoError(t, err)

	failure = down
	all, err := b.Functions(t.Context())
	require.NoError(t, err, "the others go on")
	assert.Len(t, all, 2)
	stands := b.Standings()
	require.ErrorIs(t, stands[0].Err, down)
	assert.Equal(t, noon, stands[0].At)
	require.NoError(t, stands[1].Err)

	failure = nil
	_, err = b.Functions(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.Standings()[0].Err)
}

func TestAllContextsThatFailAreOneErrorThatNamesThem(t *testing.T) {
	fails := func(context.Context) ([]client.Function, error) { return nil, errors.New("connection refused") }
	b := side(t, &project{functions: fails}, &project{functions: fails}, action.Marks{})
	_, err := b.Functions(t.Context())
	require.EqualError(t, err, "prod: connection refused; local: connection refused")
}

func TestAContextThatIsSlowKeepsNobodyWaiting(t *testing.T) {
	answer := make(chan struct{})
	prod := &project{functions: func(context.Context) ([]client.Function, error) {
		<-answer
		return []client.Function{{ID: "1"}}, nil
	}}
	b := side(t, prod, &project{}, action.Marks{})
	b.patience = time.Millisecond
	all, err := b.Functions(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 1)
	b.clock = func() time.Time { return noon.Add(time.Minute) }
	assert.True(t, b.Standings()[0].Late)

	asked := b.parts[0].functions.asking
	close(answer)
	<-asked
	b.patience = 0
	all, err = b.Functions(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 2, "it is there the next time")
}

func TestWhatIsDoneIsDoneUnderTheMarksOfTheContextThatHasIt(t *testing.T) {
	prod, local := &project{}, &project{}
	b := side(t, prod, local, action.Marks{Protected: true})
	assert.True(t, b.Describe().Protected)
	inProd := action.Target{Function: &client.Function{ID: "prod:1", Name: "ingest"}}
	inLocal := action.Target{Function: &client.Function{ID: "local:1", Name: "ingest"}}

	check, _ := action.DeleteFunction.Check(b, inProd, action.Values{})
	assert.Equal(t, []string{"ingest", "prod"}, check.Words)
	check, _ = action.DeleteFunction.Check(b, inLocal, action.Values{})
	assert.Equal(t, []string{"ingest"}, check.Words)

	assert.Empty(t, action.DeleteFunction.Reason(b, inLocal))
	_, err := action.DeleteFunction.Run(t.Context(), inLocal.In(b), inLocal, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, []string{"1"}, local.deleted)
	assert.Empty(t, prod.deleted)
	assert.Contains(t, action.Deploy.Unable(b), "switch to the one where the new function is to be")
}

func TestAReadOnlyContextRefusesBesideOneThatDoesNot(t *testing.T) {
	b := side(t, &project{}, &project{}, action.Marks{ReadOnly: "prod is read-only"})
	assert.Empty(t, b.Describe().Locked)
	in := func(id string) action.Target { return action.Target{Function: &client.Function{ID: id}} }
	assert.Equal(t, "prod is read-only", action.DeleteFunction.Reason(b, in("prod:1")))
	assert.Empty(t, action.DeleteFunction.Reason(b, in("local:1")))
	require.EqualError(t, b.Delete(t.Context(), "prod:1"), "prod is read-only")
}

func TestCallsOfSeveralContextsAreReadInPages(t *testing.T) {
	pages := func(hours ...int) func(client.CallQuery) (client.CallPage, error) {
		return func(q client.CallQuery) (client.CallPage, error) {
			page := client.CallPage{Next: "older"}
			if q.Cursor == "older" {
				page.Next, hours = "", hours[1:]
			}
			page.Calls = []client.Call{{ID: q.Cursor, Started: noon.Add(-time.Duration(hours[0]) * time.Hour)}}
			return page, nil
		}
	}
	unable := func(client.CallQuery) (client.CallPage, error) { return client.CallPage{}, client.ErrUnsupported }
	b := side(t, &project{calls: pages(2, 4)}, &project{calls: pages(1, 3)}, action.Marks{})
	first, err := b.Calls(t.Context(), client.CallQuery{Limit: 1})
	require.NoError(t, err)
	require.Len(t, first.Calls, 2)
	assert.Equal(t, "local", first.Calls[0].Context, "the newest first")
	last, err := b.Calls(t.Context(), client.CallQuery{Limit: 1, Cursor: first.Next})
	require.NoError(t, err)
	assert.Len(t, last.Calls, 2)
	assert.Empty(t, last.Next)

	b = side(t, &project{calls: unable}, &project{calls: pages(1, 3)}, action.Marks{})
	first, err = b.Calls(t.Context(), client.CallQuery{})
	require.NoError(t, err)
	assert.Len(t, first.Calls, 1)
	require.NoError(t, b.Standings()[0].Err, "what a context cannot do is not held against it")
	assert.Equal(t, "not supported", b.Standings()[0].Lacks, "and it is told")
}

func TestAScheduleIsCreatedWhereItsFunctionIs(t *testing.T) {
	prod, local := &project{schedules: []client.Schedule{{ID: "8", FunctionID: "1"}}}, &project{}
	b := side(t, prod, local, action.Marks{})
	all, err := b.Schedules(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, "prod:8", all[0].ID)
	made, err := b.CreateSchedule(t.Context(), client.ScheduleSpec{FunctionID: all[0].FunctionID})
	require.NoError(t, err)
	assert.Equal(t, "prod:3", made.ID)
	assert.Equal(t, "1", prod.created[0].FunctionID)
	assert.Empty(t, local.created)
}

func TestLogsOfAllContextsNameTheirSourceAndOneThatFailsSaysSo(t *testing.T) {
	b := side(t, &project{}, &project{}, action.Marks{})
	var texts []string
	require.NoError(t, b.FollowLogs(t.Context(), client.LogQuery{}, func(lines []client.LogLine) error {
		for _, l := range lines {
			texts = append(texts, l.FunctionName+" "+l.Text)
		}
		return nil
	}))
	all := strings.Join(texts, "\n")
	assert.Contains(t, all, "local/ingest hello")
	assert.Contains(t, all, "prod prod: the link is cut")
}

func TestLogsThatAContextCannotGiveAreHeldAgainstItAlone(t *testing.T) {
	b := side(t, &project{}, &project{}, action.Marks{})
	alone := b.Apart()
	require.Len(t, alone, 2)
	assert.Equal(t, "local", alone[1].Describe().Name)
	follower, err := client.As[client.LogFollower](alone[0], client.CanFollowLogs)
	require.NoError(t, err)
	require.EqualError(t, follower.FollowLogs(t.Context(), client.LogQuery{}, nil), "the link is cut")
	assert.EqualError(t, b.Standings()[0].Err, "the link is cut")
	require.NoError(t, b.Standings()[1].Err)

	reader, ok := alone[1].(client.LogReader)
	require.True(t, ok)
	_, err = reader.Logs(t.Context(), client.LogQuery{})
	require.ErrorIs(t, err, client.ErrUnsupported)
	assert.NotEmpty(t, b.Standings()[1].Lacks, "what it cannot do is told, and is no fault")
	require.NoError(t, b.Standings()[1].Err)
}
