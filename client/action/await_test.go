package action_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

// states is a backend that answers one state after the other and stays at the
// last one.
func states(list ...client.Function) *fake {
	return &fake{
		function: func(string) (client.Function, error) {
			f := list[0]
			if len(list) > 1 {
				list = list[1:]
			}
			return f, nil
		},
		deploys: func(string) ([]client.Deploy, error) {
			return []client.Deploy{{ID: "d9", Phase: "queued"}, {ID: "d2", Phase: "environment"}}, nil
		},
	}
}

var (
	queued    = client.Function{Name: "f", Status: client.FunctionQueued, DeployingVersion: 1}
	deploying = client.Function{Name: "f", Status: client.FunctionDeploying, DeployingVersion: 1}
	ready     = client.Function{Name: "f", Status: client.FunctionReady, Version: 1}
)

func TestAwaitReadyPollsAndTellsEachStateOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []client.FunctionStatus
		f, err := action.AwaitReady(t.Context(), full{bare{states(queued, queued, deploying, ready)}}, "1", func(f client.Function) {
			seen = append(seen, f.Status)
		})
		require.NoError(t, err)
		assert.Equal(t, 1, f.Version)
		assert.Equal(t, []client.FunctionStatus{"Queued", "Deploying", "Ready"}, seen)
	})
}

func TestAwaitReadyFollowsPushesWithoutWaitingForThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fk := states(queued, deploying, ready)
		fk.watch = func(ctx context.Context, emit func(client.Event)) error {
			emit(client.Event{Reset: true})
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(100 * time.Millisecond):
					emit(client.Event{Kind: "log"})
					emit(client.Event{Kind: "deploy"})
				}
			}
		}
		start := time.Now()
		_, err := action.AwaitReady(t.Context(), pushing{full{bare{fk}}}, "1", nil)
		require.NoError(t, err)
		assert.Less(t, time.Since(start), time.Second)
	})
}

func TestAwaitReadyTakesALostLinkUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fk := states(queued, queued, ready)
		watches := 0
		fk.watch = func(_ context.Context, emit func(client.Event)) error {
			watches++
			emit(client.Event{Reset: true})
			return client.ErrUnavailable
		}
		start := time.Now()
		_, err := action.AwaitReady(t.Context(), pushing{full{bare{fk}}}, "1", nil)
		require.NoError(t, err)
		assert.Greater(t, watches, 1)
		assert.Less(t, time.Since(start), 2*time.Second)
	})
}

func TestAFailedDeploySaysWhereWhyAndWhatStillServes(t *testing.T) {
	cases := map[string]struct {
		f    client.Function
		says string
	}{
		"earlier version serves": {
			client.Function{Name: "f", Status: client.FunctionReady, Version: 12, DeployID: "d2", Error: &client.Failure{Message: "no matching distribution for pandass."}},
			"deploy failed at environment: no matching distribution for pandass. v12 still serves",
		},
		"nothing serves": {
			client.Function{Name: "f", Status: client.FunctionFailed, DeployID: "unknown", Error: &client.Failure{Message: "boom"}},
			"deploy failed: boom. No version serves",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, err := action.AwaitReady(t.Context(), full{bare{states(c.f)}}, "1", nil)
			require.EqualError(t, err, c.says)
			assert.Equal(t, client.CodeFailed, client.Explain(err).Code)
			assert.Contains(t, client.Explain(err).Hint, c.f.DeployID)
			assert.Equal(t, c.f.Version, f.Version)
		})
	}
}

func TestWaitingOutlastsAnEngineThatStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		fk := &fake{function: func(string) (client.Function, error) {
			if tries++; tries < 20 {
				return client.Function{}, &client.Error{Code: client.CodeUnavailable, Message: "engine lost"}
			}
			return ready, nil
		}}
		f, err := action.AwaitReady(t.Context(), full{bare{fk}}, "1", nil)
		require.NoError(t, err)
		assert.Equal(t, 1, f.Version)
	})
}

func TestWaitingEndsWhenTheBackendStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fk := &fake{function: func(string) (client.Function, error) {
			return client.Function{}, &client.Error{Code: client.CodeUnavailable, Message: "engine lost"}
		}}
		_, err := action.AwaitReady(t.Context(), full{bare{fk}}, "1", nil)
		assert.ErrorIs(t, err, client.ErrUnavailable)
	})
}

func TestWaitingEndsWithTheContextAndItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangUp := errors.New("hang-up")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(hangUp) })
		_, err := action.AwaitReady(ctx, full{bare{states(deploying)}}, "1", nil)
		assert.ErrorIs(t, err, hangUp)
	})
}

// waiting is a backend that also waits for calls on its side.
type waiting struct {
	full
	wait func() (client.Call, error)
}

func (b waiting) WaitCall(context.Context, string, string) (client.Call, error) { return b.wait() }

func TestAwaitCallAsksTheBackendToWaitWhereItCan(t *testing.T) {
	b := waiting{full{bare{&fake{}}}, func() (client.Call, error) {
		return client.Call{ID: "3", Status: client.CallFailed}, nil
	}}
	call, err := action.AwaitCall(t.Context(), b, client.Call{ID: "3"})
	require.NoError(t, err)
	assert.Equal(t, client.CallFailed, call.Status)
}

func TestAwaitCallPollsWhereTheBackendCannotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		fk := &fake{call: func(string, string) (client.Call, error) {
			if reads++; reads < 3 {
				return client.Call{Status: client.CallRunning}, nil
			}
			return client.Call{Status: client.CallCompleted}, nil
		}}
		call, err := action.AwaitCall(t.Context(), bare{fk}, client.Call{ID: "3"})
		require.NoError(t, err)
		assert.Equal(t, client.CallCompleted, call.Status)
		assert.Equal(t, 3, reads)
	})
}
