package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cognite/cloud"
	"fndeck/client/embedded/enginetest"
	"fndeck/client/faultproxy"
	"fndeck/client/pack"
)

const canary = "canary-c10d"

// desk is a console of a project behind a proxy.
type desk struct {
	*testing.T
	ctx    context.Context
	engine enginetest.Engine
	proxy  *faultproxy.Proxy
	dir    string
	b      *cloud.Backend
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	e := enginetest.Start(t)
	d := &desk{T: t, ctx: ctx, engine: e, proxy: faultproxy.New(t, e.URL), dir: t.TempDir()}
	d.b = d.another()
	return d
}

// another is a second console of the same machine.
func (d *desk) another() *cloud.Backend {
	return console(d.T, d.proxy.URL, d.engine.BearerFile, d.dir)
}

func (d *desk) code(version int) client.Package {
	d.Helper()
	text := fmt.Sprintf("def handle(data, secrets):\n    print('version', %d)\n    return [%d, len(secrets['key'])]\n", version, version)
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(text)})
	require.NoError(d, err)
	return client.Package{Zip: zip, SHA256: pack.Hash(zip), Folder: fmt.Sprintf("/src/v%d", version)}
}

func (d *desk) deploy(externalID string) client.Function {
	d.Helper()
	f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f", ExternalID: externalID, Secrets: map[string]client.Secret{"key": auth.NewSecret(canary)}}, d.code(1), nil)
	require.NoError(d, err)
	return d.ready(f)
}

func (d *desk) ready(f client.Function) client.Function {
	d.Helper()
	f, err := action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(d, err)
	return f
}

func (d *desk) call(f client.Function) client.Call {
	d.Helper()
	c, err := d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID})
	require.NoError(d, err)
	c, err = d.b.WaitCall(d.ctx, f.ID, c.ID)
	require.NoError(d, err)
	return c
}

func (d *desk) redeploy(f client.Function, version int) client.Function {
	d.Helper()
	f, err := d.b.Redeploy(d.ctx, f.ID, d.code(version), client.SpecChange{}, nil)
	require.NoError(d, err)
	return d.ready(f)
}

// all reads the calls of a function in pages of two.
func (d *desk) all(b client.Backend, q client.CallQuery) (calls []client.Call) {
	d.Helper()
	for q.Limit = 2; ; {
		page, err := b.Calls(d.ctx, q)
		require.NoError(d, err)
		assert.LessOrEqual(d, len(page.Calls), 2)
		calls = append(calls, page.Calls...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return calls
		}
	}
}

func TestAFunctionKeepsItsRowItsIdAndItsHistoryThroughRedeploys(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("nightly")
	assert.Empty(t, f.NativeID)
	schedule, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *", Data: json.RawMessage(`{"a" : 1}`)})
	require.NoError(t, err)
	var made []string
	for version := 1; version <= 3; version++ {
		if version > 1 {
			after := d.redeploy(f, version)
			assert.Equal(t, f.ID, after.ID)
			assert.NotEqual(t, f.ID, after.NativeID)
			assert.NotEmpty(t, after.NativeID)
			assert.Equal(t, version, after.Version)
			require.NotNil(t, after.LastCall)
			assert.Equal(t, made[0], after.LastCall.ID, "the last call is still the last")
			assert.Equal(t, fmt.Sprintf("/src/v%d", version), after.Folder)
		}
		made = append([]string{d.call(f).ID, d.call(f).ID, d.call(f).ID}, made...)
		made[0], made[2] = made[2], made[0]
	}
	for _, b := range []*cloud.Backend{d.b, d.another()} {
		calls := d.all(b, client.CallQuery{FunctionID: f.ID})
		require.Len(t, calls, 9)
		for i, c := range calls {
			assert.Equal(t, made[i], c.ID)
			assert.Equal(t, f.ID, c.FunctionID)
			assert.Equal(t, 3-i/3, c.Version)
			assert.Equal(t, i >= 3, c.Archived != "", "only this machine has the calls of earlier ids")
			again, err := b.Call(d.ctx, f.ID, c.ID)
			require.NoError(t, err)
			assert.Equal(t, c, again)
			result, err := b.Result(d.ctx, f.ID, c.ID)
			require.NoError(t, err)
			assert.JSONEq(t, fmt.Sprintf("[%d,%d]", c.Version, len(canary)), string(result.Response))
			var lines []client.LogLine
			require.NoError(t, b.FollowLogs(d.ctx, client.LogQuery{FunctionID: f.ID, CallID: c.ID}, func(more []client.LogLine) error {
				lines = append(lines, more...)
				return nil
			}))
			require.Len(t, lines, 1)
			assert.Equal(t, fmt.Sprintf("version %d", c.Version), lines[0].Text)
			assert.Equal(t, f.ID, lines[0].FunctionID)
		}
		assert.Empty(t, d.all(b, client.CallQuery{FunctionID: f.ID, Status: client.CallFailed}))
		assert.Empty(t, d.all(b, client.CallQuery{FunctionID: f.ID, ScheduleID: schedule.ID}))
		all, err := b.Functions(d.ctx)
		require.NoError(t, err)
		require.Len(t, all, 1)
		assert.Equal(t, f.ID, all[0].ID)
		schedules, err := b.Schedules(d.ctx, f.ID)
		require.NoError(t, err)
		require.Len(t, schedules, 1)
		assert.Equal(t, schedule.ID, schedules[0].ID)
		assert.Equal(t, f.ID, schedules[0].FunctionID)
		assert.JSONEq(t, `{"a":1}`, string(schedules[0].Data))
		deploys, err := b.Deploys(d.ctx, f.ID, 10)
		require.NoError(t, err)
		require.Len(t, deploys, 3)
		assert.Equal(t, []string{"redeploy", "redeploy", "deploy"}, []string{deploys[0].Kind, deploys[1].Kind, deploys[2].Kind})
		assert.Equal(t, 2, deploys[0].FromVersion)
		var phases []string
		for _, p := range deploys[0].Phases {
			phases = append(phases, p.Name)
			assert.False(t, p.Ended.Before(p.Started))
		}
		assert.Equal(t, "old code archive upload rehearse create building schedules draining checking deleting create again rebuilding schedules draining checking deleting closing", strings.Join(phases, " "))
	}
	require.NoError(t, d.b.DeleteSchedule(d.ctx, schedule.ID))
	require.NoError(t, d.b.Delete(d.ctx, f.ID))
	all, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	assert.Empty(t, all)
}

// S04
func TestNoSecretStandsInWhatThisMachineKeeps(t *testing.T) {
	d := newDesk(t)
	f := d.redeploy(d.deploy(""), 2)
	bearer, err := os.ReadFile(d.engine.BearerFile)
	require.NoError(t, err)
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(d.dir, "kept"), func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, name)
		if entry.IsDir() {
			return nil
		}
		files++
		text, err := os.ReadFile(name)
		for _, secret := range []string{canary, string(bearer), "fndeck-files"} {
			assert.NotContains(t, string(text), secret, name)
		}
		return err
	}))
	assert.Greater(t, files, 4)
	assert.Equal(t, []string{"key"}, f.SecretNames)
}

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
	}
	assert.Equal(t, client.FunctionReady, d.newest(f).Status)
	assert.ErrorIs(t, d.b.ResumeDeploy(d.ctx, "nosuch"), client.ErrNotFound)
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

func TestATailHandsOverEveryLineOfEveryFunctionOnce(t *testing.T) {
	d := newDesk(t)
	f, other := d.deploy("a"), d.deploy("b")
	d.call(f)
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	seen := make(chan client.LogLine, 100)
	done := make(chan error, 1)
	go func() {
		done <- d.b.FollowLogs(ctx, client.LogQuery{}, func(lines []client.LogLine) error {
			for _, l := range lines {
				seen <- l
			}
			return nil
		})
	}()
	assert.Equal(t, f.ID, (<-seen).FunctionID)
	for _, g := range []client.Function{other, f, other} {
		c := d.call(g)
		l := <-seen
		assert.Equal(t, []string{c.ID, g.ID, "f"}, []string{l.CallID, l.FunctionID, l.FunctionName})
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	assert.Empty(t, seen)
}

func TestAFunctionOfOtherMeansIsTakenOverWithItsFirstSchedule(t *testing.T) {
	d := newDesk(t)
	made, err := d.b.Backend.Deploy(d.ctx, client.FunctionSpec{Name: "f"}, d.code(1), nil)
	require.NoError(t, err)
	f := d.ready(made)
	assert.Zero(t, f.Version, "nothing is known of it")
	s, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	assert.Equal(t, 2, d.redeploy(f, 2).Version)
	all, err := d.b.Schedules(d.ctx, "")
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, s.ID, all[0].ID)
	n, err := d.b.ArchiveCalls(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Zero(t, n)
}

func TestTheLimitOfDataIsThatOfTheCloud(t *testing.T) {
	for name, limit := range map[string]int64{"gcp": 9_000_000, "azure": 36_000, "aws": 240_000, "": 0} {
		b, err := cloud.New(cloud.Config{Client: &http.Client{}, Cloud: name, Dir: t.TempDir()})
		require.NoError(t, err)
		assert.Equal(t, limit, b.Describe().DataLimitBytes)
	}
}
