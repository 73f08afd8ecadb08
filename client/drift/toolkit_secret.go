package drift

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"fndeck/client"
)

// ToolkitSecrets is the value of ToolkitSecretKey. It is not salted: whoever reads
// it can guess weak secrets from it.
func ToolkitSecrets(secrets map[string]client.Secret) string {
	plain := make(map[string]string, len(secrets))
	for name, secret := range secrets {
		plain[name] = secret.Reveal()
	}
	return sha512Hex(pythonJSON(plain))
}

// ToolkitCredential is what the description of a schedule ends in after
// "cdf-auth: ", for the credential that it runs with.
func ToolkitCredential(clientID string, secret client.Secret) string {
	return sha512Hex(pythonJSON(map[string]string{"clientId": clientID, "clientSecret": secret.Reveal()}))[:toolkitHexes]
}

func sha512Hex(text string) string {
	sum := sha512.Sum512([]byte(text))
	return hex.EncodeToString(sum[:])
}

// pythonJSON writes an object as Python's json.dumps does with sorted keys: its
// separators have a space, and all that is not ASCII is escaped.
func pythonJSON(object map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		pairs = append(pairs, pythonString(key)+": "+pythonString(object[key]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

func pythonString(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case strings.ContainsRune("\b\f\n\r\t", r):
			out.WriteByte('\\')
			out.WriteByte("bfnrt"[strings.IndexRune("\b\f\n\r\t", r)])
		case r >= ' ' && r <= '~':
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
