package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/renameio/v2"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/wire"
)

const (
	// tokenLife is how long an access token is good for.
	tokenLife = time.Hour
	// maxForm bounds a token request.
	maxForm = 64 << 10
	// clientID is what this engine's client calls itself.
	clientID = "fndeck-engine"
)

var errCredentials = &client.Error{Code: client.CodeUnauthenticated, Message: "Unauthorized: the client id or secret is wrong"}

// credentials are the content of wire.ClientFile.
type credentials struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// loadCredentials reads the client's id and secret, which are made at the first
// start and stay: scripts keep them.
func loadCredentials(stateDir string) (c credentials, err error) {
	path := filepath.Join(stateDir, wire.ClientFile)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		var raw [32]byte
		_, _ = rand.Read(raw[:]) // it never fails, see its documentation
		c = credentials{ID: clientID, Secret: hex.EncodeToString(raw[:])}
		text, err := json.Marshal(c)
		if err != nil {
			return c, err
		}
		return c, renameio.WriteFile(path, append(text, '\n'), 0o600)
	}
	if err != nil {
		return c, err
	}
	if info.Mode().Perm()&0o077 != 0 || !info.Mode().IsRegular() {
		return c, fmt.Errorf("%s holds a secret and can be used by others: chmod 600 %s, or remove it for a new one", path, path)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil && (c.ID == "" || len(c.Secret) < 32) {
		err = errors.New("client_id or client_secret is missing or too short")
	}
	if err != nil {
		return c, fmt.Errorf("read %s: %w; remove it for a new one", path, err)
	}
	return c, nil
}

// issuer gives access tokens for client credentials (RFC 6749 section 4.4). The
// tokens live in memory.
type issuer struct {
	credentials
	clock  func() time.Time
	mu     sync.Mutex
	tokens map[[32]byte]time.Time // hash of a token to its end
	// refusals, if not nil, writes down who was given none.
	refusals *refusals
}

func newIssuer(c credentials, clock func() time.Time) *issuer {
	return &issuer{credentials: c, clock: clock, tokens: map[[32]byte]time.Time{}}
}

func (i *issuer) right(id, secret string) bool {
	if i.Secret == "" { // a read-only state has none
		return false
	}
	sameID := subtle.ConstantTimeCompare([]byte(id), []byte(i.ID))
	return sameID&subtle.ConstantTimeCompare([]byte(secret), []byte(i.Secret)) == 1
}

// judge refuses a wrong secret for our own client id. Of other ids nothing is
// known: a function that is developed here uses those of its cloud.
func (i *issuer) judge(id, secret string) error {
	if id == i.ID && !i.right(id, secret) {
		return client.Invalidf("the client secret of %s is wrong: it stands in %s of the state directory", i.ID, wire.ClientFile)
	}
	return nil
}

func (i *issuer) issue() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	token := hex.EncodeToString(raw[:])
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.clock()
	for old, end := range i.tokens {
		if now.After(end) {
			delete(i.tokens, old)
		}
	}
	i.tokens[sha256.Sum256([]byte(token))] = now.Add(tokenLife)
	return token
}

// caller is whom an access token was given to.
func (i *issuer) caller(token string) (core.Caller, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	end, known := i.tokens[sha256.Sum256([]byte(token))]
	return core.Caller{Subject: i.ID}, known && !i.clock().After(end)
}

// ServeHTTP answers a token request. The secret may stand in the form, as the
// SDK 8 sends it, or in the Authorization header, as 7 does; form fields that
// other issuers need (scope, audience, resource) are ignored.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuseToken(w, http.StatusMethodNotAllowed, "invalid_request", "a token is asked for with POST")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuseToken(w, http.StatusBadRequest, "invalid_request", "the body is not a form")
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	switch grant := r.PostForm.Get("grant_type"); {
	case grant != "client_credentials":
		refuseToken(w, http.StatusBadRequest, "unsupported_grant_type", fmt.Sprintf("grant_type %q is not known here, client_credentials is", grant))
	case !i.right(id, secret):
		w.Header().Set("WWW-Authenticate", `Basic realm="fndeck"`)
		if i.refusals != nil {
			i.refusals.note(r, errCredentials)
		}
		refuseToken(w, http.StatusUnauthorized, "invalid_client", "the client id or secret is wrong: both stand in "+wire.ClientFile+" of the state directory")
	default:
		_ = dialect.WriteJSON(w, http.StatusOK, map[string]any{"access_token": i.issue(), "token_type": "Bearer", "expires_in": int(tokenLife.Seconds())})
	}
}

// refuseToken answers in the shape of RFC 6749 section 5.2.
func refuseToken(w http.ResponseWriter, status int, code, description string) {
	_ = dialect.WriteJSON(w, status, map[string]string{"error": code, "error_description": description}) // strings always encode
}
