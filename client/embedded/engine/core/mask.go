package core

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	// maskMin is the length from which a secret is looked for in output: shorter
	// ones would turn ordinary text into masks.
	maskMin  = 4
	maskText = "•••"
)

// masker replaces secrets in text, also as base64, URL- and JSON-escaped. A nil
// masker changes nothing.
type masker struct{ replacer *strings.Replacer }

func newMasker(secrets []string) *masker {
	var all []string
	for _, secret := range secrets {
		// Logs are masked line by line, so each line of a secret is one.
		for _, s := range append(strings.Split(secret, "\n"), secret) {
			if s = strings.TrimRight(s, "\r"); len(s) >= maskMin {
				all = append(all, forms(s)...)
			}
		}
	}
	if all == nil {
		return nil
	}
	// Of two that begin alike the longer one must win, or its rest would show.
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := make([]string, 0, 2*len(all))
	for _, form := range all {
		pairs = append(pairs, form, maskText)
	}
	return &masker{strings.NewReplacer(pairs...)}
}

func forms(s string) []string {
	all := []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s))}
	// The escapes of a URL may be written in lower case too.
	all = append(all, lowerEscapes(all[1]), lowerEscapes(all[2]))
	if quoted, err := json.Marshal(s); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	return all
}

// lowerEscapes turns %2F into %2f.
func lowerEscapes(s string) string {
	return escape.ReplaceAllStringFunc(s, strings.ToLower)
}

var escape = regexp.MustCompile(`%[0-9A-F]{2}`)

func (m *masker) mask(text string) string {
	if m == nil {
		return text
	}
	return m.replacer.Replace(text)
}

// credentials lists what in index URLs must not be shown: user and password as
// they are written, as they are meant, and as a basic-auth header joins them.
func credentials(urls ...string) (secrets []string) {
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil || u.User == nil {
			continue
		}
		user := u.User.Username()
		password, _ := u.User.Password()
		_, written, _ := strings.Cut(text, "//")
		written = written[:max(0, strings.LastIndex(written[:authorityEnd(written)], "@"))]
		writtenUser, writtenPassword, _ := strings.Cut(written, ":")
		secrets = append(secrets, written, writtenUser, writtenPassword, u.User.String(), user, password, user+":"+password)
	}
	return secrets
}

// authorityEnd is where the host of a URL ends, counted from behind its "//".
func authorityEnd(text string) int {
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		return i
	}
	return len(text)
}
