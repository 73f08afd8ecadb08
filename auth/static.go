package auth

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"fndeck/auth/claims"
	"fndeck/auth/tokenstore"
)

// staticGrant takes a token that someone else got. What it refers to is read
// anew at the token's end and after a 401, so that a command or a file can bring
// the next one.
func staticGrant(i *issuer) grantFunc {
	return func(ctx context.Context, held tokenstore.Set) (granted, error) {
		value, err := i.secret(ctx, "token", i.identity.Token)
		if err != nil {
			return granted{}, err
		}
		token, note, err := bareToken(value.Reveal())
		if err != nil {
			return granted{}, &Error{Code: CodeInvalid, Message: fmt.Sprintf("the token from %s %s", i.identity.Token, err), Hint: "set the token alone"}
		}
		g := granted{Set: tokenstore.Set{Access: token, Obtained: i.clock.Now()}}
		if note != "" {
			g.notes = append(g.notes, note)
		}
		// Nothing else says how long it lives, so the claim has to do.
		g.Ends = claims.Of(token).Ends()
		renew := fmt.Sprintf("set a new token: %s", i.identity.Token)
		switch {
		case !g.Ends.IsZero() && !g.Obtained.Before(g.Ends):
			return granted{}, &Error{Code: CodeSignIn, Message: fmt.Sprintf("the token ended at %s", g.Ends.UTC().Format("2006-01-02 15:04 UTC")), Hint: renew}
		case token == held.Access:
			return granted{}, &Error{Code: CodeSignIn, Message: "the token was refused, and there is no other yet", Hint: renew}
		}
		return g, nil
	}
}

// bareToken trims what is easily copied along. A token is visible ASCII (RFC
// 6750 section 2.1); anything else would break the header.
func bareToken(text string) (token, note string, err error) {
	token = strings.Trim(strings.TrimSpace(text), `"'`)
	if rest, found := cutFold(token, "Bearer "); found {
		token = strings.TrimSpace(rest)
	}
	if token != text {
		note = "spaces, quotes or the word Bearer around the token were left out"
	}
	if token == "" {
		return "", "", fmt.Errorf("is empty")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' }) {
		return "", "", fmt.Errorf("holds spaces or characters that no token has")
	}
	return token, note, nil
}

// cutFold cuts a prefix off, in either case.
func cutFold(text, prefix string) (string, bool) {
	if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
		return text[len(prefix):], true
	}
	return text, false
}
