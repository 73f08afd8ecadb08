package privatefile

import (
	"errors"
	"os"
)

// SyncDir makes what was renamed, made or removed in a directory durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
