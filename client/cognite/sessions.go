package cognite

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"fndeck/client"
)

// errNonce is the cause of a refusal that speaks of the nonce.
var errNonce = errors.New("the nonce was not taken")

// session opens a session for one call or schedule and returns its nonce, which
// lives about a minute and binds once.
func (b *Backend) session(ctx context.Context, kind string) (nonce string, err error) {
	var page items[struct {
		Nonce string `json:"nonce"`
	}]
	body := items[map[string]bool]{[]map[string]bool{{kind: true}}}
	if err := b.read(ctx, "/sessions", body, &page); err != nil {
		return "", fmt.Errorf("open a session: %w", err)
	}
	s, err := page.only()
	return s.Nonce, err
}

// bind posts a body that binds a session, once. Wherever it may be sent again,
// because it was refused or never left, it gets a new session: the wait may have
// been longer than a nonce lives. A nonce that is refused, which a service may do
// right after a deploy, gets one more try.
func (b *Backend) bind(ctx context.Context, kind, path string, body func(nonce string) ([]byte, error), out any) error {
	fresh := func(ctx context.Context) ([]byte, error) {
		nonce, err := b.session(ctx, kind)
		if err != nil {
			return nil, err
		}
		return body(nonce)
	}
	for try := 1; ; try++ {
		first, err := fresh(ctx)
		if err != nil {
			return err
		}
		err = b.http.Do(ctx, client.Request{Method: http.MethodPost, Path: b.root + path, RawJSON: first, Renew: fresh, Retry: client.Once}, out)
		if try > 1 || !errors.Is(err, errNonce) {
			return err
		}
	}
}
