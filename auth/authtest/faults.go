package authtest

import (
	"io"
	"net/http"
	"strings"
)

// fault is what is answered instead of the truth, a number of times.
type fault struct {
	path  string
	left  int
	reply http.HandlerFunc
}

// Fault lets the next n requests whose path ends so be answered by reply; n of -1
// is all of them.
func (i *Issuer) Fault(path string, n int, reply http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, fault{path, n, reply})
}

// Mend ends all faults.
func (i *Issuer) Mend() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = nil
}

func (i *Issuer) nextFault(r *http.Request) http.HandlerFunc {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := range i.faults {
		f := &i.faults[n]
		if f.left != 0 && strings.HasSuffix(r.URL.Path, f.path) {
			f.left--
			return f.reply
		}
	}
	return nil
}

// Reply answers with a status, a content type and a body.
func Reply(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // whoever has gone does not want it
	}
}

// JSON answers with a status and a JSON text.
func JSON(status int, body string) http.HandlerFunc { return Reply(status, "application/json", body) }

// BadGateway is the HTML page of a proxy.
func BadGateway() http.HandlerFunc {
	return Reply(http.StatusBadGateway, "text/html", "<html><body>502 Bad Gateway</body></html>")
}

// Refuse answers with Entra's JSON of a refusal.
func Refuse(word, description string, codes ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, word, description, codes...) }
}

// RedirectTo answers 307, which repeats the body where it is followed.
func RedirectTo(address string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, address, http.StatusTemporaryRedirect)
	}
}

// Endless sends a body without an end, until the client has had enough.
func Endless() http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		block := []byte(strings.Repeat(" ", 64<<10))
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
}

// Held begins a body and goes on when release is closed, or the client has gone.
func Held(release <-chan struct{}, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
			then(w, r)
		case <-r.Context().Done():
		}
	}
}
