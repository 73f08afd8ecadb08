//go:build linux

package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

// nonce opens a session as the engine's user.
func (r *rig) nonce(kind string) (Session, string) {
	r.Helper()
	s, nonce, err := r.OpenSession(Caller{}, kind, "")
	require.NoError(r, err)
	return s, nonce
}

func TestAScheduleWhoseSessionIsRevokedMissesEachRunWithThatReason(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(): pass\n")
	session, nonce := r.nonce(ClientCredentials)
	s, err := r.CreateScheduleWith(nonce, NewSchedule{Name: "s", FunctionID: v.ID, Cron: "* * * * *"})
	require.NoError(t, err)
	r.at(minute(1).Add(time.Second))
	r.idle()
	require.Len(t, r.fired(s.ID), 1)

	require.NoError(t, r.Core.Close())
	r.open() // what is revoked here is the stored one
	for range 2 {
		revoked, err := r.RevokeSession(session.ID)
		require.NoError(t, err)
		assert.Equal(t, SessionRevoked, revoked.Status)
	}
	require.NoError(t, r.Core.Close())
	r.open()
	for n := 2; n <= 3; n++ {
		r.at(minute(n).Add(time.Second))
		r.await(func() bool { return len(r.missed(s.ID)) == n-1 })
	}
	for _, m := range r.missed(s.ID) {
		assert.Equal(t, "the session it runs for was revoked", m.Reason)
	}
	assert.Len(t, r.fired(s.ID), 1)

	require.NoError(t, r.DeleteSchedule(s.ID))
	_, err = r.Session(session.ID)
	assert.ErrorIs(t, err, client.ErrNotFound, "it lived as long as its schedule")
}

func TestASessionActsForWhoOpenedItOrForTheClientThatItNames(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(): pass\n")
	alice := Caller{Subject: "alice", Issuer: "https://login.test"}
	acting := func(s Session) string {
		client, end := r.clientOf(store.Call{ID: 7, FunctionID: v.ID}, s, "http://127.0.0.1:1")
		defer end()
		c, err := r.CallerOf(client.Token)
		require.NoError(t, err)
		return c.Subject
	}
	s, nonce, err := r.OpenSession(alice, TokenExchange, "")
	require.NoError(t, err)
	assert.Equal(t, "alice", acting(s))
	chained, _, err := r.OpenSession(Caller{Subject: "alice", CallID: 7}, OneshotExchange, "")
	require.NoError(t, err)
	assert.Equal(t, "alice", acting(chained), "what her call calls is hers too")
	named, _, err := r.OpenSession(alice, ClientCredentials, "of-a-cloud")
	require.NoError(t, err)
	assert.Equal(t, "of-a-cloud", acting(named))
	own, _, err := r.OpenSession(Caller{}, TokenExchange, "")
	require.NoError(t, err)
	assert.Equal(t, Subject(), acting(own))

	schedule, err := r.CreateScheduleWith(nonce, NewSchedule{Name: "s", FunctionID: v.ID, Cron: "* * * * *"})
	require.NoError(t, err)
	require.NoError(t, r.Core.Close())
	r.open()
	assert.Equal(t, "alice", acting(Session{ID: schedule.SessionID}), "a schedule runs for who made it, after a restart too")
}

func TestARevocationWhileASessionIsBoundToAScheduleIsNeverLost(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(): pass\n")
	bound := func() NewSchedule {
		_, nonce := r.nonce(ClientCredentials)
		session, err := r.bind(nonce, longSession)
		require.NoError(t, err)
		return NewSchedule{Name: "s", FunctionID: v.ID, Cron: "* * * * *", Session: session}
	}
	revoke := func(n NewSchedule) {
		revoked, err := r.RevokeSession(n.Session.ID)
		require.NoError(t, err)
		assert.Equal(t, SessionRevoked, revoked.Status)
	}

	before := bound()
	revoke(before)
	_, err := r.CreateSchedule(before)
	require.ErrorIs(t, err, errNonce)

	after, interrupted := bound(), bound()
	for _, n := range []NewSchedule{after, interrupted} {
		_, err = r.CreateSchedule(n)
		require.NoError(t, err)
	}
	require.True(t, r.sessions.move(interrupted.Session.ID, SessionRevoked, start, SessionActive), "as far as one came that could not be stored")
	for _, n := range []NewSchedule{after, interrupted} {
		revoke(n)
		r.sessions.drop(n.Session.ID) // the last step of a schedule's creation
		have, err := r.Session(n.Session.ID)
		require.NoError(t, err)
		assert.Equal(t, SessionRevoked, have.Status)
	}
	schedules, err := r.Store().Schedules(v.ID)
	require.NoError(t, err)
	require.Len(t, schedules, 2)
	r.at(minute(1).Add(time.Second))
	for _, s := range schedules {
		assert.Empty(t, r.fired(s.ID))
		assert.Len(t, r.missed(s.ID), 1)
	}
}

func TestTheSessionOfADeletedFunctionsScheduleGoesWithIt(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(): pass\n")
	session, nonce := r.nonce(TokenExchange)
	_, err := r.CreateScheduleWith(nonce, NewSchedule{Name: "s", FunctionID: v.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	have, err := r.Session(session.ID)
	require.NoError(t, err)
	assert.Equal(t, SessionActive, have.Status)
	require.NoError(t, r.Delete([]int64{v.ID}))
	_, err = r.Session(session.ID)
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func TestANonceBindsOnceWithinItsMinuteAndNotAfterARestart(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(): pass\n")
	late, nonce := r.nonce(OneshotExchange)
	r.clock.set(start.Add(nonceLife + time.Second))
	_, err := r.InvokeWith(nonce, v.ID, nil)
	assert.ErrorContains(t, err, "Session nonce is invalid or expired")
	s, err := r.Session(late.ID)
	require.NoError(t, err)
	assert.Equal(t, SessionExpired, s.Status)

	_, nonce = r.nonce(OneshotExchange)
	_, err = r.InvokeWith(nonce, 77, nil)
	assert.ErrorIs(t, err, client.ErrNotFound)
	_, err = r.InvokeWith(nonce, v.ID, []byte(`[]`))
	require.Error(t, err)
	c, err := r.InvokeWith(nonce, v.ID, nil)
	require.NoError(t, err, "what was refused for another reason has not spent it")
	assert.NotZero(t, c.SessionID)
	_, err = r.InvokeWith(nonce, v.ID, nil)
	assert.ErrorContains(t, err, "nonce")
	r.idle()

	_, nonce = r.nonce(OneshotExchange)
	require.NoError(t, r.Core.Close())
	r.open()
	_, err = r.InvokeWith(nonce, v.ID, nil)
	assert.ErrorContains(t, err, "nonce")
}

func TestTheSessionsThatAreOverAreForgottenInTime(t *testing.T) {
	s := newSessions(func() time.Time { return start })
	for id := int64(1); id <= keptSessions+1; id++ {
		status := SessionExpired
		switch id % 100 {
		case 0:
			status = SessionActive
		case 1:
			status = SessionReady
		}
		s.add(Session{ID: id, Status: status, Expires: start.Add(nonceLife)})
	}
	assert.Less(t, len(s.byID), keptSessions*2/3)
	for id := int64(100); id <= keptSessions; id += 100 {
		_, ok := s.find(id)
		assert.True(t, ok, "one in use is never forgotten")
		_, ok = s.find(id - 99)
		assert.True(t, ok, "nor is one that may still be bound")
	}
}

func TestACallThatAnotherMadeMayNotOpenASession(t *testing.T) {
	r := newRig(t, nil)
	_, _, err := r.OpenSession(Caller{CallID: 7, Depth: 1}, TokenExchange, "")
	assert.EqualError(t, err, "Sessions can be chained one level deep only")
	s, _, err := r.OpenSession(Caller{CallID: 7}, TokenExchange, "")
	require.NoError(t, err)
	assert.Equal(t, 1, s.Depth)
}

func TestACallOfACallRunsWhenItsCallersHoldEverySlot(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(): pass\n")
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	_, nonce, err := r.OpenSession(Caller{CallID: 7}, TokenExchange, "")
	require.NoError(t, err)
	c, err := r.InvokeWith(nonce, v.ID, nil)
	require.NoError(t, err)
	ended, err := r.WaitCall(r.ctx, v.ID, c.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Completed, ended.Status)
}

func TestARevokedSessionTakesTheRightsOfItsCall(t *testing.T) {
	r := newRig(t, nil)
	s, _ := r.nonce(TokenExchange)
	token := r.tokens.issue(Caller{CallID: 7, SessionID: s.ID})
	_, err := r.CallerOf(token)
	require.NoError(t, err)
	_, err = r.RevokeSession(s.ID)
	require.NoError(t, err)
	_, err = r.CallerOf(token)
	assert.EqualError(t, err, "Unauthorized: the session of this call was revoked")
}

func TestTheTokenOfACallEndsWithItAndIsRememberedForAWhile(t *testing.T) {
	r := newRig(t, nil)
	token := r.tokens.issue(Caller{CallID: 7})
	c, err := r.CallerOf(token)
	require.NoError(t, err)
	assert.Equal(t, int64(7), c.CallID)
	r.tokens.end(token)
	_, err = r.CallerOf(token)
	assert.EqualError(t, err, "Unauthorized: this call has ended")
	for range keptTokens + 1 {
		r.tokens.end(r.tokens.issue(Caller{}))
	}
	_, err = r.CallerOf(token)
	assert.EqualError(t, err, "Unauthorized: the token is not one of a call")
	assert.LessOrEqual(t, len(r.tokens.ended), keptTokens)
	assert.Empty(t, r.tokens.live)
}
