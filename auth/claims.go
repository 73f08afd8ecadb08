package auth

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

// claims are those of a JWT that are shown. No signature is checked: nothing is
// decided by them.
type claims struct {
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

// claimsOf decodes a JWT's claims, none if it is no JWT.
func claimsOf(token string) (c claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxJWT {
		return claims{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(text, &c) != nil {
		return claims{}
	}
	return c
}

// ends is the exp claim, zero without one that makes sense.
func (c claims) ends() time.Time {
	seconds, err := c.Expires.Float64()
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// audience is the aud claim in words.
func (c claims) audience() string {
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

// who names the person or the application of a set, cleaned for the screen.
func who(set tokenstore.Set) string {
	for _, token := range []string{set.ID, set.Access} {
		c := claimsOf(token)
		if name := cmp.Or(c.PreferredUsername, c.UPN, c.Name, c.Subject, c.AppID, c.AuthorizedParty); name != "" {
			return redact.Clip(name, 100)
		}
	}
	return ""
}
