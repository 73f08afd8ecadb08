package auth

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"fndeck/auth/command"
	"fndeck/auth/privatefile"
)

// maxSecretFile bounds a file or an output that holds one secret.
const maxSecretFile = 64 << 10

// Reference says where a secret is: env:NAME, file:/path or cmd:program args.
// Only inline:VALUE is the secret itself; a value without one of the prefixes is
// refused, so that nobody writes a secret into the configuration unawares. It
// prints without the secret.
type Reference struct {
	kind string
	rest Secret
}

// The kinds of a reference.
const (
	inEnvironment = "env"
	inFile        = "file"
	fromCommand   = "cmd"
	inline        = "inline"
	typed         = "typed" // never parsed
)

// ParseReference reads a reference; the empty text is the zero Reference. The
// error never holds the text, which may be a secret by mistake.
func ParseReference(text string) (Reference, error) {
	if text == "" {
		return Reference{}, nil
	}
	kind, rest, found := strings.Cut(text, ":")
	switch kind {
	case inEnvironment, inFile, fromCommand, inline:
		if found && strings.TrimSpace(rest) != "" {
			return Reference{kind, NewSecret(rest)}, nil
		}
		return Reference{}, fmt.Errorf("nothing follows %s: in the reference to a secret", kind)
	}
	return Reference{}, fmt.Errorf("a secret is named by env:NAME, file:/path or cmd:program, or written as inline:VALUE if it may stand in the configuration")
}

// TypedReference is the secret itself, as a person has typed it at a prompt: it
// stands nowhere.
func TypedReference(value string) Reference { return Reference{typed, NewSecret(value)} }

// IsZero reports whether nothing is referred to.
func (r Reference) IsZero() bool { return r.kind == "" }

// Inline reports whether the secret stands in the configuration: worth a warning
// at every start.
func (r Reference) Inline() bool { return r.kind == inline }

// String names the place of the secret, never the secret.
func (r Reference) String() string {
	switch r.kind {
	case "":
		return ""
	case inline, typed:
		return r.kind + ":" + masked
	case fromCommand:
		program, _, _ := strings.Cut(r.rest.Reveal(), " ") // arguments are nobody's business
		return fromCommand + ":" + program
	}
	return r.kind + ":" + r.rest.Reveal()
}

// GoString is String, so that %#v does not leak.
func (r Reference) GoString() string { return r.String() }

// LogValue is String.
func (r Reference) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Resolve reads the secret anew: what it refers to may have been replaced. The
// end of the last line is cut off; an empty secret is an error.
func (r Reference) Resolve(ctx context.Context, getenv func(string) string) (Secret, error) {
	value, err := r.read(ctx, getenv)
	if err != nil {
		return Secret{}, err
	}
	value = strings.TrimRight(value, "\r\n")
	if value == "" {
		return Secret{}, fmt.Errorf("%s is empty", r)
	}
	return NewSecret(value), nil
}

// fileReference is a reference to a file by its path, as Azure's variables hold.
func fileReference(path string) Reference { return Reference{inFile, NewSecret(path)} }

func (r Reference) read(ctx context.Context, getenv func(string) string) (string, error) {
	switch r.kind {
	case inEnvironment:
		value := getenv(r.rest.Reveal())
		if value == "" {
			return "", fmt.Errorf("the environment variable %s is not set", r.rest.Reveal())
		}
		return value, nil
	case inFile:
		text, err := privatefile.Read(r.rest.Reveal(), maxSecretFile)
		return string(text), err
	case fromCommand:
		return command.Secret(ctx, r.rest.Reveal())
	case inline, typed:
		return r.rest.Reveal(), nil
	}
	return "", fmt.Errorf("no secret is named")
}
