// Package auth holds what proves who the operator is: token sources, one file
// per flow, and the types that keep secrets off screens and out of logs. It
// knows no backend.
package auth

import "log/slog"

// masked stands for every secret that something tried to show.
const masked = "•••"

// Secret is a string that formats, logs and marshals as "•••". Reveal is the
// only way to the value.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value, for the request that needs it.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// String returns the mask.
func (s Secret) String() string { return masked }

// GoString returns the mask, so that %#v does not leak.
func (s Secret) GoString() string { return masked }

// LogValue returns the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalJSON returns the mask.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }
