package cognite

import (
	"context"
	"errors"

	"fndeck/auth"
	"fndeck/client"
)

// Identity is who a schedule runs as: a client with its secret, or, where it is
// zero, whoever asks.
type Identity struct {
	ClientID string
	Secret   auth.Secret
}

func (i Identity) grant() grant {
	if i.ClientID == "" {
		return grant{TokenExchange: true}
	}
	return grant{ClientID: i.ClientID, ClientSecret: i.Secret.Reveal()}
}

// The types of sessions that matter here (API reference 20230101, sessions).
const (
	ByClient   = "CLIENT_CREDENTIALS"
	ByExchange = "TOKEN_EXCHANGE"
)

// Session is a stored right to act. ClientID is set for ByClient.
type Session struct {
	ID       int64  `json:"id"`
	Type     string `json:"type"`
	Status   string `json:"status"`
	ClientID string `json:"clientId"`
	// Created is in milliseconds since 1970, by the service's clock.
	Created int64 `json:"creationTime"`
}

// Session reads a session; ok is false if it is not known any more.
func (b *Backend) Session(ctx context.Context, id int64) (s Session, ok bool, err error) {
	var page items[Session]
	err = b.read(ctx, "/sessions/byids", idItems(id), &page)
	if errors.Is(err, client.ErrNotFound) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	s, err = page.only()
	return s, err == nil, err
}

// Rehearse opens a session as an identity and revokes it: it proves that a
// schedule can be created so.
func (b *Backend) Rehearse(ctx context.Context, as Identity) error {
	s, err := b.session(ctx, as.grant())
	if err != nil {
		return err
	}
	return b.read(ctx, "/sessions/revoke", idItems(s.ID), nil)
}
