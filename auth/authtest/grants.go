package authtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// family is a refresh token and those that followed it.
type family struct {
	client  string
	current string
	dead    bool
	scopes  string
}

// token is the token endpoint.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	client, err := i.authenticate(r)
	if err != nil {
		refuse(w, "invalid_client", "AADSTS7000215: "+err.Error(), 7000215)
		return
	}
	for _, scope := range scopesOf(r) {
		if client.Scopes != nil && !slices.Contains(client.Scopes, scope) {
			refuse(w, "invalid_scope", "AADSTS70011: the scope "+scope+" is not valid", 70011)
			return
		}
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
		if client.Secret == "" && client.Certificate == nil {
			refuse(w, "unauthorized_client", "a public client has no credentials")
			return
		}
		i.grant(w, client, r.PostForm.Get("scope"), "")
	case "refresh_token":
		i.refreshToken(w, r, client)
	case "authorization_code":
		i.redeemCode(w, r, client)
	case "urn:ietf:params:oauth:grant-type:device_code":
		i.pollDevice(w, r, client)
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		i.onBehalfOf(w, r, client)
	default:
		refuse(w, "unsupported_grant_type", "AADSTS70003: the grant is not supported", 70003)
	}
}

// authenticate accepts exactly the proof that the client has, in the body or the
// header.
func (i *Issuer) authenticate(r *http.Request) (Client, error) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if name, password, basic := r.BasicAuth(); basic {
		id, _ = url.QueryUnescape(name) // RFC 6749 section 2.3.1
		secret, _ = url.QueryUnescape(password)
	}
	i.mu.Lock()
	client, known := i.clients[id]
	i.mu.Unlock()
	switch {
	case !known:
		return Client{}, errors.New("the application is not known")
	case client.Certificate != nil && r.PostForm.Has("client_assertion"):
		return client, i.checkAssertion(client, r)
	case client.Secret != secret, client.Certificate != nil && client.Secret == "":
		return Client{}, errors.New("the secret is not valid")
	}
	return client, nil
}

// checkAssertion verifies a PS256 or RS256 assertion by the client's certificate.
func (i *Issuer) checkAssertion(client Client, r *http.Request) error {
	parts := strings.Split(r.PostForm.Get("client_assertion"), ".")
	if len(parts) != 3 {
		return errors.New("the assertion is no JWT")
	}
	var header struct {
		Algorithm  string `json:"alg"`
		Thumbprint string `json:"x5t#S256"`
	}
	var claims struct {
		Audience string `json:"aud"`
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		ID       string `json:"jti"`
		Begins   int64  `json:"nbf"`
		Ends     int64  `json:"exp"`
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err := errors.Join(err, readSegment(parts[0], &header), readSegment(parts[1], &claims)); err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	public, _ := client.Certificate.PublicKey.(*rsa.PublicKey)
	if header.Algorithm == "PS256" {
		err = rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		err = rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature)
	}
	now := i.time()
	sum := sha256.Sum256(client.Certificate.Raw)
	// MSAL Go writes the thumbprint in padded base64, the standard without.
	thumbprint := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(header.Thumbprint), "=")
	switch {
	case err != nil:
		return errors.New("the assertion's signature is not valid")
	case header.Algorithm == "PS256" && thumbprint != base64.RawURLEncoding.EncodeToString(sum[:]):
		return errors.New("the assertion names another certificate")
	case claims.Audience != "http://"+r.Host+r.URL.Path || claims.Issuer != client.ID || claims.Subject != client.ID || claims.ID == "":
		return errors.New("the assertion is for somebody else")
	case now.Before(time.Unix(claims.Begins, 0).Add(-time.Minute)) || now.After(time.Unix(claims.Ends, 0)):
		return errors.New("the assertion is not valid at this time")
	}
	return nil
}

// grant answers with tokens: for an application if user is empty, else for the
// user, with a refresh token if the scopes hold offline_access.
func (i *Issuer) grant(w http.ResponseWriter, client Client, scopes, user string) {
	claims := map[string]any{"azp": client.ID, "appid": client.ID}
	if user != "" {
		claims["preferred_username"], claims["scp"] = user, scopes
	}
	answer := map[string]any{"token_type": "Bearer", "access_token": i.Sign(claims), "scope": scopes}
	if i.Life != nil {
		answer["expires_in"] = i.Life
	}
	words := strings.Fields(scopes)
	if user != "" && slices.Contains(words, "offline_access") {
		answer["refresh_token"] = i.newRefresh(&family{client: client.ID, scopes: scopes})
	}
	if slices.Contains(words, "openid") && user != "" {
		answer["id_token"] = i.Sign(map[string]any{"aud": client.ID, "preferred_username": user})
	}
	writeJSON(w, http.StatusOK, answer)
}

// newRefresh puts a new token at the head of a family.
func (i *Issuer) newRefresh(f *family) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	f.current = rand.Text()
	i.refresh[f.current] = f
	return f.current
}

// refreshToken rotates. A token that was already used ends its whole family: the
// issuer cannot know which of the two users is the thief.
func (i *Issuer) refreshToken(w http.ResponseWriter, r *http.Request, client Client) {
	token := r.PostForm.Get("refresh_token")
	i.mu.Lock()
	f := i.refresh[token]
	good := f != nil && !f.dead && f.client == client.ID && f.current == token
	if f != nil && f.current != token {
		f.dead = true
	}
	i.mu.Unlock()
	if !good {
		refuse(w, "invalid_grant", "AADSTS70008: the refresh token has expired or was used", 70008)
		return
	}
	answer := map[string]any{
		"token_type": "Bearer", "scope": f.scopes, "refresh_token": i.newRefresh(f),
		"access_token": i.Sign(map[string]any{"azp": client.ID, "scp": f.scopes}), // many issuers name nobody in it
	}
	if i.Life != nil {
		answer["expires_in"] = i.Life
	}
	writeJSON(w, http.StatusOK, answer)
}

// EndSignIns makes every refresh token invalid, as an administrator does.
func (i *Issuer) EndSignIns() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, f := range i.refresh {
		f.dead = true
	}
}

// onBehalfOf exchanges a user's token that was given for this client.
func (i *Issuer) onBehalfOf(w http.ResponseWriter, r *http.Request, client Client) {
	claims, err := i.key.verify(r.PostForm.Get("assertion"))
	switch {
	case r.PostForm.Get("requested_token_use") != "on_behalf_of":
		refuse(w, "invalid_request", "requested_token_use is missing")
	case err != nil:
		refuse(w, "invalid_grant", "AADSTS50013: the assertion's signature is not valid", 50013)
	case claims["aud"] != client.ID:
		refuse(w, "invalid_grant", "AADSTS500131: the assertion's audience is not this application", 500131)
	default:
		user, _ := claims["preferred_username"].(string)
		i.grant(w, client, r.PostForm.Get("scope"), user)
	}
}
