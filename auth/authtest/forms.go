package authtest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Forms lists the ways in which a secret may stand in a text: as it is, escaped for
// JSON and for addresses, and in base64, also in the middle of something longer. A
// test that looks for a secret looks for each.
func Forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if text, err := json.Marshal(secret); err == nil {
		all = append(all, strings.Trim(string(text), `"`))
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 { // bytes of what stands before it, in its first group of three
			text := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
			first, last := (before*8+5)/6, (before+len(secret))*8/6 // characters that the secret alone decides
			all = append(all, text[first:last])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
