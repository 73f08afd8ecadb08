package pages

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

const (
	journalHeader = 32
	frameHeader   = 24
	// The two forms of a journal's first bytes: the order of the bytes in its sums.
	magicLittle, magicBig = 0x377f0682, 0x377f0683
)

// openJournal lays the journal's committed pages over the file. A journal that
// does not fit, or ends in a torn frame, is used as far as it is right, which is
// what SQLite does with it.
func (f *File) openJournal(path string) error {
	wal, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f.wal = wal
	head := make([]byte, journalHeader)
	if _, err := wal.ReadAt(head, 0); err != nil {
		return nil //nolint:nilerr // empty: nothing was written since the last checkpoint
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch binary.BigEndian.Uint32(head) {
	case magicLittle:
	case magicBig:
		order = binary.BigEndian
	default:
		return nil
	}
	size := int(binary.BigEndian.Uint32(head[8:]))
	sum := journalSum{order: order}
	sum.add(head[:24])
	if !sum.is(head[24:]) || size < minPage || size > maxPage {
		return nil
	}
	f.size = size // the header of a file that was never written back may say nothing
	return f.readFrames(head, sum)
}

func (f *File) readFrames(head []byte, sum journalSum) error {
	pending := map[uint32]int64{}
	frame := make([]byte, frameHeader+f.size)
	for at := int64(journalHeader); ; at += int64(len(frame)) {
		if _, err := f.wal.ReadAt(frame, at); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		sum.add(frame[:8])
		sum.add(frame[frameHeader:])
		if string(frame[8:16]) != string(head[16:24]) || !sum.is(frame[16:24]) {
			return nil // of an earlier round, or torn
		}
		pending[binary.BigEndian.Uint32(frame)] = at + frameHeader
		if pages := binary.BigEndian.Uint32(frame[4:]); pages != 0 { // a commit
			for number, place := range pending {
				f.overlay[number] = place
			}
			clear(pending)
			f.pages = pages
		}
	}
}

// journalSum is the running sum of a journal.
type journalSum struct {
	order binary.ByteOrder
	a, b  uint32
}

func (s *journalSum) add(words []byte) {
	for ; len(words) >= 8; words = words[8:] {
		s.a += s.order.Uint32(words) + s.b
		s.b += s.order.Uint32(words[4:]) + s.a
	}
}

func (s *journalSum) is(stored []byte) bool {
	return s.a == binary.BigEndian.Uint32(stored) && s.b == binary.BigEndian.Uint32(stored[4:])
}
