package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

// byDevice signs in by device code; decide is told the code when it is first shown.
func (d *desk) byDevice(t *testing.T, decide func(code string)) ([]auth.DevicePrompt, error) {
	t.Helper()
	d.clock.Auto()
	var shown []auth.DevicePrompt
	err := auth.SignIn(t.Context(), d.person(auth.FlowDeviceCode), d.options(), func(p auth.Prompt) {
		require.NotNil(t, p.Device)
		if shown = append(shown, *p.Device); len(shown) == 1 {
			decide(p.Device.Code)
		}
	})
	return shown, err
}

func TestACodeIsShownAndPolledForUntilItIsApproved(t *testing.T) {
	d := newDesk(t)
	begun := d.clock.Now()
	shown, err := d.byDevice(t, func(code string) { d.Approve(code, "authorization_pending", "slow_down", "authorization_pending") })
	require.NoError(t, err)
	first := shown[0]
	assert.Len(t, first.Code, 8)
	assert.Equal(t, d.URL+"/device", first.Address)
	assert.Equal(t, d.URL, "http://"+first.Host)
	assert.Equal(t, personID, first.ClientID)
	assert.Contains(t, first.Scopes, "api/user_impersonation")
	assert.Equal(t, begun.Add(15*time.Minute), first.Ends)

	var states []auth.DeviceState
	for n, p := range shown {
		states = append(states, p.State)
		assert.Equal(t, n, p.Polls)
	}
	assert.Equal(t, []auth.DeviceState{auth.DeviceWaiting, auth.DeviceWaiting, auth.DeviceSlower, auth.DeviceWaiting}, states)
	var waits []time.Duration
	for range 4 {
		waits = append(waits, <-d.clock.Waiting())
	}
	assert.Equal(t, []time.Duration{5 * time.Second, 5 * time.Second, 10 * time.Second, 10 * time.Second}, waits)

	source := d.open(t, d.person(auth.FlowDeviceCode))
	token(t, source)
	assert.Equal(t, "ada@example.com", source.Status().Who)
	assert.True(t, source.Status().Refreshable)
}

func TestASignInByDeviceEndsInWords(t *testing.T) {
	for _, c := range []struct {
		name   string
		decide func(d *desk, code string)
		want   auth.Code
		says   string
	}{
		{"declined", func(d *desk, code string) { d.Decline(code) }, auth.CodeDeclined, "declined"},
		{"declined at Entra", func(d *desk, code string) { d.Decline(code, "authorization_declined") }, auth.CodeDeclined, "declined"},
		{"nobody came", func(*desk, string) {}, auth.CodeExpired, "not used in time"},
		{"the server's end", func(d *desk, code string) { d.Approve(code, "expired_token") }, auth.CodeExpired, "not used in time"},
		{"wrong grant", func(d *desk, code string) { d.Approve(code, "unsupported_grant_type") }, auth.CodeUnsupported, "does not have this flow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			_, err := d.byDevice(t, func(code string) { c.decide(d, code) })
			e := asError(t, err)
			assert.Equal(t, c.want, e.Code)
			assert.Contains(t, e.Message, c.says)
			assert.True(t, d.open(t, d.person(auth.FlowDeviceCode)).Status().SignIn)
		})
	}
}

func TestAPollGoesOnWhenTheIssuerIsAwayForAWhile(t *testing.T) {
	d := newDesk(t)
	d.Fault("/token", 2, authtest.BadGateway())
	shown, err := d.byDevice(t, func(code string) { d.Approve(code) })
	require.NoError(t, err)
	assert.Equal(t, auth.DeviceNoAnswer, shown[2].State)
}

func TestAnIssuerWithoutDeviceCodeSaysToPaste(t *testing.T) {
	d := newDesk(t)
	d.Fault("/devicecode", 1, http.NotFound)
	_, err := d.byDevice(t, nil)
	e := asError(t, err)
	require.ErrorIs(t, err, auth.ErrUnsupported)
	assert.Contains(t, e.Hint, "paste")

	d.Discovery = func(document map[string]any) { delete(document, "device_authorization_endpoint") }
	_, err = d.byDevice(t, nil)
	require.ErrorIs(t, err, auth.ErrUnsupported)
}

func TestAnAddressThatNobodyShouldOpenIsNotShown(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "http://evil.example/login", "", "https://me:word@evil.example"} {
		d := newDesk(t)
		d.Fault("/devicecode", 1, reply(http.StatusOK, fmt.Sprintf(`{"device_code":"d","user_code":"u","verification_uri":%q}`, address)))
		shown, err := d.byDevice(t, nil)
		assert.Equal(t, auth.CodeUnexpected, asError(t, err).Code, address)
		assert.Empty(t, shown)
	}
}

func TestNumbersOfADeviceCodeAreBounded(t *testing.T) {
	for body, want := range map[string][2]time.Duration{
		`"expires_in":60,"interval":1`:          {time.Minute, time.Second},
		`"expires_in":"60","interval":"2"`:      {time.Minute, 2 * time.Second},
		`"message":"no numbers"`:                {15 * time.Minute, 5 * time.Second},
		`"expires_in":1e9,"interval":1000000`:   {15 * time.Minute, time.Minute},
		`"expires_in":-1,"interval":"whenever"`: {15 * time.Minute, 5 * time.Second},
	} {
		d := newDesk(t)
		d.clock.Auto()
		d.Fault("/devicecode", 1, reply(http.StatusOK, `{"device_code":"d","user_code":"u","verification_uri":"https://login.example",`+body+`}`))
		ctx, stop := context.WithCancel(t.Context())
		begun := d.clock.Now()
		err := auth.SignIn(ctx, d.person(auth.FlowDeviceCode), d.options(), func(p auth.Prompt) {
			assert.Equal(t, begun.Add(want[0]), p.Device.Ends, body)
			stop()
		})
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, want[1], <-d.clock.Waiting(), body)
	}
}

func TestACodeThatCouldDriveTheTerminalIsCleaned(t *testing.T) {
	d := newDesk(t)
	d.Fault("/devicecode", 1, reply(http.StatusOK, `{"device_code":"d","user_code":"AB\u001b]52;c;x\u0007CD","verification_uri":"https://login.example"}`))
	d.Fault("/token", 1, authtest.Refuse("access_denied", "no\u001b[2J"))
	shown, err := d.byDevice(t, func(string) {})
	assert.NotContains(t, shown[0].Code, "\x1b")
	assert.Equal(t, "no [2J", asError(t, err).Server)
}
