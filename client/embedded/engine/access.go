package engine

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"fndeck/client"
	"fndeck/client/embedded/wire"
)

var errToken = &client.Error{Code: client.CodeUnauthenticated, Message: "Unauthorized: the token of this engine is missing or wrong"}

// newToken makes the value that callers must present and leaves it where only
// who can read the state directory finds it.
func newToken(stateDir, file string) (string, error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", err
	}
	token := hex.EncodeToString(raw[:])
	return token, renameio.WriteFile(filepath.Join(stateDir, file), []byte(token), 0o600)
}

// bearer is the token that a request carries.
func bearer(r *http.Request) (token string, ok bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}

func bears(r *http.Request, token string) bool {
	have, ok := bearer(r)
	return ok && same(have, token)
}

// same compares without telling by its time how much agrees.
func same(have, want string) bool {
	return subtle.ConstantTimeCompare([]byte(have), []byte(want)) == 1
}

func requestID() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	return hex.EncodeToString(raw[:])
}

// listen opens the socket in a private directory. What lies at its path is the
// socket of a dead engine, since we hold the lock: it goes.
func listen(socket string) (net.Listener, error) {
	if err := wire.OwnDir(filepath.Dir(socket)); err != nil {
		return nil, fmt.Errorf("directory for the socket: %w", err)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return peerListener{l.(*net.UnixListener)}, nil
}

// peerListener accepts connections of this user only.
type peerListener struct{ *net.UnixListener }

// Accept returns the next connection whose peer runs as this user.
func (l peerListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, err := peerUID(conn); err == nil && uid == os.Geteuid() {
			return conn, nil
		}
		_ = conn.Close() // refused without a word
	}
}
