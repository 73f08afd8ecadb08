package managed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// arcEndpoint is where the agent listens if the environment does not say.
	arcEndpoint = "http://127.0.0.1:40342/metadata/identity/oauth2/token"
	// maxChallenge is the size of a challenge's file.
	maxChallenge = 4096
)

func hasArc(m Machine) bool {
	return m.set("IDENTITY_ENDPOINT", "IMDS_ENDPOINT") || exists(m.ArcAgent)
}

// askArc asks the agent, which wants to see that one can read a file that it has
// just written. The file's name comes from the reply: a liar could have any file
// of ours read and sent to it, so the name is checked hard.
func askArc(ctx context.Context, m Machine, resource string, id ID) (Answer, error) {
	query := url.Values{"api-version": {"2020-06-01"}, "resource": {resource}}
	choose(query, id, "client_id", "object_id", "msi_res_id")
	address := cmp.Or(m.Getenv("IDENTITY_ENDPOINT"), arcEndpoint) + "?" + query.Encode()
	ask := func(header http.Header) exchange {
		return exchange{"Azure Arc", newClient(nil), retriable, func(ctx context.Context) (*http.Request, error) { return get(ctx, address, header) }}
	}
	challenge, _, err := m.send(ctx, ask(http.Header{"Metadata": {"true"}}))
	if err != nil {
		return Answer{}, err
	}
	if challenge.StatusCode != http.StatusUnauthorized {
		return Answer{}, &Refusal{"Azure Arc", challenge.StatusCode, "the agent sent no challenge"}
	}
	proof, err := m.readChallenge(challenge.Header.Get("WWW-Authenticate"))
	if err != nil {
		return Answer{}, fmt.Errorf("the challenge of Azure Arc's agent was refused: %w", err)
	}
	answer, echo, err := m.token(ctx, ask(http.Header{"Metadata": {"true"}, "Authorization": {"Basic " + proof}}))
	if err == nil && !echoes(echo, id) {
		return Answer{}, &Refusal{"Azure Arc", http.StatusOK, "the agent is too old to choose an identity: it gave the machine's own"}
	}
	return answer, err
}

// echoes reports whether the reply names the chosen identity.
func echoes(r reply, id ID) bool {
	switch {
	case id.ClientID != "":
		return strings.EqualFold(r.ClientID, id.ClientID)
	case id.ObjectID != "":
		return strings.EqualFold(r.ObjectID, id.ObjectID)
	case id.ResourceID != "":
		return strings.EqualFold(r.ResourceID, id.ResourceID)
	}
	return true
}

// readChallenge reads the file that a challenge names.
func (m Machine) readChallenge(header string) (string, error) {
	path, found := strings.CutPrefix(header, "Basic realm=")
	path = strings.Trim(path, `"`)
	switch {
	case !found:
		return "", errors.New("it names no file")
	case path != filepath.Clean(path) || filepath.Dir(path) != m.ArcTokens:
		return "", fmt.Errorf("the file it names does not lie in %s", m.ArcTokens)
	case filepath.Ext(path) != ".key":
		return "", errors.New("the file it names does not end in .key")
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxChallenge {
		return "", fmt.Errorf("the file it names is no file of at most %d bytes", maxChallenge)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxChallenge))
	return strings.TrimSpace(string(text)), err
}
