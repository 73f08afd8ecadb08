package clienttest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Wheel is a package to be served to pip (PEP 427).
type Wheel struct {
	Name, Version string
	// Files are the package's files; Requires its Requires-Dist lines.
	Files    map[string]string
	Requires []string
}

func (w Wheel) fileName() string {
	return strings.ReplaceAll(w.Name, "-", "_") + "-" + w.Version + "-py3-none-any.whl"
}

func (w Wheel) bytes(t testing.TB) []byte {
	t.Helper()
	files := maps.Clone(w.Files)
	info := strings.ReplaceAll(w.Name, "-", "_") + "-" + w.Version + ".dist-info/"
	metadata := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", w.Name, w.Version)
	for _, r := range w.Requires {
		metadata += "Requires-Dist: " + r + "\n"
	}
	files[info+"METADATA"] = metadata
	files[info+"WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
	record := ""
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256([]byte(files[name]))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(files[name]))
	}
	files[info+"RECORD"] = record + info + "RECORD,,\n"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := z.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(files[name]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// Index is a package index (PEP 503) on loopback.
type Index struct {
	// URL is the simple index, without credentials.
	URL string
	// User and Password, if set, are demanded of every request.
	User, Password string
	requests       atomic.Int64

	mu     sync.Mutex
	asked  chan struct{}
	answer chan struct{}
	pages  map[string]string
	files  map[string][]byte
}

// Hold makes the index keep its answers back from now on: asked is closed when
// somebody waits for one, release lets it answer again.
func (x *Index) Hold() (asked <-chan struct{}, release func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked, x.answer = make(chan struct{}), make(chan struct{})
	answer := x.answer
	return x.asked, sync.OnceFunc(func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.answer = nil
		close(answer)
	})
}

// wait keeps a request back while the index holds its answers.
func (x *Index) wait(r *http.Request) {
	x.mu.Lock()
	answer := x.answer
	if answer != nil && x.asked != nil {
		close(x.asked)
		x.asked = nil
	}
	x.mu.Unlock()
	if answer == nil {
		return
	}
	select {
	case <-answer:
	case <-r.Context().Done():
	}
}

// Add publishes another wheel.
func (x *Index) Add(t testing.TB, w Wheel) {
	t.Helper()
	body := w.bytes(t)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.files["/files/"+w.fileName()] = body
	x.pages["/simple/"+w.Name+"/"] += fmt.Sprintf(`<a href="/files/%s#sha256=%x">%s</a>`, w.fileName(), sha256.Sum256(body), w.fileName())
}

func (x *Index) find(path string) (file []byte, page string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.files[path], x.pages[path]
}

// Requests counts the requests so far.
func (x *Index) Requests() int64 { return x.requests.Load() }

// NewIndex serves wheels until the test ends.
func NewIndex(t testing.TB, wheels ...Wheel) *Index {
	t.Helper()
	x := &Index{pages: map[string]string{}, files: map[string][]byte{}}
	for _, w := range wheels {
		x.Add(t, w)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.requests.Add(1)
		x.wait(r)
		file, page := x.find(r.URL.Path)
		user, password, _ := r.BasicAuth()
		switch {
		case x.User != "" && (user != x.User || password != x.Password):
			w.Header().Set("WWW-Authenticate", `Basic realm="index"`)
			w.WriteHeader(http.StatusUnauthorized)
		case file != nil:
			_, _ = w.Write(file) // a client that goes is its own affair
		case page != "":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<!DOCTYPE html><html><body>" + page + "</body></html>")) // ditto
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	x.URL = server.URL + "/simple/"
	return x
}
