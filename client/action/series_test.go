package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

// waits is full with a call's end that the backend waits for.
type waits struct {
	full
	wait func(ctx context.Context, callID string) (client.Call, error)
}

func (b waits) WaitCall(ctx context.Context, _, callID string) (client.Call, error) {
	return b.wait(ctx, callID)
}

// timed is a backend whose nth call takes n milliseconds.
func timed(t *testing.T) (waits, *int) {
	t.Helper()
	var mu sync.Mutex
	made := 0
	b := waits{full: full{bare{&fake{invoke: func(r client.CallRequest) (client.Call, error) {
		mu.Lock()
		defer mu.Unlock()
		made++
		assert.Equal(t, `{"n": 9007199254740993}`, string(r.Data))
		return client.Call{ID: fmt.Sprint(made)}, nil
	}}}}}
	b.wait = func(ctx context.Context, id string) (client.Call, error) {
		var n int
		_, err := fmt.Sscan(id, &n)
		assert.NoError(t, err)
		call := client.Call{ID: id, Status: client.CallCompleted, Duration: time.Duration(n) * time.Millisecond}
		select {
		case <-time.After(call.Duration):
		case <-ctx.Done():
			return client.Call{}, context.Cause(ctx)
		}
		if n%10 == 7 {
			call.Status, call.Error = client.CallFailed, &client.Failure{Message: "unlucky " + id}
		}
		return call, nil
	}
	return b, &made
}

func ofHello(times, atOnce int) action.Series {
	return action.Series{Function: hello, Data: json.RawMessage(`{"n": 9007199254740993}`), Times: times, AtOnce: atOnce, Clock: time.Now}
}

func TestASeriesOfCallsSaysHowLongTheyTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, made := timed(t)
		s := ofHello(100, 4)
		var seen []int
		s.Progress = func(f action.Figures) {
			assert.LessOrEqual(t, f.Made-f.Ended, 4, "no more at once than was asked for")
			seen = append(seen, f.Ended)
		}
		f, err := action.CallMany(t.Context(), b, s)
		require.NoError(t, err)
		assert.Equal(t, 100, *made)
		assert.Len(t, seen, 200)
		assert.Equal(t, []int{100, 100, 100, 10}, []int{f.Asked, f.Made, f.Ended, f.Failed})
		assert.Equal(t, "unlucky 7", f.FirstFailure.Message)
		assert.Equal(t, "7", f.FailedCall)
		ms := time.Millisecond
		assert.Equal(t, []time.Duration{ms, 50 * ms, 95 * ms, 99 * ms, 100 * ms}, []time.Duration{f.Min, f.P50, f.P95, f.P99, f.Max})
		assert.InDelta(t, 100/f.Elapsed.Seconds(), f.PerSecond, 0.001)
		assert.Equal(t, []action.Bin{{ms, 1}, {2 * ms, 1}, {5 * ms, 3}, {10 * ms, 5}, {20 * ms, 10}, {50 * ms, 30}, {100 * ms, 50}}, f.Histogram)
	})
}

func TestASeriesThatIsCancelledMakesNoFurtherCallAndKeepsItsFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, made := timed(t)
		ctx, cancel := context.WithCancel(t.Context())
		s := ofHello(1000, 2)
		s.Progress = func(f action.Figures) {
			if f.Ended == 10 {
				cancel()
			}
		}
		f, err := action.CallMany(ctx, b, s)
		require.ErrorIs(t, err, context.Canceled)
		assert.GreaterOrEqual(t, f.Ended, 10)
		assert.LessOrEqual(t, *made, 13)
		assert.Equal(t, *made, f.Made)
	})
}

func TestASeriesEndsWhereACallCannotBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, made := timed(t)
		invoke := b.f.invoke
		b.f.invoke = func(r client.CallRequest) (client.Call, error) {
			if *made == 5 {
				return client.Call{}, &client.Error{Code: client.CodeUnknownOutcome, Message: "no answer after the request was sent"}
			}
			return invoke(r)
		}
		f, err := action.CallMany(t.Context(), b, ofHello(100, 1))
		assert.Equal(t, client.CodeUnknownOutcome, client.Explain(err).Code)
		assert.Equal(t, 5, f.Ended, "and none was sent twice")
	})
}

func TestASeriesIsRefusedBeforeAnythingIsSent(t *testing.T) {
	b := bare{&fake{invoke: func(client.CallRequest) (client.Call, error) {
		t.Error("a call was sent")
		return client.Call{}, nil
	}}}
	for _, s := range []action.Series{ofHello(0, 1), ofHello(10_001, 1), ofHello(1, 0), ofHello(1, 51), {Function: hello, Data: json.RawMessage("[]"), Times: 1, AtOnce: 1}} {
		_, err := action.CallMany(t.Context(), b, s)
		assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
	}
}

func TestASeriesOnABackendThatDoesNotWaitOrMeasureStillCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := bare{&fake{
			invoke: func(client.CallRequest) (client.Call, error) {
				return client.Call{ID: "5", Status: client.CallRunning}, nil
			},
			call: func(string, string) (client.Call, error) {
				return client.Call{ID: "5", Status: client.CallCompleted, Started: began, Ended: began.Add(2 * time.Second)}, nil
			},
		}}
		s := ofHello(3, 1)
		f, err := action.CallMany(t.Context(), b, s)
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, f.P99)
		b.f.call = func(string, string) (client.Call, error) {
			return client.Call{ID: "5", Status: client.CallCompleted}, nil
		}
		f, err = action.CallMany(t.Context(), b, s)
		require.NoError(t, err)
		assert.Equal(t, 3, f.Ended)
		assert.Zero(t, f.Max)
		assert.Empty(t, f.Histogram)
	})
}

// remembering is full with what its calls were given.
type remembering struct {
	full
	data func(callID string) (client.Result, error)
}

func (b remembering) Result(_ context.Context, _, callID string) (client.Result, error) {
	return b.data(callID)
}

func TestEarlierDataAreFoundBehindManyCallsWithTheSame(t *testing.T) {
	var mu sync.Mutex
	read := 0
	b := remembering{full: full{bare{&fake{calls: func(q client.CallQuery) (client.CallPage, error) {
		assert.Equal(t, "7", q.FunctionID)
		calls := make([]client.Call, q.Limit)
		for i := range calls {
			calls[i].ID = fmt.Sprint(i)
			if i > 60 {
				calls[i].ScheduleID = "s1"
			}
		}
		return client.CallPage{Calls: calls}, nil
	}}}}}
	b.data = func(id string) (client.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		read++
		switch id {
		case "5":
			return client.Result{}, nil
		case "50":
			return client.Result{Data: json.RawMessage(`{"rare":1}`)}, nil
		case "61":
			return client.Result{Data: json.RawMessage(`{"scheduled":1}`)}, nil
		}
		return client.Result{Data: json.RawMessage(`{"often":1}`)}, nil
	}
	found, err := action.EarlierData(t.Context(), b, "7")
	require.NoError(t, err)
	var data []string
	for _, e := range found {
		data = append(data, string(e.Data))
	}
	assert.Equal(t, []string{`{"often":1}`, `{"rare":1}`, `{"scheduled":1}`}, data)
	assert.Equal(t, 62, read, "of a schedule only the newest call is read")

	b.data = func(string) (client.Result, error) { return client.Result{}, client.ErrUnavailable }
	_, err = action.EarlierData(t.Context(), b, "7")
	assert.ErrorIs(t, err, client.ErrUnavailable)
}

func TestEarlierDataAreTheNewestOfEach(t *testing.T) {
	all := []action.Earlier{{Data: json.RawMessage("{}"), CallID: "3"}, {CallID: "2"}, {Data: json.RawMessage("{}"), CallID: "1"}, {Data: json.RawMessage(`{"a":1}`)}}
	assert.Equal(t, []action.Earlier{all[0], all[3]}, action.Distinct(all))
}
