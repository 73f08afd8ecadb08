package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// bodyMost is up to what size a body is kept, where bodies are: lists and code are
// larger, and of no use here.
const bodyMost = 64 << 10

// Detail is what an exchange consisted of. Secrets are masked.
type Detail struct {
	Exchange
	Asked, Answered Message
}

// Message is one half of an exchange.
type Message struct {
	// Header are its headers by name, in order.
	Header []HeaderLine
	// Body is "" where bodies were not kept; Bodyless says why there is none to read.
	Body, Bodyless string
}

// HeaderLine is a header with its value as it may be shown.
type HeaderLine struct{ Name, Value string }

// half is one half of an exchange as it went over the wire.
type half struct {
	header http.Header
	body   []byte
	// kept says that the body was, over that it was too large for that.
	kept, over bool
}

// take remembers what of a body has been read.
func (h *half) take(p []byte) {
	if !h.kept || h.over {
		return
	}
	if len(h.body)+len(p) > bodyMost {
		h.body, h.over = nil, true
		return
	}
	h.body = append(h.body, p...)
}

// KeepBodies says whether the bodies of requests from now on are kept, for Detail.
func (t *Trace) KeepBodies(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bodies = on
}

// KeepsBodies reports whether they are.
func (t *Trace) KeepsBodies() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bodies
}

// Detail tells more of an exchange; false if it is not remembered any more.
func (t *Trace) Detail(id int64) (Detail, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.list, func(e *record) bool { return e.ID == id })
	if i < 0 {
		return Detail{}, false
	}
	e := t.list[i]
	return Detail{Exchange: e.Exchange, Asked: t.message(e.asked), Answered: t.message(e.answered)}, true
}

func (t *Trace) message(h half) Message {
	var m Message
	for _, name := range slices.Sorted(maps.Keys(h.header)) {
		for _, value := range h.header[name] {
			m.Header = append(m.Header, HeaderLine{Name: name, Value: t.known.Text(maskedHeader(name, value))})
		}
	}
	switch {
	case h.over:
		m.Bodyless = "larger than " + strconv.Itoa(bodyMost>>10) + " KiB, not kept"
	case !h.kept:
		m.Bodyless = "not kept"
	case len(h.body) == 0:
		m.Bodyless = "empty"
	default:
		text, err := maskedBody(h.header.Get("Content-Type"), h.body)
		if err != nil {
			m.Bodyless = err.Error()
			break
		}
		m.Body = t.known.Text(text)
	}
	return m
}

// rights matches the names of headers and fields whose values give a right.
var rights = regexp.MustCompile(`(?i)auth|cookie|token|secret|passw|credential|signature|nonce|session|api-?_?key|access-?_?key|private`)

// rightful are names that rights matches and that give none.
var rightful = []string{"sessionid", "www-authenticate", "proxy-authenticate"}

// givesRight reports whether what has this name must not be shown.
func givesRight(name string) bool {
	return rights.MatchString(name) && !slices.Contains(rightful, strings.ToLower(name))
}

// plainHeaders have long values that give no right.
var plainHeaders = []string{"x-request-id", "etag", "user-agent", "content-type", "traceparent", "content-security-policy", "date", "last-modified"}

// maskedHeader is a header's value without what gives a right.
func maskedHeader(name, value string) string {
	if givesRight(name) {
		scheme, _, two := strings.Cut(value, " ")
		if two && strings.HasSuffix(strings.ToLower(name), "authorization") {
			return scheme + " " + mask
		}
		return mask
	}
	if u, err := url.Parse(value); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host + maskedPath(u)
	}
	if slices.Contains(plainHeaders, strings.ToLower(name)) {
		return value
	}
	return secretLike.ReplaceAllString(value, mask)
}

// maskedBody is a body without the fields that give a right. What is not JSON is not
// shown: nobody can tell where its secrets are.
func maskedBody(contentType string, body []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		kind, _, err := mime.ParseMediaType(contentType)
		if err != nil {
			kind = "of no kind"
		}
		return "", fmt.Errorf("%d bytes, %s: only JSON is shown", len(body), kind)
	}
	text, err := json.Marshal(maskedValue(value))
	return string(text), err
}

func maskedValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if givesRight(name) {
				v[name] = maskedAll(inner)
				continue
			}
			v[name] = maskedValue(inner)
		}
	case []any:
		for i := range v {
			v[i] = maskedValue(v[i])
		}
	case string:
		if u, err := url.Parse(v); err == nil && u.Host != "" { // a signed link to a file
			return u.Scheme + "://" + u.Host + maskedPath(u)
		}
	}
	return value
}

// maskedAll leaves the names of what is under a name that gives a right: which secrets
// a function has is no secret.
func maskedAll(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			v[name] = maskedAll(v[name])
		}
	case []any:
		for i := range v {
			v[i] = maskedAll(v[i])
		}
	case string, json.Number:
		return mask
	}
	return value
}
