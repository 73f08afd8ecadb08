package embedded

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"fndeck/client"
	"fndeck/client/embedded/wire"
	"fndeck/client/pack"
)

// versionPath is where what belongs to a version is read.
func versionPath(functionID string, version int, rest string) string {
	return "functions/" + url.PathEscape(functionID) + "/versions/" + strconv.Itoa(version) + "/" + rest
}

// CodeFiles lists the files of a version with their hashes.
func (b *Backend) CodeFiles(ctx context.Context, functionID string, version int) ([]client.CodeFile, error) {
	var all wire.List[client.CodeFile]
	err := b.read(ctx, versionPath(functionID, version, "files"), &all)
	return all.Items, err
}

// Code reads the packed code of a version.
func (b *Backend) Code(ctx context.Context, functionID string, version int) ([]byte, error) {
	reply, err := b.http.Open(ctx, client.Request{Method: http.MethodGet, Path: wire.Prefix + versionPath(functionID, version, "code")}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }() // read whole, or given up
	code, err := io.ReadAll(io.LimitReader(reply.Body, pack.DefaultMaxPackedBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the code of v%d: %w", version, err)
	case len(code) > pack.DefaultMaxPackedBytes:
		return nil, &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf("the code of v%d is larger than %d bytes", version, int64(pack.DefaultMaxPackedBytes))}
	}
	return code, nil
}
