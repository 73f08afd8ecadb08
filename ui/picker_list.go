package ui

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of reading a folder: more than a person scrolls through is not read.
const (
	listMost  = 20_000
	listChunk = 1024
)

// Listing is what a picker offers of a folder: folders and .zip files, sorted.
type Listing struct {
	Folders, Zips []string
	// More says that the folder holds more than was read.
	More bool
}

// ListFolder reads a folder from the file system. It follows a link to say
// whether it leads to a folder, and opens nothing else.
func ListFolder(dir string) (Listing, error) {
	var listing Listing
	f, err := os.Open(dir)
	if err != nil {
		return listing, err
	}
	defer f.Close() // Opened for reading only: closing cannot lose anything.
	for seen := 0; ; {
		entries, err := f.ReadDir(listChunk)
		for _, entry := range entries {
			listing.add(dir, entry)
		}
		seen += len(entries)
		listing.More = seen >= listMost
		if errors.Is(err, io.EOF) || listing.More {
			break
		}
		if err != nil {
			return listing, err
		}
	}
	slices.Sort(listing.Folders)
	slices.Sort(listing.Zips)
	return listing, nil
}

func (l *Listing) add(dir string, entry os.DirEntry) {
	name, mode := entry.Name(), entry.Type()
	if mode&os.ModeSymlink != 0 {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return // A link that leads nowhere is nothing to pick.
		}
		mode = info.Mode().Type()
	}
	switch {
	case mode.IsDir():
		l.Folders = append(l.Folders, name)
	case mode.IsRegular() && strings.EqualFold(filepath.Ext(name), ".zip"):
		l.Zips = append(l.Zips, name)
	}
}
