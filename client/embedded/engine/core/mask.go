package core

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
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
	var pairs []string
	for _, s := range secrets {
		if len(s) < maskMin {
			continue
		}
		for _, form := range forms(s) {
			pairs = append(pairs, form, maskText)
		}
	}
	if pairs == nil {
		return nil
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
