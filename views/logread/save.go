package logread

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fndeck/ui"
)

// namesMost is how many files of one second get names of their own.
const namesMost = 100

// Saved is what became of saving a log.
type Saved struct {
	// Path is the file, absolute.
	Path string
	// Here says that it lies in the current directory.
	Here  bool
	Lines int
	// Partial says that there are older lines, which were not loaded.
	Partial bool
	Err     error
}

// Save writes what a log shows to a new file of mode 0600, and works outside the
// update loop. The file goes to the current directory, or to the other one where
// that cannot be written to. One that could not be written whole is taken away.
func Save(ctx context.Context, log ui.LogCopy, name, other string) Saved {
	here, err := os.Getwd()
	var file *os.File
	if err == nil {
		file, err = create(here, name)
	}
	saved := Saved{Here: err == nil}
	if err != nil {
		if file, err = create(other, name); err != nil {
			return Saved{Err: err}
		}
	}
	saved.Path = file.Name()
	out := bufio.NewWriter(file)
	saved.Lines, err = log.Write(ctx, out)
	if err == nil {
		err = out.Flush()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		saved.Err = fmt.Errorf("write %s: %w", saved.Path, errors.Join(err, os.Remove(saved.Path)))
	}
	return saved
}

// create makes a file that was not there before.
func create(dir, name string) (*os.File, error) {
	ending := filepath.Ext(name)
	base := strings.TrimSuffix(name, ending)
	for n := 2; ; n++ {
		file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) || n > namesMost {
			return file, err
		}
		name = fmt.Sprintf("%s-%d%s", base, n, ending)
	}
}

// FileName makes the name of a log's file of its title and a stamp: what is no
// letter, digit, dot or dash becomes a dash.
func FileName(title, stamp string) string {
	const most = 80 // Many file systems take 255 bytes, a foot fewer.
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}, title)
	return "fndeck-" + clean[:min(len(clean), most)] + "-" + stamp + ".log"
}
