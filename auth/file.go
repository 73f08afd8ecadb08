package auth

import (
	"strings"

	"golang.org/x/oauth2"

	"fndeck/auth/privatefile"
)

// FileToken is a token source that reads a bearer token from a file each time
// it is asked, so that a token that its writer replaced is taken up at once.
type FileToken struct {
	// Path is the file, which must be its owner's alone: see privatefile.Read.
	Path string
}

// Token returns the content of the file. It fails with privatefile.ErrUnsafe where
// others could read the file or have put it there.
func (f FileToken) Token() (*oauth2.Token, error) {
	text, err := privatefile.Read(f.Path, maxSecretFile)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: strings.TrimSpace(string(text)), TokenType: "Bearer"}, nil
}
