package auth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

func TestAClientSecretBuysATokenThatIsKeptUntilItEnds(t *testing.T) {
	d := newDesk(t)
	source := d.open(t, d.app())
	first := token(t, source)
	assert.Equal(t, first, token(t, source))
	assert.Equal(t, 1, d.Count("client_credentials"))

	d.clock.Advance(time.Hour)
	assert.NotEqual(t, first, token(t, source))
	assert.Equal(t, 2, d.Count("client_credentials"))
	seen := d.Seen()[0]
	assert.Equal(t, "body", seen.Place)
	assert.Equal(t, "api/.default", seen.Form.Get("scope"))
}

func TestTheContextSaysWhereTheSecretGoesAndWhatGoesAlong(t *testing.T) {
	d := newDesk(t)
	identity := d.app()
	identity.SecretPlace, identity.Audience, identity.Parameters = auth.SecretHeader, "https://api", map[string]string{"resource": "r"}
	token(t, d.open(t, identity))
	seen := d.Seen()
	require.Len(t, seen, 1)
	assert.Equal(t, "header", seen[0].Place)
	assert.Equal(t, []string{"https://api", "r"}, []string{seen[0].Form.Get("audience"), seen[0].Form.Get("resource")})
}

func TestAWrongSecretIsSentOnceInOnePlaceAndNotAgainForAWhile(t *testing.T) {
	d := newDesk(t)
	identity := d.app()
	identity.ClientSecret = auth.TypedReference("wrong-secret")
	source := d.open(t, identity)
	for range 5 {
		e := fault(t, source)
		assert.Equal(t, auth.CodeRefused, e.Code)
		assert.Contains(t, e.Message, "client secret")
		assert.Equal(t, "trace-1", e.TraceID)
	}
	assert.Equal(t, 1, d.Count(""))
	d.clock.Advance(time.Minute)
	fault(t, source)
	assert.Equal(t, 2, d.Count(""))
}

func TestManyAskersWaitForOneRequest(t *testing.T) {
	d := newDesk(t)
	release := make(chan struct{})
	d.Fault("/token", 1, authtest.Held(release, reply(http.StatusOK, `{"access_token":"only","expires_in":60}`)))
	source := d.open(t, d.app())

	// One asker gives up: the others get the token all the same.
	impatient, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { _, err := source.Token(impatient); left <- err }()
	var all sync.WaitGroup
	tokens := make(chan string, 20)
	for range 20 {
		all.Go(func() {
			if got, err := source.Token(context.Background()); err == nil {
				tokens <- got.Value.Reveal()
			}
		})
	}
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(release)
	all.Wait()
	close(tokens)
	n := 0
	for got := range tokens {
		assert.Equal(t, "only", got)
		n++
	}
	assert.Equal(t, 20, n)
	assert.Equal(t, 1, d.Count(""))
}

func TestATokenIsRenewedBeforeItEndsWhileTheOldOneIsStillGivenOut(t *testing.T) {
	d := newDesk(t)
	source := d.open(t, d.app())
	first := token(t, source)
	release := make(chan struct{})
	d.Fault("/token", 1, authtest.Held(release, reply(http.StatusOK, `{"access_token":"second","expires_in":3600}`)))
	d.clock.Advance(58*time.Minute + time.Second)
	assert.Equal(t, first, token(t, source), "nobody waits for the new one")
	close(release)
	require.Eventually(t, func() bool { return token(t, source) == "second" }, time.Minute, time.Millisecond)
	assert.Equal(t, 2, d.Count("client_credentials"))
}

func TestWhatAnAPIRefusedIsNotGivenOutAgain(t *testing.T) {
	d := newDesk(t)
	source := d.open(t, d.app())
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	source.Drop(got)
	next := token(t, source)
	assert.NotEqual(t, got.Value.Reveal(), next)
	source.Drop(got) // late news of the old one
	assert.Equal(t, next, token(t, source))
}

func TestATokenIsKeptUntilItEndsWhenTheIssuerIsAway(t *testing.T) {
	d := newDesk(t)
	source := d.open(t, d.app())
	first := token(t, source)
	d.Fault("/token", -1, authtest.BadGateway())
	d.clock.Advance(59 * time.Minute)
	assert.Equal(t, first, token(t, source))
	require.Eventually(t, func() bool { return source.Status().Problem != nil }, time.Minute, time.Millisecond)
	assert.Equal(t, first, token(t, source))

	d.clock.Advance(time.Minute)
	e := fault(t, source)
	assert.Equal(t, auth.CodeUnavailable, e.Code)
	assert.Contains(t, e.Message, "(HTML, 502)")
	d.Mend()
	d.clock.Advance(time.Minute)
	assert.NotEqual(t, first, token(t, source))
	assert.Nil(t, source.Status().Problem)
}

func TestALifetimeIsReadAsItComes(t *testing.T) {
	for _, c := range []struct {
		name string
		life any
		want time.Duration
		note string
	}{
		{"a number", 120, 2 * time.Minute, ""},
		{"a string", "3600", time.Hour, ""},
		{"a fraction", 90.5, 90500 * time.Millisecond, ""},
		{"absent", nil, time.Hour, "one hour is assumed"},
		{"zero", 0, time.Hour, "one hour is assumed"},
		{"negative", -5, time.Hour, "one hour is assumed"},
		{"enormous", 1e12, 24 * time.Hour, "24 hours are believed"},
		{"a word", "soon", time.Hour, "one hour is assumed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.Life = c.life
			source := d.open(t, d.app())
			got, err := source.Token(t.Context())
			require.NoError(t, err)
			assert.Equal(t, d.clock.Now().Add(c.want), got.Ends)
			notes := source.Status().Notes
			if c.note == "" {
				assert.Empty(t, notes)
				return
			}
			require.Len(t, notes, 1)
			assert.Contains(t, notes[0], c.note)
		})
	}
}

func TestAClockThatIsOffIsSaidAndDoesNotShortenATokensLife(t *testing.T) {
	d := newDesk(t)
	d.Skew = time.Hour
	source := d.open(t, d.app())
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, d.clock.Now().Add(time.Hour), got.Ends, "by our clock, whatever exp says")
	assert.Equal(t, time.Hour, source.Status().Skew)
}

func TestAStatusNamesWhoAndWhere(t *testing.T) {
	d := newDesk(t)
	source := d.open(t, d.app())
	assert.Empty(t, source.Status().Who)
	token(t, source)
	status := source.Status()
	assert.Equal(t, "subject-1", status.Who)
	assert.Equal(t, auth.FlowClientSecret, status.Flow)
	assert.Equal(t, d.URL, "http://"+status.Issuer)
	assert.True(t, status.Refreshable)
	assert.False(t, status.Warning(status.Ends))
	status.Refreshable = false
	assert.True(t, status.Warning(status.Ends.Add(-4*time.Minute)))
	assert.False(t, status.Warning(status.Ends.Add(-6*time.Minute)))
}

func TestClosingWaitsForWhatIsUnderWay(t *testing.T) {
	d := newDesk(t)
	release := make(chan struct{})
	d.Fault("/token", 1, authtest.Held(release, reply(http.StatusOK, `{"access_token":"late","expires_in":60}`)))
	source := d.open(t, d.app())
	asked := make(chan error, 1)
	go func() { _, err := source.Token(context.Background()); asked <- err }()
	require.Eventually(t, func() bool { return d.Count("") == 1 }, time.Minute, time.Millisecond)
	closed := make(chan struct{})
	go func() { source.Close(context.Background()); close(closed) }()
	close(release)
	<-closed
	require.NoError(t, <-asked)
}
