package pack

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fndeck/client"
)

// Visit looks at one file that would be packed, or that an archive holds. What
// it does not read of the content is passed over.
type Visit func(path string, content io.Reader) error

// add implements sink.
func (v Visit) add(name string, _ fs.FileMode, content io.Reader) (int64, error) {
	read := &counted{r: content}
	if err := v(name, read); err != nil {
		return read.n, err
	}
	_, err := io.Copy(io.Discard, read)
	return read.n, err
}

// counted counts what was read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Each hands over every file that would be packed of the folder, zip or notebook
// at path, sorted by path, without judging the code as Scan does. What cannot be
// packed at all, such as more than the limits of opts allow, is an error of
// CodeInvalid before any file is opened.
func Each(ctx context.Context, path string, opts Options, visit Visit) error {
	root, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find %s: %w", shorten(path), err)
	}
	info, err := os.Stat(root)
	if err != nil || !info.IsDir() { // Scan words what is wrong with the path.
		p, err := Scan(ctx, path, opts)
		if err != nil {
			return err
		}
		return p.fill(ctx, visit)
	}
	p := Preview{Root: root, limits: opts.Limits.orDefaults()}
	if _, err := p.list(ctx, opts); err != nil {
		return err
	}
	return p.fill(ctx, visit)
}

// Stamp is a number that is another once what Each would hand over may be, found
// without opening a file: by names, sizes and times. Its errors are those of Each.
func Stamp(ctx context.Context, path string, opts Options) (uint64, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return 0, fmt.Errorf("find %s: %w", shorten(path), err)
	}
	info, err := os.Stat(root)
	switch {
	case err != nil:
		return 0, fmt.Errorf("look at the code: %w", err)
	case !info.IsDir():
		return stampOf(root, info), nil
	}
	p := Preview{Root: root, limits: opts.Limits.orDefaults()}
	return p.list(ctx, opts)
}

// list counts the files of a folder and refuses what no archive can hold.
func (p *Preview) list(ctx context.Context, opts Options) (stamp uint64, err error) {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return 0, fmt.Errorf("open the folder: %w", err)
	}
	defer func() { _ = root.Close() }() // only read
	if stamp, err = p.walk(ctx, folder{root}, opts); err != nil {
		return 0, err
	}
	if blocking := p.Blocking(); len(blocking) > 0 {
		return 0, client.Invalidf("%s: %s", shorten(p.Root), blocking[0])
	}
	p.sort()
	return stamp, nil
}

// EachIn hands over every file of a zip in the order of its directory, under the
// rules of Unpack.
func EachIn(ctx context.Context, archive io.ReaderAt, size int64, limits Limits, visit Visit) error {
	members, err := openArchive(archive, size, limits.orDefaults())
	if err != nil {
		return refused("zip", err)
	}
	for _, m := range members {
		if m.folder {
			continue
		}
		if err := packMember(ctx, visit, m); err != nil {
			return refused("zip", err)
		}
	}
	return nil
}
