package pack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func extra(id uint16, size int) func(*zip.FileHeader) {
	return func(h *zip.FileHeader) {
		field := make([]byte, 4+size)
		binary.LittleEndian.PutUint16(field, id)
		binary.LittleEndian.PutUint16(field[2:], uint16(size))
		h.Extra = field
	}
}

func TestEntriesThatCouldEscapeAreRefusedByName(t *testing.T) {
	for name, c := range map[string]struct {
		entry rawEntry
		want  string
	}{
		"parent":         {rawEntry{name: "../../etc/x"}, `entry "../../etc/x" points outside the folder`},
		"inner parent":   {rawEntry{name: "a/../../x"}, "points outside the folder"},
		"own parent":     {rawEntry{name: "a/../b"}, "points outside the folder"},
		"only parent":    {rawEntry{name: ".."}, "points outside the folder"},
		"absolute":       {rawEntry{name: "/etc/x"}, `entry "/etc/x" has an absolute path`},
		"drive":          {rawEntry{name: `C:\x`}, "has a path with a drive"},
		"relative drive": {rawEntry{name: `c:x`}, "has a path with a drive"},
		"backslash":      {rawEntry{name: `a\..\b`}, `entry "a\\..\\b" has a backslash`},
		"share":          {rawEntry{name: `\\host\share`}, "has a backslash"},
		"NUL":            {rawEntry{name: "a\x00b"}, "has a NUL"},
		"no name":        {rawEntry{name: ""}, "has no name"},
		"root as file":   {rawEntry{name: "."}, "has no name"},
		"not UTF-8":      {rawEntry{name: "caf\xe9.py"}, `entry "caf\xe9.py" has a name that is not UTF-8`},
		"256 bytes":      {rawEntry{name: strings.Repeat("n", 256)}, "has a name of 256 bytes, the limit is 255"},
		"symbolic link":  {rawEntry{name: "l", content: "/etc", mode: fs.ModeSymlink | 0o777}, `entry "l" is a symbolic link`},
		"device":         {rawEntry{name: "d", mode: fs.ModeDevice | 0o600}, "is no regular file but a device"},
		"terminal":       {rawEntry{name: "d", mode: fs.ModeDevice | fs.ModeCharDevice | 0o600}, "a device"},
		"named pipe":     {rawEntry{name: "p", mode: fs.ModeNamedPipe | 0o600}, "a named pipe"},
		"socket":         {rawEntry{name: "s", mode: fs.ModeSocket | 0o600}, "a socket"},
		"hard link":      {rawEntry{name: "h", change: extra(0x000d, 20)}, `entry "h" is a link`},
		"ASi link":       {rawEntry{name: "h", change: extra(0x756e, 30)}, `entry "h" is a link`},
		"encrypted":      {rawEntry{name: "e", content: "x", change: func(h *zip.FileHeader) { h.Flags |= 1 }}, `entry "e" is encrypted`},
	} {
		t.Run(name, func(t *testing.T) {
			data := makeZip(t, rawEntry{name: "good.py", content: "x"}, c.entry)
			dest, err := unpack(t, data, Limits{})
			requireRefused(t, dest, err, "zip refused: entry ")
			requireRefused(t, dest, err, c.want)
		})
	}
}

func TestEntriesThatCannotLiveSideBySideAreRefused(t *testing.T) {
	for want, names := range map[string][]string{
		"is there twice":  {"a.py", "a.py"},
		"is there twice ": {"a.py", "./a.py"},
		`entry "A.py" differs from "a.py" in upper and lower case only`: {"a.py", "A.py"},
		`differs from "lib" in upper`:                                   {"lib/a.py", "LIB/b.py"},
		"lies below a file":                                             {"a", "a/b"},
		"is both a file and a folder":                                   {"a/b", "a"},
		"is both a file and a folder ":                                  {"a/", "a"},
		"lies below a file ":                                            {"x/a", "x/a/b/c"},
	} {
		var entries []rawEntry
		for _, name := range names {
			entries = append(entries, rawEntry{name: name})
		}
		dest, err := unpack(t, makeZip(t, entries...), Limits{})
		requireRefused(t, dest, err, strings.TrimSpace(want))
	}
}

func TestWhatIsNoSoundZipGetsAMessageOfItsOwn(t *testing.T) {
	good := makeZip(t, rawEntry{name: "handler.py", content: strings.Repeat("abc", 100)})
	damaged := bytes.Clone(good)
	damaged[bytes.Index(damaged, []byte("abcabc"))] ^= 0x20
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty file":   {nil, "the file is empty"},
		"no zip":       {[]byte("#!/bin/sh\necho\n"), "the file is not a zip"},
		"html":         {[]byte(strings.Repeat("<html>", 500)), "the file is not a zip"},
		"cut":          {good[:len(good)-30], "cut off or damaged"},
		"head only":    {good[:40], "cut off or damaged"},
		"no entries":   {makeZip(t), "it holds no files"},
		"only folders": {makeZip(t, rawEntry{name: "a/"}, rawEntry{name: "./"}), "it holds no files"},
		"checksum":     {damaged, `entry "handler.py" is damaged: its checksum does not match`},
	} {
		t.Run(name, func(t *testing.T) {
			dest, err := unpack(t, c.data, Limits{})
			requireRefused(t, dest, err, c.want)
		})
	}
}

func TestAnEntryWithAnUnknownMethodIsRefused(t *testing.T) {
	h := &zip.FileHeader{Name: "b.py", Method: 12, UncompressedSize64: 3, CompressedSize64: 3}
	data := makeRawZip(t, map[*zip.FileHeader][]byte{h: []byte("BZh")}, h)
	dest, err := unpack(t, data, Limits{})
	requireRefused(t, dest, err, `entry "b.py" is packed with method 12`)
}

// deflated packs n mebibytes of zeros. A flushed stream stands for itself, so
// that one of a mebibyte, repeated, unpacks to n of them.
func deflated(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	one := bytes.Clone(out.Bytes())
	require.NoError(t, w.Close())
	return append(bytes.Repeat(one, n), out.Bytes()[len(one):]...)
}

func TestABombStopsAtTheLimitWhateverItsHeadersSay(t *testing.T) {
	const real = 8 << 20
	packed := deflated(t, real>>20)
	sum := crc32.ChecksumIEEE(make([]byte, real))
	for name, c := range map[string]struct {
		declared uint64
		want     string
	}{
		"honest": {real, "over the limit"},
		"small":  {10, "holds more than the 10 bytes that it declares"},
		"zero":   {0, "holds more than the 0 bytes"},
		"huge":   {1 << 62, "over the limit"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &zip.FileHeader{
				Name: "bomb", Method: zip.Deflate, CRC32: sum,
				CompressedSize64: uint64(len(packed)), UncompressedSize64: c.declared,
			}
			data := makeRawZip(t, map[*zip.FileHeader][]byte{h: packed}, h)
			dest, err := unpack(t, data, Limits{MaxBytes: 1 << 20})
			requireRefused(t, dest, err, c.want)
			requireRefused(t, dest, err, `entry "bomb"`)
		})
	}
	t.Run("declares more than it holds", func(t *testing.T) {
		h := &zip.FileHeader{
			Name: "short", Method: zip.Deflate, CRC32: sum,
			CompressedSize64: uint64(len(packed)), UncompressedSize64: real + 1,
		}
		data := makeRawZip(t, map[*zip.FileHeader][]byte{h: packed}, h)
		dest, err := unpack(t, data, Limits{})
		requireRefused(t, dest, err, "holds less than")
	})
}

func TestTheLimitCountsAllEntriesTogether(t *testing.T) {
	half := strings.Repeat("x", 600)
	data := makeZip(t, rawEntry{name: "a", content: half}, rawEntry{name: "b", content: half})
	dest, err := unpack(t, data, Limits{MaxBytes: 1000})
	requireRefused(t, dest, err, `entry "b" brings the unpacked size over the limit of 1000 bytes`)
	_, err = unpack(t, data, Limits{MaxBytes: 1200})
	require.NoError(t, err)

	// The bytes are counted as they come, too, whatever was added up before.
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	budget, buffer := int64(1000), make([]byte, 64)
	require.NoError(t, copyEntry(context.Background(), io.Discard, member{path: "a", file: r.File[0]}, &budget, buffer))
	assert.Equal(t, int64(400), budget)
	var out bytes.Buffer
	err = copyEntry(context.Background(), &out, member{path: "b", file: r.File[1]}, &budget, buffer)
	require.ErrorContains(t, err, `entry "b" brings the unpacked size over the limit`)
	assert.LessOrEqual(t, out.Len(), 400)
}

func TestAGigabyteInAMegabyteIsStoppedWithLittleMemory(t *testing.T) {
	packed := deflated(t, 1<<10)
	h := &zip.FileHeader{
		Name: "bomb", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: 1 << 20, CRC32: 1,
	}
	data := makeRawZip(t, map[*zip.FileHeader][]byte{h: packed}, h)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	dest, err := unpack(t, data, Limits{})
	runtime.ReadMemStats(&after)
	requireRefused(t, dest, err, "holds more than")
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20<<20))
}

func TestNestedZipsAreNotExpanded(t *testing.T) {
	inner := makeZip(t, rawEntry{name: "../x", content: strings.Repeat("0", 5000)})
	dest, err := unpack(t, makeZip(t, rawEntry{name: "inner.zip", content: string(inner)}), Limits{})
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(dest, "inner.zip"))
	require.NoError(t, err)
	assert.Equal(t, inner, data)
}

// directoryOnly writes a zip that is nothing but a directory with n records.
func directoryOnly(n int, declared uint16) []byte {
	record := make([]byte, 46+1)
	copy(record, "PK\x01\x02")
	binary.LittleEndian.PutUint16(record[28:], 1)
	record[46] = 'f'
	records := bytes.Repeat(record, n)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], declared)
	binary.LittleEndian.PutUint16(end[10:], declared)
	binary.LittleEndian.PutUint32(end[12:], uint32(len(records)))
	return append(records, end...)
}

func TestAMillionEntriesAreRefusedBeforeTheyAreRead(t *testing.T) {
	const million = 1_000_000
	for name, c := range map[string]struct {
		declared uint16
		want     string
	}{
		"declared":    {50_000, "it has 50000 entries, the limit is 10000"},
		"understated": {uint16(million & 0xffff % 10_000), "the limit"},
		"one":         {1, "directory is larger than 10000 entries need"},
	} {
		t.Run(name, func(t *testing.T) {
			data := directoryOnly(million, c.declared)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			dest, err := unpack(t, data, Limits{})
			runtime.ReadMemStats(&after)
			requireRefused(t, dest, err, c.want)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20))
		})
	}
	_, err := unpack(t, makeZip(t, rawEntry{name: "a"}, rawEntry{name: "b"}, rawEntry{name: "c"}), Limits{MaxEntries: 2})
	assert.ErrorContains(t, err, "it has 3 entries, the limit is 2")
}

func TestOverlappingEntriesAreRefused(t *testing.T) {
	data := makeZip(t, rawEntry{name: "a.txt", content: "0123456789"}, rawEntry{name: "b.txt", content: "0123456789"})
	// The second record of the directory is pointed at the first entry's header.
	second := bytes.LastIndex(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[second+42:], 0)
	dest, err := unpack(t, data, Limits{})
	requireRefused(t, dest, err, `entry "b.txt" overlaps entry "a.txt"`)
}

func TestAnEntryThatReachesPastTheEndIsRefused(t *testing.T) {
	data := makeZip(t, rawEntry{name: "a.txt", content: "0123456789"})
	record := bytes.LastIndex(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[record+20:], 1<<30)
	dest, err := unpack(t, data, Limits{})
	requireRefused(t, dest, err, `entry "a.txt" is cut off`)
	binary.LittleEndian.PutUint32(data[record+42:], 1<<20)
	dest, err = unpack(t, data, Limits{})
	requireRefused(t, dest, err, `entry "a.txt" is damaged: its header cannot be read`)
}

func TestAPackedZipOverTheLimitIsRefusedWithBothNumbers(t *testing.T) {
	data := makeZip(t, rawEntry{name: "a.txt", content: strings.Repeat("x", 1000)})
	dest, err := unpack(t, data, Limits{MaxPackedBytes: 100})
	requireRefused(t, dest, err, fmt.Sprintf("it has %s, the limit is 100 bytes", byteCount(int64(len(data)))))
}

func TestUnpackKeepsContentAndOnlyTheExecutableBit(t *testing.T) {
	awkward := "line\nbreak \x1b[2J " + strings.Repeat("n", 236)
	data := makeZip(t,
		rawEntry{name: "./"}, rawEntry{name: "./handler.py", content: goodHandler, mode: 0o666},
		rawEntry{name: "lib/", mode: fs.ModeDir | 0o777}, rawEntry{name: "lib/tool.sh", content: "#!/bin/sh", mode: fs.ModeSetuid | 0o777},
		rawEntry{name: "empty/"}, rawEntry{name: awkward, content: "x"},
	)
	dest, err := unpack(t, data, Limits{})
	require.NoError(t, err)
	for name, mode := range map[string]fs.FileMode{
		"handler.py": 0o600, "lib/tool.sh": 0o700, "lib": fs.ModeDir | 0o700, "empty": fs.ModeDir | 0o700, awkward: 0o600,
	} {
		info, err := os.Lstat(filepath.Join(dest, name))
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode(), name)
	}
	text, err := os.ReadFile(filepath.Join(dest, "handler.py"))
	require.NoError(t, err)
	assert.Equal(t, goodHandler, string(text))
}

func TestUnpackWantsAnEmptyFolderAndLeavesAFullOneAlone(t *testing.T) {
	dest := writeTree(t, map[string]string{"mine.txt": "x"})
	data := makeZip(t, rawEntry{name: "a.py"})
	err := Unpack(context.Background(), bytes.NewReader(data), int64(len(data)), dest, Limits{})
	require.ErrorContains(t, err, "is not empty")
	assert.FileExists(t, filepath.Join(dest, "mine.txt"))
	err = Unpack(context.Background(), bytes.NewReader(data), int64(len(data)), filepath.Join(dest, "missing"), Limits{})
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestACancelledUnpackRemovesWhatItWrote(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	data := makeZip(t, rawEntry{name: "a/1.py", content: "x"}, rawEntry{name: "b/2.py", content: strings.Repeat("y", 300_000)})
	dest := t.TempDir()
	// The archive cancels once the second entry's content is read.
	archive := readerAtFunc(func(p []byte, at int64) (int, error) {
		n, err := bytes.NewReader(data).ReadAt(p, at)
		if n > 0 && bytes.HasPrefix(p[:n], []byte("yyyy")) {
			cancel()
		}
		return n, err
	})
	err := Unpack(ctx, archive, int64(len(data)), dest, Limits{})
	require.ErrorIs(t, err, context.Canceled)
	left, listErr := os.ReadDir(dest)
	require.NoError(t, listErr)
	assert.Empty(t, left)
}

type readerAtFunc func([]byte, int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, at int64) (int, error) { return f(p, at) }

func FuzzUnpack(f *testing.F) {
	f.Add(makeZip(f, rawEntry{name: "handler.py", content: goodHandler}, rawEntry{name: "a/b.txt", content: "x"}))
	f.Add(makeZip(f, rawEntry{name: "../x", content: "x"}, rawEntry{name: `a\..\b`}))
	f.Add(makeZip(f, rawEntry{name: "l", content: "..", mode: fs.ModeSymlink | 0o777}, rawEntry{name: "l/x", content: "x"}))
	f.Add(directoryOnly(3, 3))
	f.Add([]byte("PK\x03\x04"))
	limits := Limits{MaxBytes: 4096, MaxEntries: 16, MaxPackedBytes: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		dest, err := unpack(t, data, limits)
		var total int64
		var entries int
		walkErr := filepath.WalkDir(dest, func(path string, d fs.DirEntry, walkErr error) error {
			if walkErr != nil || path == dest {
				return walkErr
			}
			entries++
			info, infoErr := d.Info()
			if infoErr != nil {
				return infoErr
			}
			assert.Zero(t, info.Mode()&^(fs.ModeDir|0o700), "%q has mode %s", path, info.Mode())
			if info.Mode().IsRegular() {
				total += info.Size()
			}
			return nil
		})
		require.NoError(t, walkErr)
		assert.LessOrEqual(t, total, limits.MaxBytes)
		if err != nil {
			assert.Zero(t, entries, "a refused zip left something behind")
			var e *client.Error
			assert.ErrorAs(t, err, &e)
			return
		}
		assert.NotZero(t, entries)
	})
}
