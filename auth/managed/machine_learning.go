package managed

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
)

func hasMachineLearning(m Machine) bool { return m.set("MSI_ENDPOINT", "MSI_SECRET") }

// askMachineLearning knows an identity by its client id only.
func askMachineLearning(ctx context.Context, m Machine, resource string, id ID) (Answer, error) {
	if id.ObjectID != "" || id.ResourceID != "" {
		return Answer{}, &Refusal{"Azure ML", 0, "an identity is chosen by its client id here"}
	}
	query := url.Values{"api-version": {"2017-09-01"}, "resource": {resource}}
	if client := cmp.Or(id.ClientID, m.Getenv("DEFAULT_IDENTITY_CLIENT_ID")); client != "" {
		query.Set("clientid", client)
	}
	answer, _, err := m.token(ctx, exchange{"Azure ML", newClient(nil), retriable, func(ctx context.Context) (*http.Request, error) {
		return get(ctx, m.Getenv("MSI_ENDPOINT")+"?"+query.Encode(), http.Header{"Secret": {m.Getenv("MSI_SECRET")}})
	}})
	return answer, err
}
