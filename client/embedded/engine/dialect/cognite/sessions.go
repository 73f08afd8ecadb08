package cognite

import (
	"net/http"
	"strconv"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
)

// sessionRead has all its keys but clientId always: the SDK reads them without
// a default (SDK 8.13.0, data_classes/iam.py).
type sessionRead struct {
	ID             int64  `json:"id"`
	Type           string `json:"type"`
	Status         string `json:"status"`
	CreationTime   int64  `json:"creationTime"`
	ExpirationTime int64  `json:"expirationTime"`
	ClientID       string `json:"clientId,omitempty"`
	// Nonce is there in the answer to a create only.
	Nonce string `json:"nonce,omitempty"`
}

func sessionOf(s core.Session) sessionRead {
	read := sessionRead{ID: s.ID, Type: s.Type, Status: s.Status, CreationTime: millis(s.Created), ExpirationTime: millis(s.Expires)}
	if s.Type == core.ClientCredentials {
		read.ClientID = s.Subject
	}
	return read
}

type sessionWrite struct {
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret"`
	TokenExchange bool   `json:"tokenExchange"`
	Oneshot       bool   `json:"oneshotTokenExchange"`
}

// kind is the type of the session that is asked for.
func (w sessionWrite) kind() (string, error) {
	var kinds []string
	if w.ClientID != "" && w.ClientSecret != "" {
		kinds = append(kinds, core.ClientCredentials)
	}
	if w.TokenExchange {
		kinds = append(kinds, core.TokenExchange)
	}
	if w.Oneshot {
		kinds = append(kinds, core.OneshotExchange)
	}
	if len(kinds) != 1 {
		return "", client.Invalidf("a session needs exactly one of clientId with clientSecret, tokenExchange and oneshotTokenExchange")
	}
	return kinds[0], nil
}

// createSession opens a session. The engine's callers have proved who they are
// already, so every kind is granted to them; only the engine's own client id is
// held to its secret.
func (a *API) createSession(r *dialect.Request) error {
	var body items[sessionWrite]
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	w, err := body.one()
	if err != nil {
		return err
	}
	kind, err := w.kind()
	if err != nil {
		return err
	}
	if kind == core.ClientCredentials && a.knows != nil {
		if err := a.knows(w.ClientID, w.ClientSecret); err != nil {
			return err
		}
	}
	if kind != core.ClientCredentials {
		w.ClientID = ""
	}
	s, nonce, err := a.core.OpenSession(r.Caller, kind, w.ClientID)
	if err != nil {
		return err
	}
	r.About("session", s.ID)
	read := sessionOf(s)
	read.Nonce = nonce
	return dialect.WriteJSON(r.Writer, http.StatusCreated, items[sessionRead]{[]sessionRead{read}})
}

const (
	standardSessions = 25
	maxSessions      = 100
	maxSessionIDs    = 1000
)

func (a *API) listSessions(r *dialect.Request) error {
	limit, err := bound(r, nil, standardSessions, maxSessions)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	before, err := cursor(query.Get("cursor"))
	if err != nil {
		return err
	}
	all, err := a.core.Sessions()
	if err != nil {
		return err
	}
	page := paged[sessionRead]{Items: []sessionRead{}}
	status := query.Get("status")
	for _, s := range all {
		if (before != 0 && s.ID >= before) || (status != "" && !strings.EqualFold(status, s.Status)) {
			continue
		}
		if len(page.Items) == limit {
			page.NextCursor = strconv.FormatInt(page.Items[limit-1].ID, 36)
			break
		}
		page.Items = append(page.Items, sessionOf(s))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) sessionsByIDs(r *dialect.Request) error {
	return a.eachSession(r, a.core.Session)
}

// revokeSessions may be asked twice for the same.
func (a *API) revokeSessions(r *dialect.Request) error {
	return a.eachSession(r, a.core.RevokeSession)
}

func (a *API) eachSession(r *dialect.Request, one func(id int64) (core.Session, error)) error {
	body, err := readSelection(r, maxSessionIDs, byID)
	if err != nil {
		return err
	}
	// All are looked up before the first is changed.
	if _, err := find(body, "Session", func(s selector) (core.Session, error) { return a.core.Session(s.ID) }); err != nil {
		return err
	}
	found, err := find(body, "Session", func(s selector) (core.Session, error) {
		r.About("session", s.ID)
		return one(s.ID)
	})
	if err != nil {
		return err
	}
	page := items[sessionRead]{Items: []sessionRead{}}
	for _, s := range found {
		page.Items = append(page.Items, sessionOf(s))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}
