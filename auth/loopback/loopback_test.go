package loopback_test

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/loopback"
)

func listen(t *testing.T, redirect string) (*loopback.Waiting, *loopback.Listener) {
	t.Helper()
	address, err := url.Parse(redirect)
	require.NoError(t, err)
	w := loopback.NewWaiting("the-state", "https://issuer")
	l := loopback.Listen(address, w)
	t.Cleanup(l.Close)
	require.Empty(t, l.Failure)
	return w, l
}

func ask(t *testing.T, method, address, host string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	if host != "" {
		request.Host = host
	}
	reply, err := (&http.Client{}).Do(request)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	assert.Equal(t, "no-store", reply.Header.Get("Cache-Control"))
	return reply.StatusCode
}

func TestTheListenerTakesOneRightAnswerAndNothingElse(t *testing.T) {
	w, l := listen(t, "http://127.0.0.1:0/back")
	right := "?code=c&state=the-state"
	assert.Equal(t, http.StatusForbidden, ask(t, "GET", l.Redirect+right, "evil.example:"+l.Port), "DNS rebinding")
	assert.Equal(t, http.StatusMethodNotAllowed, ask(t, "POST", l.Redirect+right, ""))
	assert.Equal(t, http.StatusNotFound, ask(t, "GET", l.Redirect+"/more"+right, ""))
	assert.Equal(t, http.StatusBadRequest, ask(t, "GET", l.Redirect+"?code=c&state=other", ""))
	assert.Equal(t, http.StatusBadRequest, ask(t, "GET", l.Redirect+right+"&iss=https%3A%2F%2Fevil", ""), "RFC 9207")
	assert.Empty(t, w.Answer())
	assert.Equal(t, http.StatusOK, ask(t, "GET", l.Redirect+right+"&iss=https%3A%2F%2Fissuer", "localhost:"+l.Port))
	assert.Equal(t, http.StatusBadRequest, ask(t, "GET", l.Redirect+right, ""), "once")
	assert.Equal(t, "c", (<-w.Answer()).Get("code"))
}

func TestARedirectToAnotherMachineOpensNoPort(t *testing.T) {
	address, err := url.Parse("https://jump.example/back")
	require.NoError(t, err)
	l := loopback.Listen(address, loopback.NewWaiting("s", ""))
	defer l.Close()
	assert.Contains(t, l.Failure, "jump.example is not on this machine")
	assert.Empty(t, l.Addresses)
}

func TestATakenPortSaysByWhom(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	if six, err := net.Listen("tcp", "[::1]:"+port); err == nil {
		defer func() { _ = six.Close() }()
	}
	address, err := url.Parse("http://localhost:" + port)
	require.NoError(t, err)
	l := loopback.Listen(address, loopback.NewWaiting("s", ""))
	defer l.Close()
	assert.Contains(t, l.Failure, "port "+port)
	if runtime.GOOS == "linux" {
		assert.Contains(t, l.Failure, "(pid "+strconv.Itoa(os.Getpid())+")", "it is this test that has it")
	}
}

// FuzzAPastedTextIsTakenOnlyWithItsState feeds what a clipboard may hold.
func FuzzAPastedTextIsTakenOnlyWithItsState(f *testing.F) {
	f.Add("http://localhost:53000/?code=c&state=the-state")
	f.Add("http://localhost/#state=the-state&error=x")
	f.Add("://\x1b[2J?state=")
	f.Fuzz(func(t *testing.T, text string) {
		w := loopback.NewWaiting("the-state", "")
		if w.Paste(text) != nil {
			return
		}
		answer := <-w.Answer()
		require.Equal(t, "the-state", answer.Get("state"))
		require.NotEmpty(t, answer.Get("code")+answer.Get("error"))
	})
}
