package core

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
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
	if quoted, err := json.Marshal(s); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	return all
}

func (m *masker) mask(text string) string {
	if m == nil {
		return text
	}
	return m.replacer.Replace(text)
}

// credentials lists what in an index URL must not be shown.
func credentials(indexURL string) []string {
	u, err := url.Parse(indexURL)
	if err != nil || u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	return []string{u.User.String(), password, u.User.Username()}
}
