package managed

import (
	"context"
	"net/http"
	"net/url"
)

func hasAppService(m Machine) bool { return m.set("IDENTITY_ENDPOINT", "IDENTITY_HEADER") }

// askAppService serves Container Apps too.
func askAppService(ctx context.Context, m Machine, resource string, id ID) (Answer, error) {
	query := url.Values{"api-version": {"2019-08-01"}, "resource": {resource}}
	choose(query, id, "client_id", "object_id", "mi_res_id")
	answer, _, err := m.token(ctx, exchange{"App Service", newClient(nil), retriable, func(ctx context.Context) (*http.Request, error) {
		return get(ctx, m.Getenv("IDENTITY_ENDPOINT")+"?"+query.Encode(), http.Header{"X-Identity-Header": {m.Getenv("IDENTITY_HEADER")}})
	}})
	return answer, err
}

// choose adds the name of the chosen identity, by the parameters of the variant.
func choose(query url.Values, id ID, client, object, resource string) {
	switch {
	case id.ClientID != "":
		query.Set(client, id.ClientID)
	case id.ObjectID != "":
		query.Set(object, id.ObjectID)
	case id.ResourceID != "":
		query.Set(resource, id.ResourceID)
	}
}
