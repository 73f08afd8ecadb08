package cloud_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/faultproxy"
)

// lost are the ways in which the answer of what was carried out does not arrive.
var lost = map[string]faultproxy.Fault{
	"the connection is reset":   {Kind: faultproxy.ResetAfter},
	"the answer is cut off":     {Kind: faultproxy.TruncateAfter},
	"a gateway gives up":        {Kind: faultproxy.AnswerAfter, Status: http.StatusGatewayTimeout, HTML: true},
	"a page comes in its place": {Kind: faultproxy.AnswerAfter, Status: http.StatusOK, HTML: true},
	"it says nothing":           {Kind: faultproxy.AnswerAfter, Status: http.StatusOK, Body: "{}"},
}

// losing arms the proxy for the requests to paths with an ending.
func (d *desk) losing(ending string, f faultproxy.Fault) {
	d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if strings.HasSuffix(r.URL.Path, ending) {
			return &f
		}
		return nil
	})
}

// sent counts the requests to paths with an ending.
func (d *desk) sent(ending string) (n int) {
	_, requests := d.proxy.Seen()
	for _, r := range requests {
		if strings.HasSuffix(r, ending) {
			n++
		}
	}
	return n
}

func TestACallWhoseAnswerIsLostIsFoundAndNotStartedTwice(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	for name, fault := range lost {
		before := len(d.all(d.b, client.CallQuery{FunctionID: f.ID}))
		d.losing("/call", fault)
		c, err := d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID})
		require.NoError(t, err, name)
		assert.Equal(t, 1, d.sent("/call"), name)
		d.proxy.Arm(nil)
		ended, err := d.b.WaitCall(d.ctx, f.ID, c.ID)
		require.NoError(t, err, name)
		assert.Equal(t, client.CallCompleted, ended.Status, name)
		assert.Len(t, d.all(d.b, client.CallQuery{FunctionID: f.ID}), before+1, name)
	}
}

func TestACallThatNeverArrivedStaysUnknown(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	d.losing("/call", faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusBadGateway, HTML: true})
	_, err := d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID})
	require.ErrorIs(t, err, &client.Error{Code: client.CodeUnknownOutcome})
	assert.Equal(t, 1, d.sent("/call"))
	d.proxy.Arm(nil)
	assert.Empty(t, d.all(d.b, client.CallQuery{FunctionID: f.ID}))
}

func TestAScheduleWhoseAnswerIsLostIsFoundBySession(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	// One that looks the same and was there before is not taken for it.
	spec := client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *", Data: []byte(`{"a" : 1}`)}
	first, err := d.b.CreateSchedule(d.ctx, spec)
	require.NoError(t, err)
	seen := map[string]bool{first.ID: true}
	for name, fault := range lost {
		d.losing("/functions/schedules", fault)
		made, err := d.b.CreateSchedule(d.ctx, spec)
		require.NoError(t, err, name)
		assert.Equal(t, 1, d.sent("/functions/schedules"), name)
		d.proxy.Arm(nil)
		assert.False(t, seen[made.ID], name)
		seen[made.ID] = true
	}
	all, err := d.b.Schedules(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Len(t, all, len(lost)+1)
}

func TestADeployWhoseAnswerCannotBeReadIsFound(t *testing.T) {
	for name, fault := range lost {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.losing("/local/functions", fault)
			f := d.deploy("")
			assert.Equal(t, 1, d.sent("/local/functions"))
			d.proxy.Arm(nil)
			all, err := d.b.Functions(d.ctx)
			require.NoError(t, err)
			require.Len(t, all, 1)
			assert.Equal(t, f.ID, all[0].ID)
		})
	}
}

func TestADeletionWhoseAnswerIsLostIsFoundOutByLooking(t *testing.T) {
	d := newDesk(t)
	for name, fault := range lost {
		f := d.deploy("")
		s, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
		require.NoError(t, err, name)
		seen := map[string]bool{}
		d.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
			if first := !seen[r.URL.Path]; strings.HasSuffix(r.URL.Path, "/delete") && first {
				seen[r.URL.Path] = true
				return &fault
			}
			return nil
		})
		require.NoError(t, d.b.DeleteSchedule(d.ctx, s.ID), name)
		assert.Equal(t, 1, d.sent("/schedules/delete"), name)
		require.NoError(t, d.b.Delete(d.ctx, f.ID), name)
		assert.Equal(t, 1, d.sent("/functions/delete"), name)
		d.proxy.Arm(nil)
		all, err := d.b.Functions(d.ctx)
		require.NoError(t, err, name)
		assert.Empty(t, all, name)
	}
}

func TestADeletionThatNeverArrivedIsSaidToHaveDoneNothing(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	d.losing("/functions/delete", faultproxy.Fault{Kind: faultproxy.ResetBefore})
	err := d.b.Delete(d.ctx, f.ID)
	require.ErrorContains(t, err, "the answer to the deletion was lost, and function "+f.ID+" is still there")
	assert.Equal(t, 1, d.sent("/functions/delete"), "it is not sent again by itself")
	d.proxy.Arm(nil)
	require.NoError(t, d.b.Delete(d.ctx, f.ID))
}
