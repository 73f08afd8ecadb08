package core

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fndeck/client"
)

// What a function is made with must fit these bounds, in characters and keys
// (Cognite API reference 20230101, functions and schedules; the metadata total
// from the SDK 8.13.0).
const (
	MaxExternalID, MaxDescription                      = 255, 500
	maxName, maxOwner, maxPath                         = 140, 128, 500
	maxSecrets, maxEnvVars, maxMetadata                = 30, 100, 16
	maxMetadataKey, maxMetadataValue, maxMetadataBytes = 32, 512, 4096
	// The engine's own ends; the clouds' are lower and change with them.
	MaxCPU, MaxMemoryGB = 16.0, 64.0
)

// CPUCores is what a function may be given, and what it gets where it names none.
func CPUCores() client.Range { return client.Range{Min: DefaultCPU, Max: MaxCPU, Default: DefaultCPU} }

// MemoryGB is CPUCores for memory.
func MemoryGB() client.Range {
	return client.Range{Min: DefaultMemoryGB, Max: MaxMemoryGB, Default: DefaultMemoryGB}
}

// CheckLength refuses a value of more than limit characters.
func CheckLength(field, value string, limit int) error {
	if n := utf8.RuneCountInString(value); n > limit {
		return client.Invalidf("%s is %d characters, the limit is %d", field, n, limit)
	}
	return nil
}

// CheckName checks the name of a function or schedule.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return client.Invalidf("name is required")
	case strings.ContainsFunc(name, unicode.IsControl):
		return client.Invalidf("name %q holds a control character", name)
	}
	return CheckLength("name", name, maxName)
}

var (
	// secretKey is wider than the SDK's rule: the reference's own examples use
	// capitals and underscores.
	secretKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	envKey    = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

// check checks all but the name and the code of a function. What is empty was not
// given and fits, so that a redeploy, which gives some of it, is held to the same.
func (n NewFunction) check() error {
	if err := cmp.Or(
		CheckLength("externalId", n.ExternalID, MaxExternalID), CheckLength("description", n.Description, MaxDescription),
		CheckLength("owner", n.Owner, maxOwner), CheckLength("functionPath", n.FunctionPath, maxPath),
	); err != nil {
		return err
	}
	switch {
	case n.FunctionPath != "" && !strings.HasSuffix(n.FunctionPath, ".py"):
		return client.Invalidf("functionPath %q must end in .py", n.FunctionPath)
	case n.CPU > MaxCPU || n.CPU < 0:
		return client.Invalidf("cpu is %g, allowed are 0 to %g cores", n.CPU, MaxCPU)
	case n.MemoryGB > MaxMemoryGB || n.MemoryGB < 0:
		return client.Invalidf("memory is %g, allowed are 0 to %g GB", n.MemoryGB, MaxMemoryGB)
	}
	for _, count := range []struct {
		field       string
		have, limit int
	}{{"secrets", len(n.Secrets), maxSecrets}, {"envVars", len(n.EnvVars), maxEnvVars}, {"metadata", len(n.Metadata), maxMetadata}} {
		if err := checkCount(count.field, count.have, count.limit); err != nil {
			return err
		}
	}
	return n.checkKeys()
}

func checkCount(field string, have, limit int) error {
	if have > limit {
		return client.Invalidf("%s has %d keys, the limit is %d", field, have, limit)
	}
	return nil
}

func (n NewFunction) checkKeys() error {
	for _, key := range slices.Sorted(maps.Keys(n.Secrets)) {
		if !secretKey.MatchString(key) {
			return client.Invalidf("secrets: key %q must be 1 to 64 letters, digits, - and _", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(n.EnvVars)) {
		if !envKey.MatchString(key) {
			return client.Invalidf("envVars: environment variable %q may have letters, digits and _ only", key)
		}
		if strings.ContainsRune(n.EnvVars[key], 0) {
			return client.Invalidf("envVars: the value of environment variable %q holds a NUL character", key)
		}
	}
	return n.checkMetadata()
}

func (n NewFunction) checkMetadata() error {
	total := 0
	for _, key := range slices.Sorted(maps.Keys(n.Metadata)) {
		value := n.Metadata[key]
		if err := cmp.Or(
			CheckLength(fmt.Sprintf("metadata: key %q", key), key, maxMetadataKey),
			CheckLength(fmt.Sprintf("metadata: the value of %q", key), value, maxMetadataValue),
		); err != nil {
			return err
		}
		total += len(key) + len(value)
	}
	if total > maxMetadataBytes {
		return client.Invalidf("metadata has %d bytes in all, the limit is %d", total, maxMetadataBytes)
	}
	return nil
}

// check holds what a redeploy changes to the bounds of a new function.
func (c Change) check() error {
	n := NewFunction{Secrets: c.Secrets, EnvVars: c.EnvVars, Metadata: c.Metadata}
	for to, from := range map[*string]*string{&n.FunctionPath: c.FunctionPath, &n.Description: c.Description, &n.Owner: c.Owner} {
		if from != nil {
			*to = *from
		}
	}
	return n.check()
}

// metadataText is metadata as it is stored: a JSON object of strings, or empty.
func metadataText(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// Metadata reads metadata as it is stored; nil where there is none.
func Metadata(text string) (m map[string]string) {
	if text == "" || json.Unmarshal([]byte(text), &m) != nil {
		return nil
	}
	return m
}
