package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	headerSize = 100
	// minPage and maxPage bound the size of a page.
	minPage, maxPage = 512, 65536
	// usualPage is assumed where the header does not say: SQLite's default.
	usualPage = 4096

	sizeOffset     = 16
	reservedOffset = 20
	freeOffset     = 32
	freeCount      = 36
)

// errPage says that a page makes no sense.
var errPage = errors.New("a page that makes no sense")

// File is a database with its journal laid over it. Close it.
type File struct {
	db, wal *os.File
	// size is that of a page, usable what of it is not reserved.
	size, usable int
	// pages is how many there are; overlay says where in the journal the newer
	// form of a page stands.
	pages   uint32
	overlay map[uint32]int64
	seen    []uint64 // a bit for each page that was part of something
	// Unreadable counts the pages that made no sense where a table led to them.
	Unreadable int
}

// Open opens a file and the journal beside it. A damaged file opens too: only a
// file that cannot be read at all is an error.
func Open(path string) (*File, error) {
	db, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{db: db, size: usualPage, overlay: map[uint32]int64{}}
	info, err := db.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.pages = uint32(min(info.Size()/minPage, 1<<31))
	head := make([]byte, headerSize)
	if _, err := db.ReadAt(head, 0); err == nil {
		if size := pageSize(head); size != 0 {
			f.size = size
		}
	}
	f.pages = uint32((info.Size() + int64(f.size) - 1) / int64(f.size))
	if err := f.openJournal(path + "-wal"); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.usable = f.size
	if first, err := f.page(1); err == nil && pageSize(first) == f.size {
		f.usable -= int(first[reservedOffset])
	}
	f.seen = make([]uint64, f.pages/64+1)
	return f, nil
}

// pageSize reads the size of a page from the header, 0 if it is none.
func pageSize(head []byte) int {
	size := int(binary.BigEndian.Uint16(head[sizeOffset:]))
	if size == 1 {
		size = maxPage
	}
	if size < minPage || size&(size-1) != 0 {
		return 0
	}
	return size
}

// Close closes the files.
func (f *File) Close() error {
	err := f.db.Close()
	if f.wal != nil {
		err = errors.Join(err, f.wal.Close())
	}
	return err
}

// page reads one page; pages are counted from 1.
func (f *File) page(number uint32) ([]byte, error) {
	if number == 0 || number > f.pages {
		return nil, fmt.Errorf("page %d of %d: %w", number, f.pages, errPage)
	}
	from, at := f.db, int64(number-1)*int64(f.size)
	if newer, ok := f.overlay[number]; ok {
		from, at = f.wal, newer
	}
	page := make([]byte, f.size)
	if _, err := from.ReadAt(page, at); err != nil && !errors.Is(err, io.EOF) { // a cut page is read as far as it goes
		return nil, err
	}
	return page, nil
}

// visit marks a page and reports whether it was not marked before: a damaged
// file can lead in circles.
func (f *File) visit(number uint32) bool {
	if number == 0 || number > f.pages {
		return false
	}
	bit := uint64(1) << (number % 64)
	if f.seen[number/64]&bit != 0 {
		return false
	}
	f.seen[number/64] |= bit
	return true
}

// markFree marks the pages of the list of free ones. It reports whether the list
// could be followed to its end.
func (f *File) markFree() bool {
	first, err := f.page(1)
	if err != nil {
		return false
	}
	trunk, left := binary.BigEndian.Uint32(first[freeOffset:]), binary.BigEndian.Uint32(first[freeCount:])
	for trunk != 0 {
		page, err := f.page(trunk)
		if err != nil || left == 0 || !f.visit(trunk) {
			return false
		}
		left--
		count := binary.BigEndian.Uint32(page[4:])
		if count > uint32(f.usable/4-2) || count > left {
			return false
		}
		for i := range count {
			f.visit(binary.BigEndian.Uint32(page[8+4*i:]))
		}
		left -= count
		trunk = binary.BigEndian.Uint32(page)
	}
	return left == 0
}
