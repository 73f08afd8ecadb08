package redeploy

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/faultproxy"
)

// says makes the project answer a request by another body.
func (r *rig) says(path, body string) {
	r.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		if strings.HasSuffix(q.URL.Path, path) {
			return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusOK, Body: body}
		}
		return nil
	})
}

// Where something would be lost, the redeploy does not begin, and says why.
func TestARedeployThatWouldLoseSomethingDoesNotBegin(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	all := `{"actions":["READ","WRITE","CREATE","LIST","DELETE"]}`
	for name, c := range map[string]struct {
		arm     func()
		request func(*Request)
		says    string
		code    client.Code
	}{
		"functions that are not activated": {func() { s.says("/functions/status", `{"status":"requested"}`) }, nil, `Cognite Functions is "requested" in project local`, client.CodeConflict},
		"a capability that is missing": {
			func() {
				s.says("/token/inspect", `{"subject":"me","projects":[],"capabilities":[{"functionsAcl":`+all+`},{"sessionsAcl":`+all+`},{"filesAcl":{"actions":["READ"]}}]}`)
			}, nil, "lacks filesAcl:WRITE in project local", client.CodeForbidden,
		},
		"sessions that may not be opened": {
			func() {
				s.says("/token/inspect", `{"subject":"me","projects":[],"capabilities":[{"functionsAcl":`+all+`},{"filesAcl":`+all+`}]}`)
			}, nil, "lacks sessionsAcl:CREATE, sessionsAcl:LIST, sessionsAcl:DELETE in project local, and 4 schedules must move", client.CodeForbidden,
		},
		"a runtime that is no more":         {func() { s.says("/functions/limits", `{"timeoutMinutes":9,"runtimes":["py399"]}`) }, nil, "is not offered any more", client.CodeInvalid},
		"a secret whose value is not known": {nil, func(r *Request) { r.Change.Secrets = nil }, "does not know the value of secret key of f", client.CodeInvalid},
		"a schedule of another's":           {nil, func(r *Request) { r.RunAsMe = false }, "runs as whoever created it; moved, it would run as", client.CodeConflict},
		"a schedule of a client whose secret is not at hand": {
			func() {
				s.says("/sessions/byids", `{"items":[{"id":1,"type":"CLIENT_CREDENTIALS","status":"ACTIVE","clientId":"robot"}]}`)
			}, nil, "runs as client robot, whose secret is not at hand", client.CodeInvalid,
		},
		"a file of data modelling": {
			func() { s.says("/files/byids", `{"items":[{"id":1,"name":"f.zip","instanceId":{"space":"s"}}]}`) }, nil, "is a file of data modelling", client.CodeUnsupported,
		},
		"a project without room": {
			func() { s.says("/functions/list", `{"items":[`+strings.Repeat(`{"id":1},`, 99)+`{"id":1}]}`) }, nil, "holds 100 functions", client.CodeLimit,
		},
		"a function that is no more": {nil, func(r *Request) { r.Function = "999999" }, "function 999999 does not exist any more", client.CodeNotFound},
		"a version that is not kept": {nil, func(r *Request) { r.Version = 7 }, "keeps no version 7", client.CodeNotFound},
		"more memory than there is":  {nil, func(r *Request) { gb := 900.0; r.Change.MemoryGB = &gb }, "900 GB of memory are asked for", client.CodeLimit},
		"no code":                    {nil, func(r *Request) { r.Code = client.Package{} }, "needs packed code", client.CodeFailed},
	} {
		t.Run(name, func(t *testing.T) {
			s.proxy.Arm(nil)
			if c.arm != nil {
				c.arm()
			}
			request := s.request(2)
			if c.request != nil {
				c.request(&request)
			}
			m := s.machine()
			_, err := m.Start(s.ctx, request)
			require.ErrorContains(t, err, c.says)
			assert.Equal(t, c.code, client.Explain(err).Code)
			_, previewErr := m.Preview(s.ctx, request)
			require.EqualError(t, previewErr, err.Error(), "a preview says the same")
			all, err := m.List()
			require.NoError(t, err)
			assert.Empty(t, all)
		})
	}
	s.proxy.Arm(nil)
	s.isOne(1)
}

func TestAPreviewTellsTheGapAndChangesNothing(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	m := s.machine()
	p, err := m.Preview(s.ctx, s.request(2))
	require.NoError(t, err)
	notes := strings.Join(p.Notes, "\n")
	assert.Contains(t, notes, "Callers by external id nightly find nothing for about one build")
	assert.Contains(t, notes, "package indexes of its own is not known here")
	assert.Contains(t, notes, "managed by the toolkit")
	assert.Contains(t, notes, "Schedule empty runs as whoever created it; from then on it runs as you")
	kept, err := m.Store.Lineages()
	require.NoError(t, err)
	assert.Empty(t, kept)
	s.isOne(1)
}

// R19: the later of two is told.
func TestTwoConsolesDoNotRedeployOneFunctionAtOnce(t *testing.T) {
	s := newRig(t).subject("f", "")
	o, err := s.machine().Start(s.ctx, s.request(2))
	require.NoError(t, err)
	_, err = s.machine().Start(s.ctx, s.request(3))
	require.ErrorIs(t, err, client.ErrConflict)
	require.NoError(t, o.Release())
	_, err = s.machine().Start(s.ctx, s.request(3))
	require.ErrorIs(t, err, client.ErrConflict)
	assert.ErrorContains(t, err, "is still open")
	op := s.newest()
	first, err := s.machine().Resume(s.ctx, op)
	require.NoError(t, err)
	_, err = s.machine().Resume(s.ctx, op)
	require.ErrorContains(t, err, "another fndeck on this machine")
	require.NoError(t, first.Run(s.ctx, nil, nil))
	s.isOne(2)
	_, err = s.machine().Resume(s.ctx, op)
	require.ErrorContains(t, err, "has ended: completed")
	_, err = s.machine().Resume(s.ctx, "nosuch")
	require.ErrorIs(t, err, client.ErrNotFound)
}

func TestAVersionThatCannotBeBuiltChangesNothing(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	request := s.request(2)
	request.Code = s.code("raise RuntimeError('broken on purpose')\n")
	m := s.machine()
	o, err := m.Start(s.ctx, request)
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	state := o.State()
	assert.Equal(t, Unchanged, state.Outcome)
	require.NotNil(t, state.Failure)
	assert.Contains(t, state.Failure.Message, "broken on purpose")
	assert.Equal(t, s.f.ID, s.isOne(1))
	s.leftNothing()
	l, _, err := m.Store.Find(s.f.ID)
	require.NoError(t, err)
	v, ok := l.Version(2)
	require.True(t, ok)
	assert.Equal(t, client.FunctionFailed, v.Status)
}

func TestASmokeCallThatFailsChangesNothingAndOneThatSucceedsGoesOn(t *testing.T) {
	s := newRig(t).subject("f", "")
	request := s.request(2)
	request.Code = s.code("def handle(data, secrets):\n    return 1 / data['divisor']\n")
	request.Change.Smoke = []byte(`{"divisor":0}`)
	o, err := s.machine().Start(s.ctx, request)
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	state := o.State()
	assert.Equal(t, Unchanged, state.Outcome)
	assert.Contains(t, state.Reason, "the smoke call of the new version ended as Failed: ZeroDivisionError: division by zero")
	s.isOne(1)
	request = s.request(2)
	request.Change.Smoke = []byte(`{}`)
	o, err = s.machine().Start(s.ctx, request)
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	assert.Equal(t, Completed, o.State().Outcome)
	s.isOne(2)
}

// A smoke call whose outcome is not known is not sent again by itself.
func TestASmokeCallIsNeverSentTwiceSilently(t *testing.T) {
	s := newRig(t).subject("f", "")
	request := s.request(2)
	request.Change.Smoke = []byte(`{}`)
	for _, kind := range []faultproxy.Kind{faultproxy.ResetAfter, faultproxy.ResetBefore} {
		once := false
		s.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
			if once || !strings.HasSuffix(q.URL.Path, "/call") {
				return nil
			}
			once = true
			return &faultproxy.Fault{Kind: kind}
		})
		o, err := s.machine().Start(s.ctx, request)
		require.NoError(t, err)
		err = o.Run(s.ctx, nil, nil)
		if kind == faultproxy.ResetBefore {
			require.ErrorContains(t, err, "not known whether the smoke call was carried out")
			o, err = s.machine().Resume(s.ctx, s.newest())
			require.NoError(t, err)
			err = o.Run(s.ctx, nil, nil)
		}
		require.NoError(t, err)
		require.Equal(t, Completed, o.State().Outcome)
		page, err := s.api.Calls(s.ctx, client.CallQuery{FunctionID: o.State().Candidate})
		require.NoError(t, err)
		assert.Len(t, page.Calls, 1, kind)
		s.f.ID = s.isOne(2)
		request.Function, request.Code = s.f.ID, s.code(source(2))
	}
}

func TestTheServiceMayAskToWait(t *testing.T) {
	s := newRig(t).subject("f", "")
	refusals := 5
	s.watched(nil)
	s.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		if refusals == 0 || q.Method != http.MethodPost || !strings.HasSuffix(q.URL.Path, "/local/functions") {
			return nil
		}
		refusals--
		return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}}
	})
	m := s.machine()
	var waited []time.Duration
	pause := m.Wait
	m.Wait = func(ctx context.Context, d time.Duration) error {
		waited = append(waited, d)
		return pause(ctx, d)
	}
	var details []string
	var until []time.Time
	o, err := m.Start(s.ctx, s.request(2))
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, func(p Progress) {
		if p.Step == CreateCandidate && p.Detail != "" {
			details, until = append(details, p.Detail), append(until, p.Until)
		}
	}, nil))
	require.NotEmpty(t, details)
	assert.Contains(t, details[0], "the service asks to wait: ")
	assert.False(t, until[0].IsZero(), "until when it asks to wait can be counted down")
	assert.Contains(t, waited, time.Second)
	s.isOne(2)
}

// identityOf is whom a schedule of the engine's own client would run as.
func TestASchedulesClientIsRehearsedBeforeAnythingChanges(t *testing.T) {
	s := newRig(t).subject("f", "")
	s.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		switch {
		case strings.HasSuffix(q.URL.Path, "/sessions/byids"):
			return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: 200, Body: `{"items":[{"id":1,"type":"CLIENT_CREDENTIALS","status":"ACTIVE","clientId":"robot"}]}`}
		case strings.HasSuffix(q.URL.Path, "/local/sessions"):
			return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: 403}
		}
		return nil
	})
	m := s.machine()
	m.Secret = func(clientID string) (auth.Secret, bool) { return auth.NewSecret("wrong"), clientID == "robot" }
	o, err := m.Start(s.ctx, s.request(2))
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	state := o.State()
	assert.Equal(t, Unchanged, state.Outcome)
	assert.Equal(t, cognite.ByClient, state.Plan.Schedules[0].SessionType)
	assert.Empty(t, state.Candidate)
	s.proxy.Arm(nil)
	s.isOne(1)
	s.leftNothing()
}
