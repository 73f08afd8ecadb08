package contexts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"fndeck/client"
)

// archiveEvery is how often the calls of a remote project are kept on this machine
// without being asked for: a project forgets them after 90 days (Cognite product
// documentation, limits), and a console is not open each day.
const archiveEvery = 7 * 24 * time.Hour

// archivedFile says when that was done last, in a project's directory.
const archivedFile = "archived"

// ArchiveDue keeps the calls of all functions of a project on this machine, if that
// was not done for a week. One that is cut, or fails, is done again the next time.
func ArchiveDue(ctx context.Context, dir string, now time.Time, b client.Backend) error {
	archiver, err := client.As[client.CallArchiver](b, client.CanArchive)
	if err != nil {
		return err
	}
	marker := filepath.Join(dir, archivedFile)
	if text, err := os.ReadFile(marker); err == nil {
		last, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
		if err == nil && now.Sub(last) < archiveEvery {
			return nil
		}
	}
	functions, err := b.Functions(ctx)
	if err != nil {
		return err
	}
	for _, f := range functions {
		if f.LastCall == nil {
			continue
		}
		if _, archiveErr := archiver.ArchiveCalls(ctx, f.ID); archiveErr != nil {
			err = errors.Join(err, fmt.Errorf("archive the calls of %s: %w", f.Name, archiveErr))
		}
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(marker, []byte(now.UTC().Format(time.RFC3339)+"\n"), 0o600, renameio.WithTempDir(dir))
}
