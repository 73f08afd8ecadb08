package pack

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestEveryExampleFunctionPassesThePreview(t *testing.T) {
	examples, err := os.ReadDir("../../testdata/functions")
	require.NoError(t, err)
	require.Len(t, examples, 10)
	entries := map[string]string{"function-path": "src/jobs/nightly.py"}
	for _, e := range examples {
		for _, python := range []string{"", lookPython()} {
			p := scan(t, filepath.Join("../../testdata/functions", e.Name()), Options{FunctionPath: entries[e.Name()], Python: python})
			assert.Empty(t, messages(p.Findings), e.Name())
			assert.Contains(t, p.Entry, " handle(", e.Name())
			_, err := p.Pack(context.Background())
			assert.NoError(t, err, e.Name())
		}
	}
}

func TestWhatNoFunctionNeedsIsLeftOutAndListed(t *testing.T) {
	root := writeTree(t, map[string]string{
		"handler.py": goodHandler, "lib/__init__.py": "", "lib/a.py": "x", "lib/__pycache__/a.pyc": "x", "lib/old.pyc": "x",
		".git/config": "x", ".venv/bin/python": "x", "node_modules/x/y.js": "x", ".env": "A=1", "tls.pem": "x", "empty/": "",
		".fndeckignore": "# mine\n*.csv\n!keep.csv\n/docs/\n", "data.csv": "x", "keep.csv": "x", "docs/a.md": "x", "lib/docs/a.md": "x",
	})
	p := scan(t, root, Options{})
	assert.Equal(t, []string{"handler.py", "keep.csv", "lib/__init__.py", "lib/a.py", "lib/docs/a.md"}, paths(p.Files))
	assert.Equal(t, []Ignored{
		{".env", "default: .env*"},
		{".fndeckignore", "default: .fndeckignore"},
		{".git/", "default: .git"},
		{".venv/", "default: .venv"},
		{"data.csv", ".fndeckignore:2: *.csv"},
		{"docs/", ".fndeckignore:4: /docs/"},
		{"lib/__pycache__/", "default: __pycache__"},
		{"lib/old.pyc", "default: *.pyc"},
		{"node_modules/", "default: node_modules"},
		{"tls.pem", "default: *.pem"},
	}, p.Ignored)
	assert.Empty(t, p.Findings)
	assert.Equal(t, int64(len(goodHandler)+3), p.TotalBytes)
	assert.Equal(t, "handler.py:1 handle(client, data)", p.Entry)
	assert.Equal(t, root, p.Root)
}

func TestASecretThatIsTakenBackNeedsAYes(t *testing.T) {
	root := writeTree(t, map[string]string{
		"handler.py": goodHandler, ".env": "A=1", "ca.pem": "x", "id_rsa": "x", "conf/My-Credentials.json": "{}", "venv/a.py": "x", "id_rsa.pub": "x",
	})
	p := scan(t, root, Options{})
	assert.Equal(t, []string{
		"conf/My-Credentials.json: looks like a secret and would be uploaded", "id_rsa: looks like a secret and would be uploaded",
	}, messages(p.NeedConfirmation()))
	p = scan(t, root, Options{TakeBack: []string{"ca.pem", "venv/"}})
	assert.Contains(t, paths(p.Files), "ca.pem")
	assert.Contains(t, paths(p.Files), "venv/a.py")
	assert.NotContains(t, paths(p.Files), ".env")
	assert.Contains(t, messages(p.NeedConfirmation()), "ca.pem: looks like a secret and would be uploaded")
	assert.Empty(t, p.Blocking())
}

func TestSpecialFilesAreListedAndNeverOpened(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "real/a.py": "x"})
	outside := writeTree(t, map[string]string{"secret.txt": "x"})
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, ".fndeckignore"), 0o600))
	listener, err := net.Listen("unix", filepath.Join(root, "s"))
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	for link, target := range map[string]string{
		"loop": "loop", "up": "..", "self": ".", "real/back": "../real", "out.txt": filepath.Join(outside, "secret.txt"), "broken": "nowhere",
		"inside.py": "handler.py", "piped": "pipe", "relative-out": "../" + filepath.Base(outside) + "/secret.txt",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(root, link)))
	}
	p := scan(t, root, Options{})
	assert.Equal(t, []string{"handler.py", "inside.py", "real/a.py"}, paths(p.Files))
	const leaves = "symbolic link: leaves the folder, is broken or goes in a circle"
	assert.Equal(t, []Ignored{
		{".fndeckignore", "default: .fndeckignore"},
		{"broken", leaves},
		{"loop", leaves},
		{"out.txt", leaves},
		{"pipe", "named pipe"},
		{"piped", "symbolic link to a named pipe"},
		{"real/back", "symbolic link to a folder"},
		{"relative-out", leaves},
		{"s", "socket"},
		{"self", "symbolic link to a folder"},
		{"up", leaves},
	}, p.Ignored)
	assert.Equal(t, []string{".fndeckignore: cannot be read: it is no regular file any more"}, messages(p.Blocking()))

	_, err = Scan(context.Background(), filepath.Join(root, "pipe"), Options{})
	assert.ErrorContains(t, err, "is neither a folder, a zip nor a notebook but a named pipe")
	_, err = Scan(context.Background(), filepath.Join(root, "missing"), Options{})
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func TestAFileThatCannotBeReadIsNamedBeforeTheUpload(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can read everything")
	}
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "locked.txt": "x", "locked/a.py": "x"})
	require.NoError(t, os.Chmod(filepath.Join(root, "locked.txt"), 0))
	p := scan(t, root, Options{})
	assert.Equal(t, []string{"locked.txt: cannot be read: permission denied"}, messages(p.Blocking()))
	require.NoError(t, os.Chmod(filepath.Join(root, "locked"), 0))
	p = scan(t, root, Options{})
	assert.Equal(t, []string{"locked: cannot be read: permission denied"}, messages(p.Blocking()))
	require.NoError(t, os.Chmod(filepath.Join(root, "locked"), 0o700))
}

func TestManyAndLargeFilesAreCountedBeforeTheyAreRead(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler})
	for i := range 300 {
		require.NoError(t, writeFile(filepath.Join(root, fmt.Sprintf("f%03d.txt", i)), "x"))
	}
	// Sparse files have a size and no content: reading 5 GiB would be noticed.
	large, err := os.Create(filepath.Join(root, "large.bin"))
	require.NoError(t, err)
	require.NoError(t, large.Truncate(5<<30))
	require.NoError(t, large.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := scan(t, root, Options{Limits: Limits{MaxEntries: 100}})
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
	blocking := strings.Join(messages(p.Blocking()), "\n")
	assert.Contains(t, blocking, "the folder has 302 files, the limit is 100")
	assert.Contains(t, blocking, "(5368.7 MB), the limit is 512000000 bytes (512.0 MB)")
	assert.Len(t, p.Files, 100)
	_, err = p.Pack(context.Background())
	assert.ErrorContains(t, err, "the limit is 100")
}

// cancelAfter is a context that is cancelled once it was looked at n times.
type cancelAfter struct {
	context.Context
	cancel context.CancelFunc
	looks  int
}

func (c *cancelAfter) Err() error {
	if c.looks--; c.looks == 0 {
		c.cancel()
	}
	return c.Context.Err()
}

func TestACancelledScanEndsAtTheNextBatch(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "a/b/c/d.py": "x"})
	for i := range 3 * dirBatch {
		require.NoError(t, writeFile(filepath.Join(root, fmt.Sprintf("f%04d.txt", i)), "x"))
	}
	for looks := 1; looks <= 12; looks++ {
		inner, cancel := context.WithCancel(context.Background())
		ctx := &cancelAfter{Context: inner, cancel: cancel, looks: looks}
		_, err := Scan(ctx, root, Options{})
		require.ErrorIs(t, err, context.Canceled)
		assert.GreaterOrEqual(t, ctx.looks, -4, "it went on after the cancel")
		cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	handle, err := os.OpenRoot(root)
	require.NoError(t, err)
	defer func() { _ = handle.Close() }()
	p := Preview{Root: root, limits: Limits{}.orDefaults()}
	_, err = p.walk(ctx, folder{handle}, Options{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, p.Files, "it counted on after the cancel")
	p.Files = []File{{Path: "handler.py"}}
	require.ErrorIs(t, p.checkReadable(ctx, folder{handle}), context.Canceled)
}

func TestAwkwardFileNamesArePackedOrRefusedClearly(t *testing.T) {
	awkward := []string{"line\nbreak.py", "\x1b[2Jclear.py", strings.Repeat("n", 255), "spa ce", "\u202ertl.py", "å.py"}
	files := map[string]string{"handler.py": goodHandler}
	for _, name := range awkward {
		files[name] = name
	}
	p := scan(t, writeTree(t, files), Options{})
	require.Empty(t, p.Blocking())
	assert.Subset(t, paths(p.Files), awkward)
	code, err := p.Pack(context.Background())
	require.NoError(t, err)
	dest, err := unpack(t, code.Zip, Limits{})
	require.NoError(t, err)
	for _, name := range awkward {
		text, err := os.ReadFile(filepath.Join(dest, name))
		require.NoError(t, err)
		assert.Equal(t, name, string(text))
	}

	for name, want := range map[string]string{
		"caf\xe9.py": `the file "caf\xe9.py" has a name that is not UTF-8`,
		`a\b.py`:     `the file "a\\b.py" has a backslash in its path`,
		"HANDLER.py": "differs from",
	} {
		p := scan(t, writeTree(t, map[string]string{"handler.py": goodHandler, name: "x"}), Options{})
		require.Len(t, p.Blocking(), 1, name)
		assert.Contains(t, p.Blocking()[0].Message, want)
	}
}

func TestAZipIsJudgedByTheRulesOfUnpack(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	bad := put("handler.zip", makeZip(t, rawEntry{name: "handler.py"}, rawEntry{name: "../../etc/x"}))
	_, err := Scan(context.Background(), bad, Options{})
	assert.EqualError(t, err, `handler.zip refused: entry "../../etc/x" points outside the folder`)
	damaged := makeZip(t, rawEntry{name: "handler.py", content: "abcdefgh"})
	damaged[strings.Index(string(damaged), "abcd")] = 'X'
	_, err = Scan(context.Background(), put("damaged.zip", damaged), Options{})
	assert.EqualError(t, err, `damaged.zip refused: entry "handler.py" is damaged: its checksum does not match`)
	_, err = Scan(context.Background(), put("text.zip", []byte("hello")), Options{})
	assert.EqualError(t, err, "text.zip refused: the file is not a zip")

	good := put("good.zip", makeZip(t, rawEntry{name: "./handler.py", content: goodHandler}, rawEntry{name: "lib/"}, rawEntry{name: ".env", content: "A=1"}))
	p := scan(t, good, Options{Python: lookPython()})
	assert.True(t, p.IsZip)
	assert.Equal(t, []string{".env", "handler.py"}, paths(p.Files))
	assert.Equal(t, "handler.py:1 handle(client, data)", p.Entry)
	assert.Equal(t, []string{
		".env: looks like a secret and would be uploaded",
		"a folder would leave out 1 of these files (default: .env*): a zip is packed as it is",
	}, messages(p.Findings))
}

func TestAZipThatHoldsTheFolderIsOfferedTheRightRoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.zip")
	data := makeZip(t, rawEntry{name: "myfn/handler.py", content: goodHandler}, rawEntry{name: "myfn/lib/a.py"})
	require.NoError(t, os.WriteFile(path, data, 0o600))
	p := scan(t, path, Options{})
	require.Len(t, p.Blocking(), 1)
	assert.Equal(t, `handler.py: the entry file is missing: the zip holds the folder "myfn" instead of its content; `+
		`take "myfn" as the root, or set the function path to myfn/handler.py`, p.Blocking()[0].String())
	assert.Equal(t, "myfn", p.SuggestedRoot)

	p = scan(t, path, Options{Root: p.SuggestedRoot})
	assert.Empty(t, p.Blocking())
	assert.Equal(t, []string{"handler.py", "lib/a.py"}, paths(p.Files))
	code, err := p.Pack(context.Background())
	require.NoError(t, err)
	dest, err := unpack(t, code.Zip, Limits{})
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(dest, "lib", "a.py"))

	folder := writeTree(t, map[string]string{"one/handler.py": goodHandler, "readme.txt": ""})
	p = scan(t, folder, Options{})
	require.Len(t, p.Blocking(), 1)
	assert.Contains(t, p.Blocking()[0].Message, `there is one in the folder "one"`)
}
