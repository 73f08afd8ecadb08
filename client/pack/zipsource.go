package pack

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
)

// zipped holds a zip's files by their clean path.
type zipped map[string]member

// openZip validates a zip with the rules of Unpack, its content included: every
// byte is unpacked once into nothing, because only that finds a lying size or a
// damaged entry.
func openZip(ctx context.Context, archive io.ReaderAt, size int64, limits Limits) (zipped, error) {
	members, err := openArchive(archive, size, limits)
	if err != nil {
		return nil, err
	}
	src, budget, buffer := zipped{}, limits.MaxBytes, make([]byte, copyBytes)
	for _, m := range members {
		if m.folder {
			continue
		}
		if err := copyEntry(ctx, io.Discard, m, &budget, buffer); err != nil {
			return nil, err
		}
		src[m.path] = m
	}
	return src, nil
}

// below returns the files of one folder with paths relative to it, and the
// paths of the others.
func (z zipped) below(root string) (zipped, []string) {
	if root == "" {
		return z, nil
	}
	inside := zipped{}
	var outside []string
	for name, m := range z {
		rest, found := strings.CutPrefix(name, strings.TrimSuffix(root, "/")+"/")
		if !found {
			outside = append(outside, name)
			continue
		}
		m.path = rest
		inside[rest] = m
	}
	return inside, outside
}

func (z zipped) read(ctx context.Context, path string, limit int64) ([]byte, error) {
	m := z[path]
	if m.file.UncompressedSize64 > uint64(limit) {
		return nil, errTooLarge
	}
	return readMember(ctx, m, limit)
}

// warnOfBallast tells what of a zip the default rules would have left out of a
// folder. A zip was put together on purpose, so it is packed as it is.
func (p *Preview) warnOfBallast() {
	rules, counts := newIgnoreRules(""), map[string]int{}
	for _, f := range p.Files {
		segments := strings.Split(f.Path, "/")
		for i := range segments {
			label, ignored := rules.match(strings.Join(segments[:i+1], "/"), i < len(segments)-1)
			if ignored {
				counts[label]++
				break
			}
		}
	}
	for _, label := range slices.Sorted(maps.Keys(counts)) {
		p.add(Warn, "", 0, "a folder would leave out %d of these files (%s): a zip is packed as it is", counts[label], label)
	}
}
