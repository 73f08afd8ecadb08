package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/cognite/cloud"
	"fndeck/client/faultproxy"
)

func TestARedeployGoesOnWhenWhoeverAskedForItGoes(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("nightly")
	ctx, cancel := context.WithCancel(d.ctx)
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if r.Method == http.MethodPut {
			cancel()
		}
		return nil
	})
	after, err := d.b.Redeploy(ctx, f.ID, d.code(2), client.SpecChange{}, nil)
	require.NoError(t, err)
	assert.Equal(t, f.ID, after.ID)
	assert.Equal(t, 2, d.ready(after).Version)
}

func TestWhileOldAndNewStandBesideEachOtherThereIsOneRow(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("nightly")
	_, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	past := console(t, d.engine.URL, d.engine.BearerFile, d.dir) // past the proxy
	looks, versions := 0, map[int]bool{}
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if !strings.Contains(r.URL.Path, "/functions") {
			return nil
		}
		all, err := past.Functions(d.ctx)
		if !assert.NoError(t, err) || !assert.Len(t, all, 1) {
			return nil
		}
		looks++
		versions[all[0].DeployingVersion] = true
		assert.Equal(t, []string{f.ID, "f", "nightly"}, []string{all[0].ID, all[0].Name, all[0].ExternalID})
		schedules, err := past.Schedules(d.ctx, f.ID)
		assert.NoError(t, err)
		assert.Len(t, schedules, 1)
		if all[0].DeployingVersion == 2 {
			assert.ErrorIs(t, past.Delete(d.ctx, f.ID), client.ErrConflict)
		}
		return nil
	})
	_, err = d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
	require.NoError(t, err)
	require.NoError(t, d.b.Settle(d.ctx))
	d.proxy.Arm(nil)
	assert.Greater(t, looks, 20)
	assert.True(t, versions[2])
	assert.Equal(t, 2, d.ready(f).Version)
}

// refuseOnce answers 401 at the first request that matches.
func (d *desk) refuseOnce(method, suffix string) {
	done := false
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if done || r.Method != method || !strings.HasSuffix(r.URL.Path, suffix) {
			return nil
		}
		done = true
		return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusUnauthorized}
	})
}

func TestARedeployThatWasCutShowsAsInterruptedAndIsTakenUp(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	for i, take := range []func(*cloud.Backend, string) error{
		func(b *cloud.Backend, id string) error { return b.RollBackDeploy(d.ctx, id) },
		func(b *cloud.Backend, id string) error { return b.ResumeDeploy(d.ctx, id) },
	} {
		d.refuseOnce(http.MethodPost, "/local/functions")
		_, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
		require.NoError(t, err)
		require.NoError(t, d.b.Settle(d.ctx))
		for _, b := range []*cloud.Backend{d.b, d.another()} {
			row, err := b.Function(d.ctx, f.ID)
			require.NoError(t, err)
			assert.Zero(t, row.DeployingVersion)
			assert.Equal(t, 1, row.Version, "the old one serves")
			require.NotNil(t, row.Error)
			assert.Contains(t, row.Error.Message, "was cut: resume it, roll it back or leave it")
			deploys, err := b.Deploys(d.ctx, f.ID, 1)
			require.NoError(t, err)
			assert.Equal(t, client.DeployInterrupted, deploys[0].Status)
			assert.Equal(t, "create", deploys[0].Phase)
			assert.Equal(t, []string{"building", "draining", "checking", "deleting", "closing"}, deploys[0].Ahead)
			_, err = b.Redeploy(d.ctx, f.ID, d.code(3), client.SpecChange{}, nil)
			require.ErrorIs(t, err, client.ErrConflict)
		}
		next := d.another()
		require.NoError(t, take(next, d.newest(f).ID))
		require.NoError(t, next.Settle(d.ctx))
		row, err := d.b.Function(d.ctx, f.ID)
		require.NoError(t, err)
		assert.Equal(t, []int{1, 3}[i], row.Version, "a number is not given twice")
		assert.Equal(t, i == 0, row.Error != nil, "why the last deploy came to nothing")
		assert.Equal(t, []string{"create", ""}[i], d.newest(f).Phase, "where it turned back")
	}
	assert.Equal(t, client.FunctionReady, d.newest(f).Status)
	assert.ErrorIs(t, d.b.ResumeDeploy(d.ctx, "nosuch"), client.ErrNotFound)
}

func TestARedeployWhoseLinkIsDeadSaysWhatItWaitsForAndIsStoppedByHand(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	waits := make(chan time.Duration, 1)
	d.b = consoleWith(t, func(c *cloud.Config) {
		c.Wait = func(ctx context.Context, wait time.Duration) error {
			waits <- wait
			<-ctx.Done()
			return ctx.Err()
		}
	}, d.proxy.URL, d.engine.BearerFile, d.dir)
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if strings.HasSuffix(r.URL.Path, "/calls/list") { // the archive comes before the upload
			return &faultproxy.Fault{Kind: faultproxy.ResetBefore}
		}
		return nil
	})
	require.ErrorIs(t, d.b.StopDeploy(d.ctx, "nosuch"), client.ErrConflict)
	ended := make(chan error, 1)
	go func() {
		_, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
		ended <- err
	}()
	assert.Equal(t, time.Second, <-waits)
	now := d.newest(f)
	assert.Equal(t, client.FunctionDeploying, now.Status)
	assert.Equal(t, "archive", now.Phase)
	assert.Equal(t, 1, now.Tries)
	assert.Regexp(t, `^try 1 of 9 failed: .*(cut the connection|does not answer)`, now.Detail)
	assert.False(t, now.Until.IsZero(), "the next try is counted down to")
	require.NoError(t, d.b.StopDeploy(d.ctx, now.ID))
	require.ErrorContains(t, <-ended, "stopped by hand, after try 1 of 9 failed")
	assert.Equal(t, client.DeployInterrupted, d.newest(f).Status)

	d.proxy.Arm(nil)
	next := d.another()
	require.NoError(t, next.ResumeDeploy(d.ctx, now.ID))
	require.NoError(t, next.Settle(d.ctx))
	d.b = next
	assert.Equal(t, 2, d.ready(f).Version)
}

func (d *desk) newest(f client.Function) client.Deploy {
	d.Helper()
	deploys, err := d.b.Deploys(d.ctx, f.ID, 1)
	require.NoError(d, err)
	require.Len(d, deploys, 1)
	return deploys[0]
}

func TestAnUploadThatIsRefusedIsSaidAndChangesNothing(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if r.Method == http.MethodPut {
			return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusForbidden}
		}
		return nil
	})
	_, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
	require.ErrorContains(t, err, "refused on purpose")
	d.proxy.Arm(nil)
	row, err := d.b.Function(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Equal(t, 1, row.Version)
	assert.Equal(t, 3, d.redeploy(f, 3).Version)
}

// The answer of a create is lost: it is found by its file, at once or by the next
// list.
func TestADeployWhoseAnswerIsLostIsFound(t *testing.T) {
	for _, readable := range []bool{true, false} {
		t.Run(fmt.Sprintf("readable %v", readable), func(t *testing.T) {
			d := newDesk(t)
			d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
				switch {
				case strings.HasSuffix(r.URL.Path, "/local/functions"):
					return &faultproxy.Fault{Kind: faultproxy.ResetAfter}
				case strings.HasSuffix(r.URL.Path, "/functions/list") && !readable:
					return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusForbidden}
				}
				return nil
			})
			_, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f", Secrets: map[string]client.Secret{"key": auth.NewSecret(canary)}}, d.code(1), nil)
			d.proxy.Arm(nil)
			if readable {
				require.NoError(t, err)
			} else {
				var e *client.Error
				require.True(t, errors.As(err, &e))
				assert.Equal(t, client.CodeUnknownOutcome, e.Code)
			}
			all, err := d.b.Functions(d.ctx)
			require.NoError(t, err)
			require.Len(t, all, 1)
			f := d.ready(all[0])
			assert.Equal(t, 1, f.Version)
			assert.Equal(t, 2, d.redeploy(f, 2).Version, "its secret is known")
		})
	}
}

// The candidate serves by then: its id is not in what this machine keeps yet.
func TestAFunctionWhoseRedeployWasCutIsNotRedeployedBesideItWhicheverIdServes(t *testing.T) {
	for _, externalID := range []string{"", "nightly"} {
		t.Run("external id "+externalID, func(t *testing.T) {
			d := newDesk(t)
			f := d.deploy(externalID)
			d.refuseOnce(http.MethodPost, "/functions/delete")
			_, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
			require.NoError(t, err)
			require.NoError(t, d.b.Settle(d.ctx))
			cut := d.newest(f)
			require.Equal(t, []any{client.DeployInterrupted, "deleting"}, []any{cut.Status, cut.Phase})

			next := d.another()
			_, err = next.Redeploy(d.ctx, f.ID, d.code(3), client.SpecChange{}, nil)
			require.ErrorIs(t, err, client.ErrConflict)
			assert.ErrorContains(t, err, "is still open")
			_, err = next.PlanRedeploy(d.ctx, f.ID, d.code(3), client.SpecChange{})
			require.ErrorIs(t, err, client.ErrConflict)
			require.NoError(t, next.ResumeDeploy(d.ctx, cut.ID))
			require.NoError(t, next.Settle(d.ctx))
			all, err := next.Functions(d.ctx)
			require.NoError(t, err)
			require.Len(t, all, 1)
			assert.Equal(t, []any{f.ID, "f", externalID, 2}, []any{all[0].ID, all[0].Name, all[0].ExternalID, all[0].Version})
		})
	}
}

func TestACandidateOfWhichNobodyHeardBeforeTheCutIsNoRowOfItsOwn(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	made := false
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		switch {
		case made:
			return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusUnauthorized}
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/local/functions"):
			made = true
			return &faultproxy.Fault{Kind: faultproxy.ResetAfter}
		}
		return nil
	})
	_, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
	require.NoError(t, err)
	require.NoError(t, d.b.Settle(d.ctx))
	d.proxy.Arm(nil)
	all, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	require.Len(t, all, 1, "two of one name could not be told apart")
	assert.Equal(t, []any{f.ID, 1, true}, []any{all[0].ID, all[0].Version, all[0].Interrupted})
}
