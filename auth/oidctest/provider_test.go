package oidctest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"fndeck/auth/oidctest"
)

// provider is the real one, spoken to by hand: what a client makes of its answers
// is for the tests of that client.
type provider struct {
	*testing.T
	*oidctest.Provider
}

func started(t *testing.T) provider { return provider{t, oidctest.Start(t, time.Minute)} }

func (p provider) post(to string, form url.Values, basic ...string) (int, map[string]any) {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	require.NoError(p, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) == 2 {
		r.SetBasicAuth(basic[0], basic[1])
	}
	reply, err := (&http.Client{}).Do(r)
	require.NoError(p, err)
	text, err := io.ReadAll(reply.Body)
	require.NoError(p, err)
	require.NoError(p, reply.Body.Close())
	answer := map[string]any{}
	require.NoError(p, json.Unmarshal(text, &answer), "%s", text)
	return reply.StatusCode, answer
}

// given posts and expects a token, whose claims it returns too.
func (p provider) given(form url.Values, basic ...string) (answer, claims map[string]any) {
	p.Helper()
	status, answer := p.post(p.TokenURL, form, basic...)
	require.Equal(p, http.StatusOK, status, "%v", answer)
	assert.EqualValues(p, 60, answer["expires_in"])
	_, body, _ := strings.Cut(answer["access_token"].(string), ".")
	body, _, _ = strings.Cut(body, ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	require.NoError(p, err)
	require.NoError(p, json.Unmarshal(text, &claims))
	assert.Equal(p, p.Issuer, claims["iss"])
	return answer, claims
}

func (p provider) refused(with string, form url.Values, basic ...string) {
	p.Helper()
	_, answer := p.post(p.TokenURL, form, basic...)
	assert.Equal(p, with, answer["error"], "%v", answer)
}

const userScopes = "openid profile offline_access " + oidctest.Audience + "/user_impersonation"

func TestTheRealIssuerKnowsClientsBySecretAndByCertificate(t *testing.T) {
	p := started(t)
	form := func(id, secret string) url.Values {
		f := url.Values{"grant_type": {"client_credentials"}, "scope": {oidctest.Audience + "/.default"}}
		if id != "" {
			f.Set("client_id", id)
			f.Set("client_secret", secret)
		}
		return f
	}
	_, claims := p.given(form(oidctest.SecretClient, p.Secret))
	assert.Equal(t, []any{oidctest.SecretClient, oidctest.Audience}, []any{claims["sub"], claims["aud"]})
	_, claims = p.given(form("", ""), oidctest.SecretClient, p.Secret)
	assert.Equal(t, oidctest.SecretClient, claims["sub"])
	p.refused("invalid_client", form(oidctest.SecretClient, "guess"))
	p.refused("invalid_client", form("", ""), oidctest.SecretClient, "guess")

	signed := form(oidctest.CertificateClient, "")
	signed.Del("client_secret")
	signed.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	signed.Set("client_assertion", p.assertion())
	_, claims = p.given(signed)
	assert.Equal(t, oidctest.CertificateClient, claims["sub"])
	p.refused("invalid_client", signed) // each is good for once

	reader := form(oidctest.SecretClient, p.Secret)
	reader.Set("scope", "fndeck.read")
	_, claims = p.given(reader)
	assert.Equal(t, []any{"fndeck.read", oidctest.Audience}, []any{claims["scope"], claims["aud"]})
}

// assertion proves the key of the certificate (RFC 7523 section 3).
func (p provider) assertion() string {
	p.Helper()
	encode := func(v map[string]any) string {
		text, err := json.Marshal(v)
		require.NoError(p, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	id := oidctest.CertificateClient
	body := encode(map[string]any{"alg": "PS256", "typ": "JWT"}) + "." +
		encode(map[string]any{"iss": id, "sub": id, "aud": p.TokenURL, "jti": rand.Text(), "exp": time.Now().Add(10 * time.Minute).Unix()})
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPSS(rand.Reader, p.Key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	require.NoError(p, err)
	return body + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestTheRealIssuerSignsAPersonInOnAnotherDevice(t *testing.T) {
	p := started(t)
	status, device := p.post(p.DeviceURL, url.Values{"client_id": {oidctest.NativeClient}, "scope": {userScopes}})
	require.Equal(t, http.StatusOK, status, "%v", device)
	poll := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {oidctest.NativeClient}, "device_code": {device["device_code"].(string)}}
	p.refused("authorization_pending", poll)
	_, page, err := oidctest.NewPerson("ada").Walk(t.Context(), device["verification_uri"].(string), device["user_code"].(string))
	require.NoError(t, err, page)
	token, claims := p.given(poll)
	assert.Equal(t, []any{"ada", oidctest.Audience}, []any{claims["sub"], claims["aud"]})
	assert.NotEmpty(t, token["id_token"])
	p.rotates(token)
}

// rotates sees that a refresh token is good for once, and that who uses it again
// spoils its successors too.
func (p provider) rotates(token map[string]any) {
	p.Helper()
	refresh := func(t map[string]any) url.Values {
		return url.Values{"grant_type": {"refresh_token"}, "client_id": {oidctest.NativeClient}, "refresh_token": {t["refresh_token"].(string)}}
	}
	second, claims := p.given(refresh(token))
	assert.Equal(p, oidctest.Audience, claims["aud"])
	assert.NotEqual(p, token["refresh_token"], second["refresh_token"])
	p.refused("invalid_grant", refresh(token))
	p.refused("invalid_grant", refresh(second))
}

// code signs a person in with the browser and returns the tokens.
func (p provider) code(who *oidctest.Person, scopes, redirect string) (answer, claims map[string]any) {
	p.Helper()
	verifier := oauth2.GenerateVerifier()
	ask := url.Values{
		"response_type": {"code"}, "client_id": {oidctest.NativeClient}, "redirect_uri": {redirect}, "scope": {scopes}, "state": {"s"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	back, page, err := who.Walk(p.Context(), p.AuthorizeURL+"?"+ask.Encode(), "")
	require.NoError(p, err, page)
	require.NotNil(p, back, page)
	require.Equal(p, "s", back.Query().Get("state"), "%s", back)
	return p.given(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {oidctest.NativeClient}, "redirect_uri": {redirect},
		"code": {back.Query().Get("code")}, "code_verifier": {verifier},
	})
}

func TestTheRealIssuerSignsAPersonInByBrowserAtAnyPort(t *testing.T) {
	p := started(t)
	ada := oidctest.NewPerson("ada")
	token, claims := p.code(ada, userScopes, "http://127.0.0.1:45671/callback")
	assert.Equal(t, "ada", claims["sub"])
	p.rotates(token)
	again, _ := p.code(ada, "openid "+oidctest.Audience+"/.default", "http://localhost:45672")
	assert.NotContains(t, again, "refresh_token", "nobody asked for offline_access")
	for name, ask := range map[string]url.Values{
		"without PKCE":   {"redirect_uri": {"http://127.0.0.1:1/callback"}},
		"somewhere else": {"redirect_uri": {"http://evil.test/callback"}, "code_challenge": {oauth2.S256ChallengeFromVerifier("x")}, "code_challenge_method": {"S256"}},
	} {
		ask.Set("response_type", "code")
		ask.Set("client_id", oidctest.NativeClient)
		ask.Set("scope", "openid")
		back, _, err := ada.Walk(t.Context(), p.AuthorizeURL+"?"+ask.Encode(), "")
		if back != nil {
			assert.Equal(t, "invalid_request", back.Query().Get("error"), name)
			continue
		}
		assert.ErrorContains(t, err, "400", name)
	}
}

func TestTheRealIssuerLetsAnAPIActOnBehalfOfItsCaller(t *testing.T) {
	p := started(t)
	ada := oidctest.NewPerson("ada")
	called, claims := p.code(ada, "openid "+oidctest.MiddleAudience+"/user_impersonation", "http://127.0.0.1:45671")
	require.Equal(t, oidctest.MiddleAudience, claims["aud"])
	trade := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "client_id": {oidctest.MiddleClient}, "client_secret": {p.Secret},
		"assertion": {called["access_token"].(string)}, "requested_token_use": {"on_behalf_of"}, "scope": {oidctest.Audience + "/user_impersonation"},
	}
	_, claims = p.given(trade)
	assert.Equal(t, []any{"ada", oidctest.Audience}, []any{claims["sub"], claims["aud"]})
	direct, _ := p.code(ada, "openid "+oidctest.Audience+"/user_impersonation", "http://127.0.0.1:45671")
	trade.Set("assertion", direct["access_token"].(string))
	p.refused("invalid_grant", trade) // it was not meant for the API in the middle
}
