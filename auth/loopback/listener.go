// Package loopback waits on this machine for the browser of a sign-in that comes
// back from the issuer: by a listener on the loopback addresses, or by its address
// being pasted. The first that is right wins; everything else is told why not.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"fndeck/auth/redact"
)

// answerLimit is how long the browser may take to ask and to read.
const answerLimit = 5 * time.Second

// Listener waits on loopback for a browser that comes back.
type Listener struct {
	// Redirect is the address to send to the issuer, with the port that was got.
	Redirect string
	Port     string
	// Addresses are those that listen; Failure says why there is none.
	Addresses []string
	Failure   string
	server    *http.Server
	serving   sync.WaitGroup
	once      sync.Once
}

// Listen opens the redirect's port on both loopback addresses; port 0 is any
// port. A failure is told in the prompt: pasting still works.
func Listen(redirect *url.URL, w *Waiting) *Listener {
	l := &Listener{Redirect: redirect.String(), Port: redirect.Port()}
	if l.Port == "" {
		l.Port = "80"
	}
	if !Local(redirect.Hostname()) {
		l.Failure = fmt.Sprintf("%s is not on this machine", redirect.Host)
		return l
	}
	var sockets []net.Listener
	for _, host := range []string{"127.0.0.1", "::1"} {
		socket, err := net.Listen("tcp", net.JoinHostPort(host, l.Port))
		if err != nil {
			if l.Failure == "" {
				l.Failure = notOpened(l.Port, err)
			}
			continue
		}
		_, l.Port, _ = net.SplitHostPort(socket.Addr().String()) // it is what was asked for
		sockets, l.Addresses = append(sockets, socket), append(l.Addresses, socket.Addr().String())
	}
	if len(sockets) == 0 {
		return l
	}
	l.Failure = ""
	if redirect.Port() == "0" {
		chosen := *redirect
		chosen.Host = net.JoinHostPort(redirect.Hostname(), l.Port)
		l.Redirect = chosen.String()
	}
	l.server = &http.Server{Handler: l.handler(redirect, w), ReadTimeout: answerLimit, WriteTimeout: answerLimit, MaxHeaderBytes: 2 * maxAnswer}
	for _, socket := range sockets {
		l.serving.Go(func() { _ = l.server.Serve(socket) }) // it ends with close
	}
	return l
}

// notOpened says why a port could not be had, and who has it if that can be told.
func notOpened(port string, err error) string {
	if name := holder(port); name != "" && errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Sprintf("port %s is taken by %s", port, name)
	}
	return fmt.Sprintf("port %s: %s", port, redact.Line(innermost(err).Error()))
}

// Close ends the listening; what is being answered may end first.
func (l *Listener) Close() {
	if l.server != nil {
		l.once.Do(func() { l.shut() })
		l.serving.Wait()
	}
}

// shut lets the answer that is being written reach the browser, for a moment.
func (l *Listener) shut() {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close() // whoever is still there has had the time
	}
}

// handler takes one GET on the redirect's exact path, from a browser that was led
// to this host and no other (DNS rebinding).
func (l *Listener) handler(redirect *url.URL, w *Waiting) http.Handler {
	path := redirect.EscapedPath()
	if path == "" {
		path = "/"
	}
	hosts := []string{"127.0.0.1:" + l.Port, "[::1]:" + l.Port, "localhost:" + l.Port}
	if l.Port == "80" {
		hosts = append(hosts, "127.0.0.1", "[::1]", "localhost")
	}
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		header := out.Header()
		header.Set("Content-Type", "text/plain; charset=utf-8")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Connection", "close")
		switch {
		case !slices.Contains(hosts, strings.ToLower(r.Host)):
			http.Error(out, "This address was reached by another name.", http.StatusForbidden)
		case r.URL.EscapedPath() != path:
			http.Error(out, "Nothing is here.", http.StatusNotFound)
		case r.Method != http.MethodGet:
			http.Error(out, "Only GET.", http.StatusMethodNotAllowed)
		default:
			if err := w.take(r.URL.Query()); err != nil {
				http.Error(out, "Not taken: "+err.Error()+".", http.StatusBadRequest)
				return
			}
			_, _ = io.WriteString(out, "The answer has arrived. This page can be closed; the rest is in the terminal.\n") // the browser may be gone
		}
	})
}

// Tunnel is the line that a person types on the laptop with the browser.
func Tunnel(port string, getenv func(string) string) string {
	user := getenv("USER")
	if user == "" {
		user = getenv("LOGNAME")
	}
	host := ""
	if fields := strings.Fields(getenv("SSH_CONNECTION")); len(fields) == 4 { // client, port, server, port
		host = fields[2]
	} else if name, err := os.Hostname(); err == nil {
		host = name
	}
	if user != "" {
		host = user + "@" + host
	}
	return fmt.Sprintf("ssh -L %s:127.0.0.1:%s %s", port, port, redact.Clean(host))
}

// Local reports whether a host is this machine.
func Local(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// innermost is the error at the end of the chain: the operating system's.
func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
