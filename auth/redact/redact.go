// Package redact keeps secrets and foreign control characters out of what people
// read and what is written down. It is the second net: the first is the type
// auth.Secret, which never shows its value.
package redact

import "regexp"

// masked stands for a secret.
const masked = "•••"

// secretShapes are the shapes of secrets: tokens, headers, form fields of the
// protocol, passwords in addresses and connection strings, signatures. The first
// group stays, the second is masked.
var secretShapes = []*regexp.Regexp{
	regexp.MustCompile(`()(eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)`),
	regexp.MustCompile(`(?i)(\b(?:Bearer|Basic)\s+)([A-Za-z0-9._~+/=-]{6,})`),
	regexp.MustCompile(`(?i)((?:Proxy-)?Authorization["']?\s*[:=]\s*["']?)([^\s"',]+(?:\s+[^\s"',]+)?)`),
	regexp.MustCompile(`(?i)(\b(?:client_secret|refresh_token|access_token|id_token|client_assertion|assertion|code|device_code|code_verifier|password|sig|AccountKey|SharedAccessKey|SharedAccessSignature)["']?\s*(?:=|:|%3D)\s*["']?)([^\s"'&;,]+)`),
	regexp.MustCompile(`(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@"']*:)([^\s/@"']+)(?:@)`),
}

// Shapes masks in a text what has the shape of a secret.
func Shapes(text string) string {
	for _, shape := range secretShapes {
		text = shape.ReplaceAllString(text, "${1}"+masked)
	}
	return text
}
