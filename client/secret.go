package client

import "fndeck/auth"

// Secret is a value that no log, screen or JSON shows; see auth.Secret.
type Secret = auth.Secret
