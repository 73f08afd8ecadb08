package disk

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"

	"fndeck/client"
)

// IsFull reports whether an error says that the disk, or the user's share of
// it, is full.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Full is the error of a disk that has no room for needBytes.
func Full(dir string, needBytes int64, cause error) error {
	if cause == nil {
		cause = syscall.ENOSPC
	}
	var said *client.Error
	if errors.As(cause, &said) && said.Status == http.StatusInsufficientStorage {
		return said // by whoever knew what it needed
	}
	have, err := FreeBytes(dir)
	if err != nil {
		return errors.Join(cause, err)
	}
	return &client.Error{
		Code: client.CodeLimit, Status: http.StatusInsufficientStorage, Err: cause,
		Message: fmt.Sprintf("disk full: need %s, have %s in %s", size(needBytes), size(have), dir),
		Hint:    "free some room: what is stored stays readable, and the engine goes on without a restart",
	}
}

// size is a number of bytes for a sentence.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
}
