//go:build linux

package embedded_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wireClient sends requests over one connection and does no more than a load
// needs: on two processors, what a client takes is missing to the server.
type wireClient struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

// post returns the body of the answer, which must be a success of known length.
func (c *wireClient) post(path, token string, body []byte) ([]byte, error) {
	c.out = fmt.Appendf(c.out[:0], "POST %s HTTP/1.1\r\nHost: engine\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, token, len(body), body)
	if _, err := c.conn.Write(c.out); err != nil {
		return nil, err
	}
	status, err := c.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		if name, value, _ := strings.Cut(string(line), ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("an answer of unknown length: %s", status)
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(c.in, answer); err != nil {
		return nil, err
	}
	if _, code, _ := strings.Cut(status, " "); !strings.HasPrefix(code, "2") {
		return nil, fmt.Errorf("%s: %s", strings.TrimSpace(status), answer)
	}
	return answer, nil
}

// underLoad runs work for each client, all at once and each with a connection of its
// own, and returns how long it took until all were done.
func underLoad(b *testing.B, clients int, network, address string, work func(c *wireClient, client int) error) time.Duration {
	b.Helper()
	connected := make([]*wireClient, clients)
	for i := range connected {
		conn, err := net.Dial(network, address)
		require.NoError(b, err)
		defer func() { require.NoError(b, conn.Close()) }()
		connected[i] = &wireClient{conn: conn, in: bufio.NewReader(conn)}
	}
	errs := make([]error, clients)
	var all sync.WaitGroup
	start := time.Now()
	for i, c := range connected {
		all.Go(func() { errs[i] = work(c, i) })
	}
	all.Wait()
	took := time.Since(start)
	for _, err := range errs {
		require.NoError(b, err)
	}
	return took
}
