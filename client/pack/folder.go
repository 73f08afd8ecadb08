package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

const (
	// dirBatch is how many names are read between two looks at the context.
	dirBatch = 256
	// maxIgnoreFileBytes is far above any ignore file that a person writes.
	maxIgnoreFileBytes = 256 << 10
	// maxListed bounds the names that a finding or the ignored list repeats.
	maxListed = 1000
)

// folder reads files below a root that symbolic links cannot leave.
type folder struct{ root *os.Root }

// open opens a regular file only. O_NONBLOCK keeps the open itself from waiting
// should a named pipe have taken the file's place since it was looked at.
func (f folder) open(name string) (*os.File, fs.FileInfo, error) {
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file any more")
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

func (f folder) read(ctx context.Context, name string, limit int64) ([]byte, error) {
	file, _, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(withContext{ctx, file}, limit+1)); err != nil {
		return nil, err
	}
	if int64(out.Len()) > limit {
		return nil, errTooLarge
	}
	return out.Bytes(), nil
}

// withContext ends a copy when the context ends.
type withContext struct {
	ctx context.Context
	r   io.Reader
}

func (w withContext) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// walker counts a folder's files. It goes on counting past the limits, so that
// the operator is told the true figure, but keeps no more names.
type walker struct {
	*Preview
	src      folder
	rules    ignoreRules
	takeBack []string
	names    *tree
	count    int64
	// stamp is over names, sizes and times of all files, whatever their order.
	stamp uint64
}

// walk lists the folder without opening any of its files but the ignore file. The
// stamp is another once anything that is listed may be.
func (p *Preview) walk(ctx context.Context, src folder, opts Options) (stamp uint64, err error) {
	text, err := src.read(ctx, ignoreFile, maxIgnoreFileBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		p.add(Block, ignoreFile, 0, "cannot be read: %v", reason(err))
	}
	w := walker{Preview: p, src: src, rules: newIgnoreRules(string(text)), takeBack: opts.TakeBack, names: newTree()}
	for queue := []string{"."}; len(queue) > 0; {
		dir := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		below, err := w.readDir(ctx, dir)
		if err != nil {
			return 0, err
		}
		queue = append(queue, below...)
	}
	if w.count > p.limits.MaxEntries {
		p.add(Block, "", 0, "the folder has %d files, the limit is %d", w.count, p.limits.MaxEntries)
	}
	if p.TotalBytes > p.limits.MaxBytes {
		p.add(Block, "", 0, "the files have %s, the limit is %s", byteCount(p.TotalBytes), byteCount(p.limits.MaxBytes))
	}
	if w.count == 0 {
		p.add(Block, "", 0, "the folder holds no files to pack")
	}
	return w.stamp, nil
}

// stampOf is a number that is another once a file has another name, size or time.
func stampOf(name string, info fs.FileInfo) uint64 {
	sum := fnv.New64a()
	_, _ = fmt.Fprintf(sum, "%s\x00%d\x00%d\x00%o", name, info.Size(), info.ModTime().UnixNano(), info.Mode()) // it never fails
	return sum.Sum64()
}

// readDir takes one folder and returns those below it.
func (w *walker) readDir(ctx context.Context, dir string) (below []string, err error) {
	d, err := w.src.root.Open(dir)
	if err != nil {
		w.add(Block, dir, 0, "cannot be read: %v", reason(err))
		return nil, nil
	}
	defer func() { _ = d.Close() }()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		entries, err := d.ReadDir(dirBatch)
		for _, e := range entries {
			if name := path.Join(dir, e.Name()); w.take(name, e) {
				below = append(below, name)
			}
		}
		if errors.Is(err, io.EOF) {
			return below, nil
		}
		if err != nil {
			w.add(Block, dir, 0, "cannot be read: %v", reason(err))
			return below, nil
		}
	}
}

// take judges one name; it returns true for a folder to be walked.
func (w *walker) take(name string, e fs.DirEntry) bool {
	isDir := e.IsDir()
	if rule, ignored := w.rules.match(name, isDir); ignored && !w.takenBack(name) {
		w.ignore(name, isDir, rule)
		return false
	}
	if isDir {
		return true
	}
	info, why := w.look(name, e)
	if why != "" {
		w.ignore(name, false, why)
		return false
	}
	if info == nil {
		return false
	}
	w.count++
	w.stamp += stampOf(name, info)
	w.TotalBytes += min(info.Size(), math.MaxInt64-w.TotalBytes)
	if w.count > w.limits.MaxEntries {
		return false
	}
	w.Files = append(w.Files, File{name, info.Size()})
	if _, fault := cleanName(name); fault != "" {
		w.add(Block, name, 0, "the file %s %s", shorten(name), fault)
	} else if fault := w.names.put(name, false); fault != "" {
		w.add(Block, name, 0, "the file %s %s", shorten(name), fault)
	}
	return false
}

func (w *walker) takenBack(name string) bool {
	return slices.ContainsFunc(w.takeBack, func(t string) bool { return strings.TrimSuffix(t, "/") == name })
}

func (w *walker) ignore(name string, isDir bool, rule string) {
	if isDir {
		name += "/"
	}
	switch len(w.Ignored) {
	case maxListed:
		w.add(Warn, "", 0, "more than %d paths are left out: the list is cut", maxListed)
		w.Ignored = append(w.Ignored, Ignored{name, rule})
	case maxListed + 1:
	default:
		w.Ignored = append(w.Ignored, Ignored{name, rule})
	}
}

// look returns what a name stands for, or why it is skipped; neither for a file
// that vanished while the folder was read. A link is followed to a file inside
// the root only: a linked folder could lead round in a circle.
func (w *walker) look(name string, e fs.DirEntry) (fs.FileInfo, string) {
	if e.Type()&fs.ModeSymlink != 0 {
		info, err := w.src.root.Stat(name)
		switch {
		case err != nil:
			return nil, "symbolic link: leaves the folder, is broken or goes in a circle"
		case info.IsDir():
			return nil, "symbolic link to a folder"
		case !info.Mode().IsRegular():
			return nil, "symbolic link to a " + kindOf(info.Mode())
		}
		return info, ""
	}
	if !e.Type().IsRegular() {
		return nil, kindOf(e.Type())
	}
	info, err := e.Info()
	if err != nil {
		return nil, ""
	}
	return info, ""
}

// reason drops the path that os errors carry: the finding names it already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// checkReadable opens each file once, so that one that cannot be read is known
// before the operator says yes.
func (p *Preview) checkReadable(ctx context.Context, src folder) error {
	for _, f := range p.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, _, err := src.open(f.Path)
		if err != nil {
			p.add(Block, f.Path, 0, "cannot be read: %v", reason(err))
			continue
		}
		if err := file.Close(); err != nil {
			return fmt.Errorf("close %s: %w", shorten(f.Path), err)
		}
	}
	return nil
}
