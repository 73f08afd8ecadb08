package auth

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// answerLimit is how long the browser may take to ask and to read.
const answerLimit = 5 * time.Second

// loopbackListener waits on loopback for a browser that comes back.
type loopbackListener struct {
	// redirect is the address sent to the issuer, with the port that was got.
	redirect  string
	port      string
	addresses []string
	failure   string
	server    *http.Server
	serving   sync.WaitGroup
	once      sync.Once
}

// listen opens the redirect's port on both loopback addresses; port 0 is any
// port. A failure is told in the prompt: pasting still works.
func listen(redirect *url.URL, w *waiting) *loopbackListener {
	l := &loopbackListener{redirect: redirect.String(), port: redirect.Port()}
	if l.port == "" {
		l.port = "80"
	}
	if !loopback(redirect.Hostname()) {
		l.failure = fmt.Sprintf("%s is not on this machine", hostOf(l.redirect))
		return l
	}
	var sockets []net.Listener
	for _, host := range []string{"127.0.0.1", "::1"} {
		socket, err := net.Listen("tcp", net.JoinHostPort(host, l.port))
		if err != nil {
			if l.failure == "" {
				l.failure = fmt.Sprintf("port %s: %s", l.port, firstLine(cause(err).Error()))
			}
			continue
		}
		_, l.port, _ = net.SplitHostPort(socket.Addr().String()) // it is what was asked for
		sockets, l.addresses = append(sockets, socket), append(l.addresses, socket.Addr().String())
	}
	if len(sockets) == 0 {
		return l
	}
	l.failure = ""
	if redirect.Port() == "0" {
		chosen := *redirect
		chosen.Host = net.JoinHostPort(redirect.Hostname(), l.port)
		l.redirect = chosen.String()
	}
	l.server = &http.Server{Handler: l.handler(redirect, w), ReadTimeout: answerLimit, WriteTimeout: answerLimit, MaxHeaderBytes: 2 * maxAnswer}
	for _, socket := range sockets {
		l.serving.Go(func() { _ = l.server.Serve(socket) }) // it ends with close
	}
	return l
}

func (l *loopbackListener) close() {
	if l.server != nil {
		l.once.Do(func() { l.shut() })
		l.serving.Wait()
	}
}

// shut lets the answer that is being written reach the browser, for a moment.
func (l *loopbackListener) shut() {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close() // whoever is still there has had the time
	}
}

// handler takes one GET on the redirect's exact path, from a browser that was led
// to this host and no other (DNS rebinding).
func (l *loopbackListener) handler(redirect *url.URL, w *waiting) http.Handler {
	path := redirect.EscapedPath()
	if path == "" {
		path = "/"
	}
	hosts := []string{"127.0.0.1:" + l.port, "[::1]:" + l.port, "localhost:" + l.port}
	if l.port == "80" {
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

// tunnel is the line that a person types on the laptop with the browser.
func tunnel(port string, getenv func(string) string) string {
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
	return fmt.Sprintf("ssh -L %s:127.0.0.1:%s %s", port, port, clean(host))
}
