// Package redact keeps secrets and foreign control characters out of what people
// read and what is written down. It is the second net: the first is the type
// auth.Secret, which never shows its value.
package redact

import (
	"regexp"
	"strings"
)

// masked stands for a secret.
const masked = "•••"

// names are the fields that hold secrets: of OAuth's forms and replies, of
// connection strings and of signed addresses.
const names = `(?:client_secret|refresh_token|access_token|id_token|client_assertion|assertion|device_code|code_verifier|code|password|sig|AccountKey|SharedAccessKey|SharedAccessSignature)`

// shapes are the shapes of secrets. The first group stays, what follows it is
// masked, the last group stays too.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`()eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*()`), // a JWT
	regexp.MustCompile(`(?i)((?:Proxy-)?Authorization["']?\s*[:=]\s*["']?)[^\s"',]+(?:\s+[^\s"',]+)?()`),
	regexp.MustCompile(`(?i)(\b` + names + `(?:=|%3D)["']?)[^\s"'&;,]+()`),      // a form, an address
	regexp.MustCompile(`(?i)(\b` + names + `\\?"\s*:\s*\\?")[^"\\]+()`),         // JSON
	regexp.MustCompile(`(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@"']*:)[^\s/@"']+(@)`), // a password in an address
}

// schemes are the words before a proof outside of a header. "Basic" is also an
// ordinary word, so that what follows must look like a proof.
var schemes = regexp.MustCompile(`(?i)(\b(?:Bearer|Basic)\s+)([A-Za-z0-9._~+/=-]{6,})`)

// longWord is the length from which anything after a scheme is a proof.
const longWord = 20

// Shapes masks in a text what has the shape of a secret.
func Shapes(text string) string {
	for _, shape := range shapes {
		text = shape.ReplaceAllString(text, "${1}"+masked+"${2}")
	}
	return schemes.ReplaceAllStringFunc(text, func(found string) string {
		parts := schemes.FindStringSubmatch(found)
		if len(parts[2]) < longWord && !strings.ContainsAny(parts[2], "0123456789=") {
			return found
		}
		return parts[1] + masked
	})
}
