package pack

import (
	"context"
	"path"
	"strings"
)

// secretNames match files that tend to hold keys, passwords or tokens. Matching
// is by lower-case name: looking inside would read the whole folder.
var secretNames = []string{
	".env*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx",
	"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519",
	"*credential*.json", "*secret*.json", "*secret*.y*ml", "*secret*.toml", "*secret*.txt",
	"service-account*.json", "service_account*.json",
	".netrc", ".pypirc", ".npmrc", ".pgpass", ".git-credentials", ".htpasswd",
}

func isSecretLike(name string) bool {
	base := strings.ToLower(path.Base(name))
	for _, pattern := range secretNames {
		if matchSegment(pattern, base) {
			return true
		}
	}
	return false
}

// findSecrets asks for a yes for each file that looks like a secret.
func (p *Preview) findSecrets(ctx context.Context) error {
	for i, f := range p.Files {
		if i%dirBatch == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if isSecretLike(f.Path) {
			p.add(Confirm, f.Path, 0, "looks like a secret and would be uploaded")
		}
	}
	return nil
}
