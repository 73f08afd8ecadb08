package pack

import (
	"regexp"
	"strings"
)

// mask stands for credentials. It is ASCII, as the rest of a URL is.
const mask = "***"

// urlStart finds where the authority of a URL begins.
var urlStart = regexp.MustCompile(`(?:[A-Za-z][A-Za-z0-9+.-]*:)?//`)

// MaskURL replaces the user and password of every URL in a text by "***". A
// password may hold "/", "?", "#" or "@" that should have been escaped: where
// that is possible, everything up to the last "@" of the word goes, so that
// rather too much is masked than a rest of it shown.
func MaskURL(text string) string {
	var out strings.Builder
	for {
		at := urlStart.FindStringIndex(text)
		if at == nil {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:at[1]])
		text = text[at[1]:]
		word := text
		if end := strings.IndexAny(text, " \t\r\n\"'<>"); end >= 0 {
			word = text[:end]
		}
		if n := userinfoLength(word); n > 0 {
			out.WriteString(mask)
			text = text[n:]
		}
	}
}

// userinfoLength is the length of what stands before the "@" that ends the
// credentials, 0 if there are none.
func userinfoLength(word string) int {
	authority := word
	if end := strings.IndexAny(word, "/?#"); end >= 0 {
		authority = word[:end]
	}
	if !strings.ContainsAny(authority, ":@") {
		// The "@" of a revision or a version comes behind a plain host.
		return 0
	}
	if strings.HasPrefix(authority, "[") && strings.HasSuffix(strings.TrimRight(authority, ":0123456789"), "]") {
		// A numeric IPv6 host has colons of its own.
		return 0
	}
	return max(0, strings.LastIndexByte(word, '@'))
}
