package auth

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/oauth2"
)

// FileToken is a token source that reads a bearer token from a file each time
// it is asked, so that a token that its writer replaced is taken up at once.
type FileToken struct {
	// Path is the file; others than its owner must not be able to read it.
	Path string
}

// Token returns the content of the file.
func (f FileToken) Token() (*oauth2.Token, error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: chmod 600 %s", f.Path, f.Path)
	}
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: strings.TrimSpace(string(text)), TokenType: "Bearer"}, nil
}
