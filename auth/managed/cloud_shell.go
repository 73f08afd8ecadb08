package managed

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

func hasCloudShell(m Machine) bool { return m.set("MSI_ENDPOINT") }

// askCloudShell gives the token of whoever opened the shell.
func askCloudShell(ctx context.Context, m Machine, resource string, id ID) (Answer, error) {
	if id != (ID{}) {
		return Answer{}, &Refusal{"Cloud Shell", 0, "there is no identity to choose: it is that of the person"}
	}
	answer, _, err := m.token(ctx, exchange{"Cloud Shell", newClient(nil), retriable, func(ctx context.Context) (*http.Request, error) {
		body := strings.NewReader(url.Values{"resource": {resource}}.Encode())
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Getenv("MSI_ENDPOINT"), body)
		if err == nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Metadata", "true")
		}
		return request, err
	}})
	return answer, err
}
