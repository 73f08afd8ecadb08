package cognite

import (
	"regexp"
	"strings"
	"unicode"

	"fndeck/client"
)

type functionWrite struct {
	Name           string            `json:"name"`
	FileID         int64             `json:"fileId"`
	ExternalID     string            `json:"externalId"`
	Description    string            `json:"description"`
	Owner          string            `json:"owner"`
	FunctionPath   string            `json:"functionPath"`
	Secrets        map[string]string `json:"secrets"`
	EnvVars        map[string]string `json:"envVars"`
	CPU            float64           `json:"cpu"`
	Memory         float64           `json:"memory"`
	Runtime        string            `json:"runtime"`
	Metadata       map[string]string `json:"metadata"`
	IndexURL       string            `json:"indexUrl"`
	ExtraIndexURLs []string          `json:"extraIndexUrls"`
}

// What is written of a function must fit these bounds (REF 20230101).
const (
	maxName, maxExternalID, maxDescription, maxOwner, maxPath = 140, 255, 500, 128, 500
	maxSecrets, maxEnvVars, maxMetadata                       = 30, 100, 16
	maxMetadataKey, maxMetadataBytes                          = 32, 4096
	// The engine's own ends; the clouds' are lower and change with them.
	maxCPU, maxMemoryGB = 16.0, 64.0
)

var (
	// secretKey is wider than the SDK's rule: the reference's own examples use
	// capitals and underscores.
	secretKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	envKey    = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

func (w functionWrite) check() error {
	for _, bound := range []struct {
		name, value string
		limit       int
	}{{"name", w.Name, maxName}, {"externalId", w.ExternalID, maxExternalID}, {"description", w.Description, maxDescription}, {"owner", w.Owner, maxOwner}, {"functionPath", w.FunctionPath, maxPath}} {
		if n := len([]rune(bound.value)); n > bound.limit {
			return client.Invalidf("%s is %d characters, the limit is %d", bound.name, n, bound.limit)
		}
	}
	switch {
	case strings.TrimSpace(w.Name) == "":
		return client.Invalidf("name is required")
	case strings.ContainsFunc(w.Name, unicode.IsControl):
		return client.Invalidf("name %q holds a control character", w.Name)
	case w.CPU > maxCPU || w.Memory > maxMemoryGB:
		return client.Invalidf("cpu is %g and memory %g GB, the limits are %g and %g", w.CPU, w.Memory, maxCPU, maxMemoryGB)
	case w.FileID == 0:
		return client.Invalidf("fileId is required")
	case len(w.Secrets) > maxSecrets:
		return client.Invalidf("%d secrets, the limit is %d", len(w.Secrets), maxSecrets)
	case len(w.EnvVars) > maxEnvVars:
		return client.Invalidf("%d envVars, the limit is %d", len(w.EnvVars), maxEnvVars)
	case len(w.Metadata) > maxMetadata:
		return client.Invalidf("%d metadata keys, the limit is %d", len(w.Metadata), maxMetadata)
	}
	return w.checkKeys()
}

func (w functionWrite) checkKeys() error {
	for key := range w.Secrets {
		if !secretKey.MatchString(key) {
			return client.Invalidf("secret key %q: allowed are letters, digits, - and _", key)
		}
	}
	for key, value := range w.EnvVars {
		if !envKey.MatchString(key) || strings.ContainsRune(value, 0) {
			return client.Invalidf("environment variable %q: allowed are letters, digits and _ in the name, no NUL in the value", key)
		}
	}
	total := 0
	for key, value := range w.Metadata {
		total += len(key) + len(value)
		if len(key) > maxMetadataKey || total > maxMetadataBytes {
			return client.Invalidf("metadata is too large at key %q: keys to %d characters, %d bytes in all", key, maxMetadataKey, maxMetadataBytes)
		}
	}
	return nil
}
