package cloud

import (
	"archive/zip"
	"bytes"
	"maps"

	"fndeck/client"
	"fndeck/client/drift"
)

// What the vendor's toolkit writes into the metadata to see whether it must deploy
// (Cognite Toolkit, 2026-08).
const toolkitHash, toolkitSecrets = "cognite-toolkit-hash", "cdf-toolkit-secret-hash"

// toolkitMetadata computes anew what the toolkit has written, if it has, so that its
// next deploy neither deploys for nothing nor misses a change.
func toolkitMetadata(metadata map[string]string, code []byte, secrets map[string]client.Secret) (map[string]string, error) {
	if _, managed := metadata[toolkitHash]; !managed {
		return metadata, nil
	}
	folder, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		return nil, err
	}
	hash, err := drift.ToolkitOf(folder)
	if err != nil {
		return nil, err
	}
	anew := maps.Clone(metadata)
	anew[toolkitHash] = hash.String()
	delete(anew, toolkitSecrets)
	if len(secrets) > 0 {
		anew[toolkitSecrets] = drift.ToolkitSecrets(secrets)
	}
	return anew, nil
}
