package cognite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"fndeck/client"
)

// Upload stores a package as a file of its own, never over another, and returns
// the file's id.
func (b *Backend) Upload(ctx context.Context, name string, code client.Package, progress client.Progress) (int64, error) {
	var file struct {
		ID        int64  `json:"id"`
		UploadURL string `json:"uploadUrl"`
	}
	// A file name is the function's with / as -, as the vendor's SDK makes it.
	body := map[string]any{"name": strings.ReplaceAll(name, "/", "-") + ".zip"}
	if err := b.change(ctx, "/files?overwrite=false", body, &file); err != nil {
		return 0, fmt.Errorf("upload %s: %w", name, err)
	}
	if err := b.put(ctx, file.UploadURL, code.Zip, progress); err != nil {
		return 0, fmt.Errorf("upload %s: %w", name, err)
	}
	return file.ID, nil
}

// put sends the bytes, whole again where a gateway or the network failed: the
// same bytes twice do no harm.
func (b *Backend) put(ctx context.Context, to string, zip []byte, progress client.Progress) error {
	base, err := url.Parse(b.c.BaseURL)
	if err != nil {
		return err
	}
	target, err := base.Parse(to)
	if err != nil {
		return &client.Error{Code: client.CodeUnexpected, Message: "unexpected reply: the upload link is not a URL"}
	}
	if base.Scheme == "https" && target.Scheme != "https" {
		return &client.Error{Code: client.CodeUnexpected, Message: "unexpected reply: the upload link would send the code unencrypted"}
	}
	own := target.Scheme == base.Scheme && target.Host == base.Host
	return b.http.Repeat(ctx, client.Safe, func(int) error {
		return b.putOnce(ctx, target, own, &counted{reader: bytes.NewReader(zip), total: int64(len(zip)), progress: progress})
	})
}

// putOnce sends the bytes. Our token goes along only to the API's own host:
// another host's URL carries its own right.
func (b *Backend) putOnce(ctx context.Context, target *url.URL, own bool, body *counted) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, target.String(), body)
	if err != nil {
		return err
	}
	request.ContentLength = body.total
	if own && b.c.Token != nil {
		token, err := b.c.Token.Token()
		if err != nil {
			return err
		}
		token.SetAuthHeader(request)
	}
	reply, err := b.c.Client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &client.Error{Code: client.CodeUnavailable, Message: "the upload was cut", Hint: "nothing was changed: send it again", Err: err}
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
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.sent += int64(n)
	if c.progress != nil {
		c.progress(c.sent, c.total)
	}
	return n, err
}
