package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth/redact"
	"fndeck/auth/wire"
)

const (
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
	// deviceLife is how long a code is polled for when its issuer does not say,
	// and at most: the poll would never end otherwise.
	deviceLife = 15 * time.Minute
	// deviceInterval is RFC 8628's default, deviceSlower its step.
	deviceInterval    = 5 * time.Second
	deviceSlower      = 5 * time.Second
	deviceMaxInterval = time.Minute
)

// deviceCode is a device authorization response (RFC 8628 section 3.2). x/oauth2
// reads it too, but not with numbers as strings, and its poll tells nobody how it
// stands.
type deviceCode struct {
	Device   string `json:"device_code"`
	User     string `json:"user_code"`
	Address  string `json:"verification_uri"`
	Misspelt string `json:"verification_url"` // older issuers
	Complete string `json:"verification_uri_complete"`
	Life     any    `json:"expires_in"`
	Interval any    `json:"interval"`
}

// signInByDevice shows a code and polls until the person has approved it.
func (i *issuer) signInByDevice(ctx context.Context, show func(Prompt)) (granted, error) {
	code, err := i.askDeviceCode(ctx)
	if err != nil {
		return granted{}, err
	}
	prompt := DevicePrompt{
		Asker: Asker{ClientID: i.identity.ClientID, Host: hostOf(code.Address), Scopes: i.userScopes()},
		Code:  redact.Clip(code.User, 40), Address: code.Address, Complete: code.Complete,
		Ends: i.clock.Now().Add(within(code.Life, deviceLife, deviceLife)), State: DeviceWaiting,
	}
	interval := within(code.Interval, deviceInterval, deviceMaxInterval)
	for {
		now := prompt
		show(Prompt{Device: &now})
		if err := i.clock.Wait(ctx, interval); err != nil {
			return granted{}, err
		}
		if !i.clock.Now().Before(prompt.Ends) {
			return granted{}, &Error{Code: CodeExpired, Message: "the code was not used in time", Hint: "ask for a new code"}
		}
		g, err := i.pollDevice(ctx, code)
		prompt.Polls++
		switch {
		case err == nil:
			return g, nil
		case saidWord(err, "authorization_pending"):
			prompt.State = DeviceWaiting
		case saidWord(err, "slow_down"):
			prompt.State, interval = DeviceSlower, interval+deviceSlower
		case asOurs(err, CodeRefused).Code == CodeUnavailable: // RFC 8628 section 3.5: on, but slower
			prompt.State, interval = DeviceNoAnswer, min(2*interval, deviceMaxInterval)
		default:
			return granted{}, err
		}
	}
}

func (i *issuer) pollDevice(ctx context.Context, code deviceCode) (granted, error) {
	c, err := i.clientCredentials(ctx)
	if err != nil {
		return granted{}, err
	}
	return i.exchange(ctx, deviceGrant, url.Values{"device_code": {code.Device}}, nil, c)
}

func (i *issuer) askDeviceCode(ctx context.Context) (deviceCode, error) {
	endpoint, err := i.endpoint(ctx, deviceEndpoint)
	if err != nil {
		return deviceCode{}, err
	}
	form := i.extras()
	form.Set("client_id", i.identity.ClientID)
	if scopes := i.userScopes(); len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	status, text, err := i.post(ctx, endpoint, form)
	if err != nil {
		return deviceCode{}, err
	}
	host := hostOf(endpoint)
	switch {
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return deviceCode{}, &Error{Code: CodeUnsupported, Status: status, Message: fmt.Sprintf("%s has no device code", host), Hint: "sign in with the browser, and paste the address on which it ends"}
	case status/100 != 2:
		refusal := &oauth2.RetrieveError{Response: &http.Response{StatusCode: status, Header: http.Header{}}, Body: text}
		return deviceCode{}, i.explainRefusal(endpoint, refusal)
	}
	var code deviceCode
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&code) != nil || code.Device == "" || code.User == "" {
		v := unexpectedReply(host, "", text, status)
		return deviceCode{}, &Error{Code: CodeUnexpected, Status: status, Message: v.message, Hint: "check the issuer in the context"}
	}
	i.known.Add(code.Device)
	code.Address = redact.Clean(cmp.Or(code.Address, code.Misspelt))
	if err := checkAddress("the address of the code", code.Address); err != nil {
		return deviceCode{}, &Error{Code: CodeUnexpected, Message: fmt.Sprintf("%s: %s", host, err), Hint: "do not open it; check the issuer in the context"}
	}
	if code.Complete = redact.Clean(code.Complete); checkAddress("", code.Complete) != nil {
		code.Complete = ""
	}
	return code, nil
}

// within reads a number of seconds, or its default where there is none, capped.
func within(value any, otherwise, most time.Duration) time.Duration {
	d, note := wire.Lifetime(value)
	if note != "" && d == wire.AssumedLife {
		return otherwise
	}
	return min(d, most)
}
