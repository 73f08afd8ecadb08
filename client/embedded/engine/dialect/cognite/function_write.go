package cognite

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// What is written must fit these bounds, in characters and keys (API reference
// 20230101, functions and schedules; the metadata total from the SDK 8.13.0).
const (
	maxName, maxExternalID, maxDescription, maxOwner, maxPath = 140, 255, 500, 128, 500
	maxCron                                                   = 1024
	maxSecrets, maxEnvVars, maxMetadata                       = 30, 100, 16
	maxMetadataKey, maxMetadataValue, maxMetadataBytes        = 32, 512, 4096
	// The engine's own ends; the clouds' are lower and change with them.
	maxCPU, maxMemoryGB = 16.0, 64.0
)

// bounded is a field with the most characters that it may have.
type bounded struct {
	field, value string
	limit        int
}

func (b bounded) check() error {
	if n := utf8.RuneCountInString(b.value); n > b.limit {
		return client.Invalidf("%s is %d characters, the limit is %d", b.field, n, b.limit)
	}
	return nil
}

// checkName checks the name of a function or schedule.
func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return client.Invalidf("name is required")
	case strings.ContainsFunc(name, unicode.IsControl):
		return client.Invalidf("name %q holds a control character", name)
	}
	return bounded{"name", name, maxName}.check()
}

var (
	// secretKey is wider than the SDK's rule: the reference's own examples use
	// capitals and underscores.
	secretKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	envKey    = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

func (w functionWrite) check() error {
	if err := checkName(w.Name); err != nil {
		return err
	}
	for _, b := range []bounded{{"externalId", w.ExternalID, maxExternalID}, {"description", w.Description, maxDescription}, {"owner", w.Owner, maxOwner}, {"functionPath", w.FunctionPath, maxPath}} {
		if err := b.check(); err != nil {
			return err
		}
	}
	switch {
	case w.FileID == 0:
		return client.Invalidf("fileId is required")
	case w.FunctionPath != "" && !strings.HasSuffix(w.FunctionPath, ".py"):
		return client.Invalidf("functionPath %q must end in .py", w.FunctionPath)
	case w.CPU > maxCPU || w.CPU < 0:
		return client.Invalidf("cpu is %g, allowed are 0 to %g cores", w.CPU, maxCPU)
	case w.Memory > maxMemoryGB || w.Memory < 0:
		return client.Invalidf("memory is %g, allowed are 0 to %g GB", w.Memory, maxMemoryGB)
	}
	for _, count := range []struct {
		field       string
		have, limit int
	}{{"secrets", len(w.Secrets), maxSecrets}, {"envVars", len(w.EnvVars), maxEnvVars}, {"metadata", len(w.Metadata), maxMetadata}} {
		if count.have > count.limit {
			return client.Invalidf("%s has %d keys, the limit is %d", count.field, count.have, count.limit)
		}
	}
	return w.checkKeys()
}

func (w functionWrite) checkKeys() error {
	for _, key := range slices.Sorted(maps.Keys(w.Secrets)) {
		if !secretKey.MatchString(key) {
			return client.Invalidf("secrets: key %q must be 1 to 64 letters, digits, - and _", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.EnvVars)) {
		if !envKey.MatchString(key) {
			return client.Invalidf("envVars: environment variable %q may have letters, digits and _ only", key)
		}
		if strings.ContainsRune(w.EnvVars[key], 0) {
			return client.Invalidf("envVars: the value of environment variable %q holds a NUL character", key)
		}
	}
	return w.checkMetadata()
}

func (w functionWrite) checkMetadata() error {
	total := 0
	for _, key := range slices.Sorted(maps.Keys(w.Metadata)) {
		value := w.Metadata[key]
		for _, b := range []bounded{{fmt.Sprintf("metadata: key %q", key), key, maxMetadataKey}, {fmt.Sprintf("metadata: the value of %q", key), value, maxMetadataValue}} {
			if err := b.check(); err != nil {
				return err
			}
		}
		total += len(key) + len(value)
	}
	if total > maxMetadataBytes {
		return client.Invalidf("metadata has %d bytes in all, the limit is %d", total, maxMetadataBytes)
	}
	return nil
}
