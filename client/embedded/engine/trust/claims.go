package trust

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	// parts of a signed token: header, claims, signature (RFC 7515 section 7.1).
	parts = 3
	// maxSubject bounds a subject (OpenID Connect Core 1.0 section 2).
	maxSubject = 255
	// maxQuoted bounds what a refusal repeats of a token.
	maxQuoted = 200
	// scopePrefix begins the scopes and roles that are ours. Of others, such as
	// openid, nothing follows.
	scopePrefix, scopeRead = "fndeck.", "fndeck.read"
)

// claims is what is looked at of a token.
type claims struct {
	Issuer   string `json:"iss"`
	Audience texts  `json:"aud"`
	// Entra has scp where RFC 9068 has scope, and roles for applications.
	Scope texts `json:"scope"`
	Scp   texts `json:"scp"`
	Roles texts `json:"roles"`
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON refuses anything else: rights that cannot be read must not read
// as none.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// peek reads the claims of a token that nothing vouches for yet.
func peek(token string) (c claims, err error) {
	split := strings.Split(token, ".")
	if len(split) != parts {
		return c, ErrNoJWT
	}
	header, err := base64.RawURLEncoding.DecodeString(split[0])
	if err != nil || !json.Valid(header) {
		return c, ErrNoJWT
	}
	payload, err := base64.RawURLEncoding.DecodeString(split[1])
	if err == nil {
		err = json.Unmarshal(payload, &c)
	}
	if err != nil {
		return c, refused("its claims cannot be read")
	}
	return c, nil
}

// readOnly reports whether all that the token gives of fndeck is to read.
func (c claims) readOnly() bool {
	var ours []string
	for _, list := range []texts{c.Scope, c.Scp, c.Roles} {
		for _, word := range strings.Fields(strings.Join(list, " ")) {
			if strings.HasPrefix(word, scopePrefix) {
				ours = append(ours, word)
			}
		}
	}
	return len(ours) > 0 && !slices.ContainsFunc(ours, func(word string) bool { return word != scopeRead })
}

func isSubject(s string) bool {
	return s != "" && len(s) <= maxSubject && !strings.ContainsFunc(s, unicode.IsControl)
}

// quoted is foreign text for a sentence.
func quoted(text string) string { return fmt.Sprintf("%q", text[:min(len(text), maxQuoted)]) }

// meant says whom a token is for.
func (c claims) meant() string {
	if len(c.Audience) == 0 {
		return "nobody"
	}
	return quoted(strings.Join(c.Audience, ", "))
}
