// Package claims reads what a token says of itself, for display. No signature is
// checked: nothing is decided by it.
package claims

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"fndeck/auth/redact"
)

// Claims are those of a JWT that are shown.
type Claims struct {
	PreferredUsername string      `json:"preferred_username"`
	UPN               string      `json:"upn"`
	Name              string      `json:"name"`
	Subject           string      `json:"sub"`
	AppID             string      `json:"appid"`
	AuthorizedParty   string      `json:"azp"`
	Audience          any         `json:"aud"`
	Expires           json.Number `json:"exp"`
}

// maxJWT bounds what is decoded for display.
const maxJWT = 64 << 10

// Of decodes a JWT's claims, none if it is no JWT.
func Of(token string) (c Claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxJWT {
		return Claims{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(text, &c) != nil {
		return Claims{}
	}
	return c
}

// Ends is the exp claim, zero without one that makes sense.
func (c Claims) Ends() time.Time {
	seconds, err := c.Expires.Float64()
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// For is the aud claim in words.
func (c Claims) For() string {
	switch aud := c.Audience.(type) {
	case string:
		return redact.Clip(aud, 100)
	case []any:
		if len(aud) > 0 {
			first, _ := aud[0].(string)
			return redact.Clip(first, 100)
		}
	}
	return ""
}

// Who names the person or the application, cleaned for the screen; it is empty if
// the claims do not say.
func (c Claims) Who() string {
	return redact.Clip(cmp.Or(c.PreferredUsername, c.UPN, c.Name, c.Subject, c.AppID, c.AuthorizedParty), 100)
}
