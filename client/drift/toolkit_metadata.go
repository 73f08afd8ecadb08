package drift

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"

	"fndeck/client"
)

// ToolkitMetadata computes the keys of the toolkit anew in the metadata of a function
// that it manages, for the code and secrets that are deployed now: its next deploy then
// neither redeploys for nothing nor misses a change. Other metadata are returned as
// they are.
func ToolkitMetadata(metadata map[string]string, code []byte, secrets map[string]client.Secret) (map[string]string, error) {
	_, hashed := metadata[ToolkitHashKey]
	_, sealed := metadata[ToolkitSecretKey]
	if !hashed && !sealed {
		return metadata, nil
	}
	files, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		return nil, fmt.Errorf("read the packed code: %w", err)
	}
	t, err := ToolkitOf(files)
	if err != nil {
		return nil, err
	}
	anew := maps.Clone(metadata)
	anew[ToolkitHashKey] = t.String()
	delete(anew, ToolkitSecretKey)
	if len(secrets) > 0 {
		anew[ToolkitSecretKey] = ToolkitSecrets(secrets)
	}
	return anew, nil
}
