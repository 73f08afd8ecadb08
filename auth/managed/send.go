package managed

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	requestLimit = 10 * time.Second
	dialLimit    = 2 * time.Second
	maxReply     = 1 << 20
	tries        = 4 // one, and three again
	firstWait    = time.Second
)

// newClient is for one exchange. No proxy is asked, whatever the environment says.
func newClient(pinned *tls.Config) *http.Client {
	return &http.Client{
		Timeout:       requestLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DisableKeepAlives: true, TLSClientConfig: pinned,
			DialContext: (&net.Dialer{Timeout: dialLimit}).DialContext,
		},
	}
}

// retriable are the statuses after which all but the metadata service are asked
// again.
func retriable(status int) bool {
	return slices.Contains([]int{408, 429, 500, 502, 503, 504}, status)
}

// exchange is a request that is sent until it is answered for good.
type exchange struct {
	variant string
	client  *http.Client
	again   func(status int) bool
	make    func(ctx context.Context) (*http.Request, error)
}

// send returns the last reply, its body read. Nothing there at all is ErrNotThere.
func (m Machine) send(ctx context.Context, x exchange) (*http.Response, []byte, error) {
	wait := firstWait
	for try := 1; ; try++ {
		request, err := x.make(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", x.variant, err)
		}
		reply, text, err := readAll(x.client, request)
		switch {
		case ctx.Err() != nil:
			return nil, nil, context.Cause(ctx)
		case err == nil && !x.again(reply.StatusCode), try == tries:
			return reply, text, unreached(x.variant, err)
		case err != nil && notThere(err):
			return nil, nil, unreached(x.variant, err)
		}
		if err := m.Wait(ctx, wait); err != nil {
			return nil, nil, err
		}
		wait *= 2
	}
}

// notThere reports whether nobody listens, which no second try will change.
func notThere(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func unreached(variant string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s does not answer: %w: %w", variant, err, ErrNotThere)
}

func readAll(client *http.Client, request *http.Request) (*http.Response, []byte, error) {
	reply, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxReply+1))
	_ = reply.Body.Close() // it was read, or given up
	if err == nil && len(text) > maxReply {
		err = errors.New("the reply is larger than 1 MiB")
	}
	return reply, text, err
}

// reply is the JSON of a token, or of a refusal.
type reply struct {
	Access      string `json:"access_token"`
	In          any    `json:"expires_in"`
	On          any    `json:"expires_on"`
	ClientID    string `json:"client_id"`
	ObjectID    string `json:"object_id"`
	ResourceID  string `json:"msi_res_id"`
	Description string `json:"error_description"`
	Message     string `json:"message"`
}

// token sends an exchange and reads the token.
func (m Machine) token(ctx context.Context, x exchange) (Answer, reply, error) {
	response, text, err := m.send(ctx, x)
	if err != nil {
		return Answer{}, reply{}, err
	}
	var r reply
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	bad := decoder.Decode(&r)
	if response.StatusCode != http.StatusOK {
		said := r.Description + r.Message
		if bad != nil || said == "" {
			said = string(text[:min(len(text), 200)])
		}
		return Answer{}, r, &Refusal{x.variant, response.StatusCode, said}
	}
	if bad != nil || r.Access == "" {
		return Answer{}, r, &Refusal{x.variant, response.StatusCode, "there is no token in the reply"}
	}
	return Answer{Access: r.Access, In: r.In, On: r.On}, r, nil
}
