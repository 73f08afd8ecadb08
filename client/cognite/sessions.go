package cognite

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"fndeck/client"
)

// ErrNonce is the cause of a refusal that speaks of the nonce. A service may refuse
// a good one right after a deploy.
var ErrNonce = errors.New("the nonce was not taken")

// grant is what a session is asked with (API reference 20230101, sessions).
type grant struct {
	ClientID      string `json:"clientId,omitempty"`
	ClientSecret  string `json:"clientSecret,omitempty"`
	TokenExchange bool   `json:"tokenExchange,omitempty"`
	Oneshot       bool   `json:"oneshotTokenExchange,omitempty"`
}

type sessionOpened struct {
	ID    int64  `json:"id"`
	Nonce string `json:"nonce"`
}

// session opens a session for one call or schedule; its nonce lives about a
// minute and binds once.
func (b *Backend) session(ctx context.Context, with grant) (s sessionOpened, err error) {
	var page items[sessionOpened]
	if err := b.read(ctx, "/sessions", items[grant]{[]grant{with}}, &page); err != nil {
		return s, fmt.Errorf("open a session: %w", err)
	}
	return page.only()
}

// bind posts a body that binds a session, once, and returns the session. Wherever it
// may be sent again, because it was refused or never left, it gets a new session: the
// wait may have been longer than a nonce lives. A nonce that is refused, which a
// service may do right after a deploy, gets one more try.
func (b *Backend) bind(ctx context.Context, with grant, path string, body func(nonce string) ([]byte, error), out any) (id int64, err error) {
	fresh := func(ctx context.Context) ([]byte, error) {
		s, err := b.session(ctx, with)
		if err != nil {
			return nil, err
		}
		id = s.ID
		return body(s.Nonce)
	}
	for try := 1; ; try++ {
		first, err := fresh(ctx)
		if err != nil {
			return id, err
		}
		err = b.do(ctx, client.Request{Method: http.MethodPost, Path: path, RawJSON: first, Renew: fresh, Retry: client.Once}, out)
		if try > 1 || !errors.Is(err, ErrNonce) {
			return id, err
		}
	}
}
