package pack

import (
	"fmt"

	"fndeck/client"
)

// Options say what the code will be deployed with.
type Options struct {
	// FunctionPath is the entry file relative to the root; empty is handler.py.
	FunctionPath string
	// Root is a folder inside the zip that is taken as its root, for a zip that
	// holds a folder instead of its content; Preview.SuggestedRoot offers it. For
	// a folder, scan that folder itself.
	Root string
	// TakeBack lists ignored paths, as Preview.Ignored names them, that are
	// packed all the same this time.
	TakeBack []string
	// Python is an interpreter for the syntax check; empty leaves it to a reading
	// of the lines, which sees less.
	Python string
	// IndexURL and ExtraIndexURLs are where requirements come from.
	IndexURL       client.Secret
	ExtraIndexURLs []client.Secret
	// KeptExtraIndexes counts the extra indexes that the function has already and
	// that nobody wants another yes for.
	KeptExtraIndexes int
	// Limits bound what is packed; zero fields take the defaults.
	Limits Limits
}

// Defaults of Limits. They are fndeck's own, above what any backend takes.
const (
	DefaultMaxBytes       = 512_000_000
	DefaultMaxEntries     = 10_000
	DefaultMaxPackedBytes = 256_000_000
)

// Limits bound an archive.
type Limits struct {
	// MaxBytes bounds the sum of the unpacked files.
	MaxBytes int64
	// MaxEntries bounds the number of files, in a zip of files and folders.
	MaxEntries int64
	// MaxPackedBytes bounds the archive itself.
	MaxPackedBytes int64
}

func (l Limits) orDefaults() Limits {
	set := func(v *int64, otherwise int64) {
		if *v <= 0 {
			*v = otherwise
		}
	}
	set(&l.MaxBytes, DefaultMaxBytes)
	set(&l.MaxEntries, DefaultMaxEntries)
	set(&l.MaxPackedBytes, DefaultMaxPackedBytes)
	return l
}

// Preview is what would be uploaded, and what speaks against it.
type Preview struct {
	// Root is the absolute path of the folder, zip or notebook, or the name of a zip
	// that is in memory; IsZip and IsNotebook tell which.
	Root              string
	IsZip, IsNotebook bool
	// Files are what would be packed, sorted by path. Past the limit of entries
	// the list stops and a finding tells the count.
	Files []File
	// Ignored are left out, sorted by path, each with the rule that did it.
	// Folders end in "/" and their content is not listed.
	Ignored []Ignored
	// Findings are sorted by level, worst first.
	Findings []Finding
	// TotalBytes is the sum of all files' sizes.
	TotalBytes int64
	// Entry names the entry point: "handler.py:12 handle(client, data)". It is
	// empty if there is none.
	Entry string
	// SuggestedRoot is a folder below the root that holds the entry file, which
	// the root lacks; usually empty.
	SuggestedRoot string
	// Requirements are the lines of requirements.txt that name packages, with
	// credentials in URLs masked.
	Requirements []string

	limits  Limits
	zipRoot string
	made    memory // what was made of a notebook
	held    []byte // a zip that is in no file
}

// File is one file that would be packed. Path is relative, with slashes.
type File struct {
	Path      string
	SizeBytes int64
}

// Ignored is a path that is left out.
type Ignored struct{ Path, Rule string }

// Finding is something that the operator should know before the upload.
type Finding struct {
	Level Level
	// Path and Line say where, as far as that is known: Path may be empty and
	// Line 0.
	Path    string
	Line    int
	Message string
}

// Level says what a finding asks for.
type Level int

// The levels: Warn informs, Confirm needs a yes, Block forbids the upload.
const (
	Warn Level = iota
	Confirm
	Block
)

// String returns the level's word.
func (l Level) String() string {
	switch l {
	case Warn:
		return "warning"
	case Confirm:
		return "confirm"
	default:
		return "blocks"
	}
}

// String is the finding in one line: "handler.py:3: …".
func (f Finding) String() string {
	switch {
	case f.Path == "":
		return f.Message
	case f.Line == 0:
		return f.Path + ": " + f.Message
	default:
		return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Message)
	}
}

// Blocking returns the findings that forbid the upload.
func (p Preview) Blocking() []Finding { return p.at(Block) }

// NeedConfirmation returns the findings that need a yes.
func (p Preview) NeedConfirmation() []Finding { return p.at(Confirm) }

func (p Preview) at(level Level) []Finding {
	var found []Finding
	for _, f := range p.Findings {
		if f.Level == level {
			found = append(found, f)
		}
	}
	return found
}

func (p *Preview) add(level Level, path string, line int, format string, args ...any) {
	p.Findings = append(p.Findings, Finding{level, path, line, fmt.Sprintf(format, args...)})
}

// byteCount gives the exact figure and one that is read, in decimal units as the
// limits of the backends are.
func byteCount(n int64) string {
	const kB, mB = 1000, 1_000_000
	switch {
	case n < kB:
		return fmt.Sprintf("%d bytes", n)
	case n < mB:
		return fmt.Sprintf("%d bytes (%.1f kB)", n, float64(n)/kB)
	default:
		return fmt.Sprintf("%d bytes (%.1f MB)", n, float64(n)/mB)
	}
}
