package cognite

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"

	"fndeck/client"
)

// The bounds of a function's fields (API reference 20230101, functions). Counts are
// entries, lengths characters.
const (
	maxName        = 140
	maxExternalID  = 255
	maxDescription = 500
	maxOwner       = 128
	maxPath        = 500
	maxSecrets     = 30
	maxEnvVars     = 100
	maxMetadata    = 16
	maxKey         = 32
	maxValue       = 512
	// maxMetadataBytes is the larger of the two totals that are documented; the
	// vendor's own toolkit writes more than the smaller one.
	maxMetadataBytes = 4096
)

// variableName is what an environment variable may be called.
var variableName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// CheckSpec says what the project would refuse of a function, before anything is
// uploaded: a CodeInvalid, or CodeLimit with both numbers.
func CheckSpec(s client.FunctionSpec) error {
	if s.Name == "" {
		return client.Invalidf("a function needs a name")
	}
	return CheckBounds(s)
}

// CheckBounds is CheckSpec for a function of which not all is given.
func CheckBounds(s client.FunctionSpec) error {
	for _, field := range []struct {
		name, value string
		most        int
	}{
		{"name", s.Name, maxName},
		{"external id", s.ExternalID, maxExternalID},
		{"description", s.Description, maxDescription},
		{"owner", s.Owner, maxOwner},
		{"function path", s.FunctionPath, maxPath},
	} {
		if n := utf8.RuneCountInString(field.value); n > field.most {
			return overLimit("the %s has %d characters, Cognite takes %d", field.name, n, field.most)
		}
	}
	switch {
	case len(s.Secrets) > maxSecrets:
		return overLimit("there are %d secrets, Cognite takes %d", len(s.Secrets), maxSecrets)
	case len(s.EnvVars) > maxEnvVars:
		return overLimit("there are %d environment variables, Cognite takes %d", len(s.EnvVars), maxEnvVars)
	}
	for _, name := range slices.Sorted(maps.Keys(s.EnvVars)) {
		if !variableName.MatchString(name) {
			return client.Invalidf("environment variable %q: a name has letters, digits and underscores", name)
		}
	}
	return checkMetadata(s.Metadata)
}

func checkMetadata(metadata map[string]string) error {
	if len(metadata) > maxMetadata {
		return overLimit("there are %d entries of metadata, Cognite takes %d", len(metadata), maxMetadata)
	}
	total := 0
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		value := metadata[key]
		total += len(key) + len(value)
		if n := utf8.RuneCountInString(key); n > maxKey {
			return overLimit("the metadata key %q has %d characters, Cognite takes %d", key, n, maxKey)
		}
		if n := utf8.RuneCountInString(value); n > maxValue {
			return overLimit("the metadata of %q has %d characters, Cognite takes %d", key, n, maxValue)
		}
	}
	if total > maxMetadataBytes {
		return overLimit("the metadata has %d bytes, Cognite takes %d", total, maxMetadataBytes)
	}
	return nil
}

func overLimit(format string, args ...any) error {
	return &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf(format, args...)}
}

// CheckSpec says what of a function is out of the project's own bounds; those that
// the project does not tell bind nothing. What is too low is raised by the service.
func (l Limits) CheckSpec(s client.FunctionSpec) error {
	switch {
	case l.CPUCores.Max > 0 && s.CPU > l.CPUCores.Max:
		return overLimit("%g CPU cores are asked for, the project offers %g to %g", s.CPU, l.CPUCores.Min, l.CPUCores.Max)
	case l.MemoryGB.Max > 0 && s.MemoryGB > l.MemoryGB.Max:
		return overLimit("%g GB of memory are asked for, the project offers %g to %g", s.MemoryGB, l.MemoryGB.Min, l.MemoryGB.Max)
	}
	return nil
}
