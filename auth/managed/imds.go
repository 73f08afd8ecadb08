package managed

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	imdsName = "IMDS"
	imdsPath = "/metadata/identity/oauth2/token"
	// probeLimit is how long a chain waits for a sign of the metadata service.
	probeLimit = time.Second
)

// askIMDS asks the metadata service of a virtual machine.
func askIMDS(ctx context.Context, m Machine, resource string, id ID) (Answer, error) {
	query := url.Values{"api-version": {"2018-02-01"}, "resource": {resource}}
	choose(query, id, "client_id", "object_id", "msi_res_id")
	answer, _, err := m.token(ctx, exchange{imdsName, newClient(nil), imdsRetriable, func(ctx context.Context) (*http.Request, error) {
		return get(ctx, m.IMDS+imdsPath+"?"+query.Encode(), http.Header{"Metadata": {"true"}})
	}})
	return answer, err
}

// imdsRetriable are the statuses of a service that is being updated, or that has
// not heard of a new identity yet.
func imdsRetriable(status int) bool {
	return status == http.StatusNotFound || status == http.StatusGone || status == http.StatusTooManyRequests || status/100 == 5
}

// probeIMDS sends one request without the header that a real one needs: any
// answer shows that the service is there.
func (m Machine) probeIMDS(ctx context.Context) error {
	short, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	defer func() { cancel(); <-over }()
	go func() {
		defer close(over)
		if m.Wait(short, probeLimit) == nil {
			cancel()
		}
	}()
	request, err := get(short, m.IMDS+imdsPath, http.Header{})
	if err != nil {
		return err
	}
	_, _, err = readAll(newClient(nil), request)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("no metadata service within %s: %w", probeLimit, ErrNotThere)
	}
	return nil
}
