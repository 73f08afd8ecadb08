package redact

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	// shortest is the length from which a value is masked: shorter ones stand in
	// ordinary words.
	shortest = 4
	// mostKnown bounds what is remembered; the oldest go first. Tokens of an hour
	// would otherwise pile up in a console that runs for weeks.
	mostKnown = 400
)

// Known masks the secrets that the process has seen, by exact match, also in
// their base64, URL and JSON forms. The zero value is ready, a nil one does what
// Shapes does. It is safe for concurrent use.
type Known struct {
	mu       sync.Mutex
	values   []string
	replacer *strings.Replacer // nil if it must be built anew
}

// Add makes values known.
func (k *Known) Add(values ...string) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, value := range values {
		if len(value) < shortest || slices.Contains(k.values, value) {
			continue
		}
		k.values, k.replacer = append(k.values, value), nil
	}
	if extra := len(k.values) - mostKnown; extra > 0 {
		k.values = slices.Delete(k.values, 0, extra)
	}
}

// Text masks the known values in a text, and what has the shape of a secret.
func (k *Known) Text(text string) string {
	if k == nil {
		return Shapes(text)
	}
	k.mu.Lock()
	if k.replacer == nil {
		k.replacer = k.build()
	}
	replacer := k.replacer
	k.mu.Unlock()
	return Shapes(replacer.Replace(text))
}

// build puts longer values first, so that no rest of one stays beside the mask of
// another that it begins with.
func (k *Known) build() *strings.Replacer {
	var all []string
	for _, value := range k.values {
		all = append(all, forms(value)...)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range slices.Compact(all) {
		pairs = append(pairs, form, masked)
	}
	return strings.NewReplacer(pairs...)
}

// forms are the ways in which a value is written.
func forms(value string) []string {
	all := []string{
		value, url.QueryEscape(value), url.PathEscape(value),
		base64.RawStdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)),
	}
	if text, err := json.Marshal(value); err == nil {
		all = append(all, strings.Trim(string(text), `"`))
	}
	return all
}

// Attr is the hook of a log handler (slog.HandlerOptions.ReplaceAttr): texts and
// errors are masked.
func (k *Known) Attr(_ []string, a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, k.Text(value.String()))
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			return slog.String(a.Key, k.Text(err.Error()))
		}
	}
	return a
}
