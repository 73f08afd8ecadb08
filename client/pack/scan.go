package pack

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fndeck/client"
)

// source is where the files of a preview are read from.
type source interface {
	// read returns a file's content, at most limit bytes; the error is
	// errTooLarge if it has more.
	read(ctx context.Context, path string, limit int64) ([]byte, error)
}

var errTooLarge = errors.New("too large")

// Scan looks at a folder, a .zip or a notebook and reports what would be uploaded. Faults of
// the code are findings; an error means that there is nothing to preview: the
// path cannot be read, or is a zip that is refused. It ends soon after ctx does.
func Scan(ctx context.Context, path string, opts Options) (Preview, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return Preview{}, fmt.Errorf("find %s: %w", shorten(path), err)
	}
	info, err := os.Stat(root)
	if errors.Is(err, fs.ErrNotExist) {
		return Preview{}, &client.Error{Code: client.CodeNotFound, Message: "there is no " + shorten(root)}
	}
	if err != nil {
		return Preview{}, fmt.Errorf("look at the code: %w", err)
	}
	p := Preview{Root: root, limits: opts.Limits.orDefaults(), zipRoot: opts.Root}
	switch {
	case info.IsDir():
		err = p.scanFolder(ctx, opts)
	case info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(root), NotebookSuffix):
		p.IsNotebook = true
		err = p.scanNotebook(ctx, opts)
	case info.Mode().IsRegular():
		p.IsZip = true
		err = p.scanZip(ctx, opts)
	default:
		err = client.Invalidf("%s is neither a folder, a zip nor a notebook but a %s", shorten(root), kindOf(info.Mode()))
	}
	if err != nil {
		return Preview{}, err
	}
	return p, nil
}

// ScanZip is Scan for a zip that is in memory, which is called name. The preview keeps
// the zip.
func ScanZip(ctx context.Context, name string, zip []byte, opts Options) (Preview, error) {
	p := Preview{Root: name, IsZip: true, limits: opts.Limits.orDefaults(), zipRoot: opts.Root, held: zip}
	if err := p.scanZip(ctx, opts); err != nil {
		return Preview{}, err
	}
	return p, nil
}

func (p *Preview) scanFolder(ctx context.Context, opts Options) error {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	src := folder{root}
	if _, err := p.walk(ctx, src, opts); err != nil {
		return err
	}
	if len(p.Blocking()) == 0 {
		if err := p.checkReadable(ctx, src); err != nil {
			return err
		}
	}
	return p.inspect(ctx, src, opts)
}

func (p *Preview) scanZip(ctx context.Context, opts Options) error {
	src, done, err := p.readZip(ctx)
	if err != nil {
		return err
	}
	defer done()
	src, left := src.below(p.zipRoot)
	for _, name := range left {
		p.Ignored = append(p.Ignored, Ignored{name, "outside the chosen root"})
	}
	for name, m := range src {
		p.Files = append(p.Files, File{name, int64(m.file.UncompressedSize64)})
		p.TotalBytes += int64(m.file.UncompressedSize64)
	}
	p.warnOfBallast()
	return p.inspect(ctx, src, opts)
}

// readZip opens the zip that the preview is of; done releases it.
func (p *Preview) readZip(ctx context.Context) (src zipped, done func(), err error) {
	done = func() {}
	var archive io.ReaderAt = bytes.NewReader(p.held)
	size := int64(len(p.held))
	if p.held == nil {
		f, err := os.Open(p.Root)
		if err != nil {
			return nil, nil, fmt.Errorf("open the zip: %w", err)
		}
		done = func() { _ = f.Close() } // only read
		info, err := f.Stat()
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("look at the zip: %w", err)
		}
		archive, size = f, info.Size()
	}
	if src, err = openZip(ctx, archive, size, p.limits); err != nil {
		done()
		return nil, nil, refused(filepath.Base(p.Root), err)
	}
	return src, done, nil
}

// inspect runs the checks on the list of files and sorts what they found.
func (p *Preview) inspect(ctx context.Context, src source, opts Options) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.sort()
	if err := p.findSecrets(ctx); err != nil {
		return err
	}
	if err := p.checkEntryPoint(ctx, src, opts); err != nil {
		return err
	}
	if err := p.checkRequirements(ctx, src, opts); err != nil {
		return err
	}
	slices.SortStableFunc(p.Findings, func(a, b Finding) int { return cmp.Compare(b.Level, a.Level) })
	return ctx.Err()
}

// sort orders what was listed by path.
func (p *Preview) sort() {
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(p.Ignored, func(a, b Ignored) int { return strings.Compare(a.Path, b.Path) })
}

// has reports whether a file would be packed. Files must be sorted.
func (p *Preview) has(path string) bool {
	_, found := slices.BinarySearchFunc(p.Files, path, func(f File, name string) int { return strings.Compare(f.Path, name) })
	return found
}
