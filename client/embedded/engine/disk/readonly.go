package disk

import (
	"errors"
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"

	"fndeck/client"
)

// Writable returns why nothing can be written to a directory, in a sentence;
// nil if something can, or if the directory does not exist.
func Writable(dir string) error {
	err := unix.Access(dir, unix.W_OK|unix.X_OK)
	why := ""
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.EROFS):
		why = "its file system is mounted read-only"
	case errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM):
		why = "its permissions do not allow it"
	default:
		why = err.Error()
	}
	return &client.Error{
		Code: client.CodeConflict, Err: err,
		Message: "read-only: nothing can be written to " + dir + ", " + why,
		Hint:    "what is stored can be read; run fndeck engine stop once the directory is writable again",
	}
}

// Refuse guards a directory that nothing can be written to: Check returns why.
func Refuse(dir string, why error) *Room { return &Room{dir: dir, refused: why} }
