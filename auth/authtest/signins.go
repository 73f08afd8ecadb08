package authtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"
)

// code is an authorization code that has not been redeemed.
type code struct {
	client, redirect, challenge, scopes string
}

// device is the state of a device code.
type device struct {
	user, client, scopes string
	ends                 time.Time
	// answers are the refusals of the next polls; after them the state counts.
	answers []string
	state   string // "", "approved" or "access_denied"
}

// deviceLife is how long a device code is good for.
const deviceLife = 900 * time.Second

// authorize lets the user in without a page: its consent is a redirect.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	i.mu.Lock()
	_, known := i.clients[query.Get("client_id")]
	i.mu.Unlock()
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if !known || err != nil || query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("code_challenge") == "" {
		http.Error(w, "the request for authorization is not right", http.StatusBadRequest)
		return
	}
	key := rand.Text()
	i.mu.Lock()
	i.codes[key] = &code{query.Get("client_id"), query.Get("redirect_uri"), query.Get("code_challenge"), query.Get("scope")}
	i.mu.Unlock()
	redirect.RawQuery = url.Values{"code": {key}, "state": {query.Get("state")}}.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

func (i *Issuer) redeemCode(w http.ResponseWriter, r *http.Request, client Client) {
	key := r.PostForm.Get("code")
	i.mu.Lock()
	c := i.codes[key]
	delete(i.codes, key) // once, right or wrong
	i.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case c == nil:
		refuse(w, "invalid_grant", "AADSTS54005: the code was already redeemed", 54005)
	case c.client != client.ID || c.redirect != r.PostForm.Get("redirect_uri"):
		refuse(w, "invalid_grant", "the code was given to another application or address")
	case c.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		refuse(w, "invalid_grant", "the verifier does not fit the challenge")
	default:
		i.grant(w, client, c.scopes, i.User)
	}
}

func (i *Issuer) deviceCode(w http.ResponseWriter, r *http.Request) {
	id := r.PostForm.Get("client_id")
	i.mu.Lock()
	_, known := i.clients[id]
	key, user := rand.Text(), rand.Text()[:8]
	i.devices[key] = &device{user: user, client: id, scopes: r.PostForm.Get("scope"), ends: i.time().Add(deviceLife)}
	i.mu.Unlock()
	if !known {
		refuse(w, "unauthorized_client", "AADSTS700016: the application is not known", 700016)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"device_code": key, "user_code": user, "verification_uri": i.URL + "/device",
		"expires_in": "900", "interval": "5", "message": "Open the page and enter the code.",
	})
}

// Approve lets the user approve the code, after polls that are refused with the
// words, such as authorization_pending or slow_down.
func (i *Issuer) Approve(user string, before ...string) { i.decide(user, "approved", before) }

// Decline lets the user decline it.
func (i *Issuer) Decline(user string, before ...string) { i.decide(user, "access_denied", before) }

func (i *Issuer) decide(user, state string, before []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, d := range i.devices {
		if d.user == user {
			d.state, d.answers = state, before
		}
	}
}

func (i *Issuer) pollDevice(w http.ResponseWriter, r *http.Request, client Client) {
	i.mu.Lock()
	d := i.devices[r.PostForm.Get("device_code")]
	word := ""
	switch {
	case d == nil || d.client != client.ID:
		word = "invalid_grant"
	case i.time().After(d.ends):
		word = "expired_token"
	case len(d.answers) > 0:
		word, d.answers = d.answers[0], d.answers[1:]
	case d.state == "":
		word = "authorization_pending"
	case d.state != "approved":
		word = d.state
	default:
		delete(i.devices, r.PostForm.Get("device_code"))
	}
	i.mu.Unlock()
	if word != "" {
		refuse(w, word, "AADSTS70016: "+word, 70016)
		return
	}
	i.grant(w, client, d.scopes, i.User)
}
