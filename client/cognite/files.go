package cognite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"fndeck/client"
)

// Upload stores a package as a file of its own, never over another, and returns
// the file's id.
func (b *Backend) Upload(ctx context.Context, name string, code client.Package, progress client.Progress) (int64, error) {
	return b.UploadTo(ctx, NewFile{Name: name}, code.Zip, progress)
}

// put sends the bytes, whole again where a gateway or the network failed: the
// same bytes twice do no harm.
func (b *Backend) put(ctx context.Context, to string, zip []byte, progress client.Progress) error {
	target, own, err := b.linked(to)
	if err != nil {
		return err
	}
	return b.http.Repeat(ctx, client.Safe, func(int) error {
		return b.putOnce(ctx, target, own, zip, progress)
	})
}

// linked resolves a link of an answer; own says that it is on the API's own host.
func (b *Backend) linked(to string) (target *url.URL, own bool, err error) {
	base, err := url.Parse(b.c.BaseURL)
	if err != nil {
		return nil, false, err
	}
	target, err = base.Parse(to)
	if err != nil || to == "" {
		return nil, false, &client.Error{Code: client.CodeUnexpected, Message: "unexpected reply: the link to the file's bytes is not a URL"}
	}
	if base.Scheme == "https" && target.Scheme != "https" {
		return nil, false, &client.Error{Code: client.CodeUnexpected, Message: "unexpected reply: the link would send the code unencrypted"}
	}
	return target, target.Scheme == base.Scheme && target.Host == base.Host, nil
}

// sendLinked sends a request to a link. Our token goes along only to the API's own
// host: another host's URL carries its own right.
func (b *Backend) sendLinked(request *http.Request, own bool) (*http.Response, error) {
	if own && b.c.Token != nil {
		token, err := b.c.Token.Token()
		if err != nil {
			return nil, err
		}
		token.SetAuthHeader(request)
	}
	return b.c.Client.Do(request)
}

// unsent is the error of a request to a link that got no answer.
func unsent(ctx context.Context, host string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return client.NoAnswer(host, err)
}

// putOnce gives up once nothing has moved for a while, however long the whole takes:
// a slow line is no dead one.
func (b *Backend) putOnce(ctx context.Context, target *url.URL, own bool, zip []byte, progress client.Progress) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	still := time.AfterFunc(b.stall, func() {
		cancel(&client.Error{Code: client.CodeTimeout, Message: fmt.Sprintf("the upload has not moved for %s", b.stall), Hint: "nothing was changed: send it again"})
	})
	defer still.Stop()
	body := func() (io.ReadCloser, error) {
		return io.NopCloser(&counted{reader: bytes.NewReader(zip), total: int64(len(zip)), progress: progress, moved: func() { still.Reset(b.stall) }}), nil
	}
	first, _ := body() // It has no error.
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, target.String(), first)
	if err != nil {
		return err
	}
	// A token that ended on the way is replaced, and the bytes are sent again.
	request.ContentLength, request.GetBody = int64(len(zip)), body
	reply, err := b.sendLinked(request, own)
	if err != nil {
		return unsent(ctx, target.Host, err)
	}
	defer func() { _ = reply.Body.Close() }() // its body says nothing we need
	if reply.StatusCode/100 == 2 {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(reply.Body, 1<<20)) // an error's text is enough
	return b.http.StatusError(reply, text)
}

// counted tells how much of a body has been read.
type counted struct {
	reader   io.Reader
	sent     int64
	total    int64
	progress client.Progress
	moved    func()
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.sent += int64(n)
	c.moved()
	if c.progress != nil {
		c.progress(c.sent, c.total)
	}
	return n, err
}
