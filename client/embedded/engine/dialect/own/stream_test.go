package own

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReaderThatTakesNothingIsDroppedAndNobodyWaitsForIt(t *testing.T) {
	a := &API{c: Config{ReadLimit: 50 * time.Millisecond}}
	ended := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s, sent := a.newStream(w), 0
		defer s.end()
		for ; !s.failed; sent++ {
			s.send(strings.Repeat("x", 64<<10))
		}
		ended <- sent
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	select {
	case sent := <-ended:
		assert.Positive(t, sent)
	case <-time.After(30 * time.Second):
		t.Fatal("the engine still waits for a reader that takes nothing")
	}
	_, err = io.Copy(io.Discard, conn) // what was on its way, then the end
	assert.NoError(t, err)
}

func TestAConnectionServesOnAfterAStreamHasEnded(t *testing.T) {
	a := &API{c: Config{ReadLimit: 20 * time.Millisecond}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := a.newStream(w)
		defer s.end()
		s.send("line")
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	replies := bufio.NewReader(conn)
	for range 3 {
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		reply, err := http.ReadResponse(replies, nil)
		require.NoError(t, err)
		text, err := io.ReadAll(reply.Body)
		require.NoError(t, err)
		assert.Equal(t, "\"line\"\n", string(text))
		<-time.After(2 * a.c.ReadLimit) // the deadline of the stream passes, the connection stays
	}
}
