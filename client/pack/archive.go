package pack

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"fndeck/client"
)

// directoryBytesPerEntry bounds what reading a zip's directory may cost: a
// record has 46 bytes beside its name, extra fields and comment. The bound is
// on bytes because the count that a zip declares may be a lie.
const (
	directoryBytesPerEntry = 600
	directoryBytesAtLeast  = 192 << 10
)

// member is one entry of a zip that has passed validation.
type member struct {
	path   string
	folder bool
	file   *zip.File
}

// refusal is a rule that a zip breaks, without the zip's name.
type refusal struct {
	code client.Code
	text string
}

func (r *refusal) Error() string { return r.text }

func refuse(format string, args ...any) *refusal {
	return &refusal{client.CodeInvalid, fmt.Sprintf(format, args...)}
}

func overLimit(format string, args ...any) *refusal {
	return &refusal{client.CodeLimit, fmt.Sprintf(format, args...)}
}

// refused names the zip: `handler.zip refused: …`. Other errors pass.
func refused(name string, err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return &client.Error{Code: r.code, Message: name + " refused: " + r.text}
	}
	return err
}

// openArchive reads a zip's directory and checks everything that can be told
// without reading the content. Members come in the order of the directory.
func openArchive(archive io.ReaderAt, size int64, limits Limits) ([]member, error) {
	if size == 0 {
		return nil, refuse("the file is empty")
	}
	if size > limits.MaxPackedBytes {
		return nil, overLimit("it has %s, the limit is %s", byteCount(size), byteCount(limits.MaxPackedBytes))
	}
	if n := declaredEntries(archive, size); n > uint64(limits.MaxEntries) {
		return nil, overLimit("it has %d entries, the limit is %d", n, limits.MaxEntries)
	}
	reader := &boundedReader{r: archive, left: directoryBytesAtLeast + limits.MaxEntries*directoryBytesPerEntry}
	zr, err := zip.NewReader(reader, size)
	if errors.Is(err, errDirectorySize) {
		return nil, overLimit("its directory is larger than %d entries need, the limit", limits.MaxEntries)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, notAZip(archive)
	}
	reader.free = true
	if n := int64(len(zr.File)); n > limits.MaxEntries {
		return nil, overLimit("it has %d entries, the limit is %d", n, limits.MaxEntries)
	}
	return validate(zr, size, limits)
}

// boundedReader fails once more was read than a directory may have.
type boundedReader struct {
	r    io.ReaderAt
	left int64
	free bool
}

var errDirectorySize = errors.New("directory too large")

func (b *boundedReader) ReadAt(p []byte, at int64) (int, error) {
	if !b.free {
		b.left -= int64(len(p))
		if b.left < 0 {
			return 0, errDirectorySize
		}
	}
	return b.r.ReadAt(p, at)
}

func notAZip(archive io.ReaderAt) error {
	var head [4]byte
	if _, err := archive.ReadAt(head[:], 0); err == nil && string(head[:]) == "PK\x03\x04" {
		return refuse("the file is cut off or damaged: its directory at the end cannot be read")
	}
	return refuse("the file is not a zip")
}

// declaredEntries reads the count at the end of a zip, 0 if it is not found. It
// is there for an early and exact sentence, not for safety.
func declaredEntries(archive io.ReaderAt, size int64) uint64 {
	const endBytes, locatorBytes, maxComment = 22, 20, 1<<16 - 1
	tail := make([]byte, min(size, endBytes+locatorBytes+maxComment))
	if _, err := archive.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return 0
	}
	end := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if end < 0 || end+endBytes > len(tail) {
		return 0
	}
	count := uint64(binary.LittleEndian.Uint16(tail[end+10:]))
	if count != 1<<16-1 || end < locatorBytes || string(tail[end-locatorBytes:end-locatorBytes+4]) != "PK\x06\x07" {
		return count
	}
	var record [40]byte
	at := binary.LittleEndian.Uint64(tail[end-locatorBytes+8:])
	if at > uint64(size) {
		return count
	}
	if _, err := archive.ReadAt(record[:], int64(at)); err != nil || string(record[:4]) != "PK\x06\x06" {
		return count
	}
	return binary.LittleEndian.Uint64(record[32:])
}

// validate applies the rules for entries.
func validate(zr *zip.Reader, size int64, limits Limits) ([]member, error) {
	var members []member
	var total uint64
	names, files := newTree(), 0
	for _, f := range zr.File {
		m, fault := checkEntry(f)
		if fault == "" {
			fault = names.put(m.path, m.folder)
		}
		if fault != "" {
			return nil, refuse("entry %s %s", shorten(f.Name), fault)
		}
		total += f.UncompressedSize64
		if f.UncompressedSize64 > uint64(limits.MaxBytes) || total > uint64(limits.MaxBytes) {
			return nil, overLimit("entry %s brings the unpacked size over the limit of %s", shorten(f.Name), byteCount(limits.MaxBytes))
		}
		if !m.folder {
			files++
		}
		members = append(members, m)
	}
	if files == 0 {
		return nil, refuse("it holds no files")
	}
	return members, checkExtents(zr.File, size)
}

// Bits and methods of PKWARE's APPNOTE.TXT 6.3.10, section 4.4.
const (
	flagEncrypted       = 1 << 0
	flagStrongEncrypted = 1 << 6
)

// checkEntry checks one entry by itself. The fault is a phrase that follows its
// name.
func checkEntry(f *zip.File) (member, string) {
	clean, fault := cleanName(f.Name)
	m := member{path: clean, file: f, folder: f.Mode().IsDir()}
	switch {
	case fault != "":
		return m, fault
	case f.Flags&(flagEncrypted|flagStrongEncrypted) != 0:
		return m, "is encrypted"
	case f.Mode()&fs.ModeSymlink != 0:
		return m, "is a symbolic link"
	case !m.folder && !f.Mode().IsRegular():
		return m, "is no regular file but a " + kindOf(f.Mode())
	case hasLinkField(f.Extra):
		return m, "is a link"
	case m.folder && f.UncompressedSize64 != 0:
		return m, "is a folder with content"
	case !m.folder && clean == ".":
		return m, "has no name"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return m, fmt.Sprintf("is packed with method %d, only stored and deflated are taken", f.Method)
	}
	return m, ""
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	default:
		return "special file"
	}
}

// hasLinkField looks for a link's target in the two extra fields that can carry
// one: PKWARE's for Unix (0x000d, 12 bytes and the target) and the one of ASi
// (0x756e, 14 bytes and the target). A hard link has no other mark in a zip.
func hasLinkField(extra []byte) bool {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return false
		}
		if id == 0x000d && n > 12 || id == 0x756e && n > 14 {
			return true
		}
		extra = extra[4+n:]
	}
	return false
}

// checkExtents refuses entries whose data overlap, which is how a small zip
// holds the same bytes many times, and those that lie past the end.
func checkExtents(files []*zip.File, size int64) error {
	type extent struct {
		start, end int64
		name       string
	}
	var extents []extent
	for _, f := range files {
		start, err := f.DataOffset()
		if err != nil {
			return refuse("entry %s is damaged: its header cannot be read", shorten(f.Name))
		}
		packed := f.CompressedSize64
		if start > size || packed > uint64(size-start) {
			return refuse("entry %s is cut off", shorten(f.Name))
		}
		if packed > 0 {
			extents = append(extents, extent{start, start + int64(packed), f.Name})
		}
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	for i := 1; i < len(extents); i++ {
		if extents[i].start < extents[i-1].end {
			return refuse("entry %s overlaps entry %s", shorten(extents[i].name), shorten(extents[i-1].name))
		}
	}
	return nil
}
