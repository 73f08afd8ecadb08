package jsondata

import (
	"bytes"
	"cmp"
	"fmt"

	"fndeck/client"
)

// defaultDepth is the deepest nesting that is accepted unless Options say
// otherwise. encoding/json, which the backends' clients use, stops at the same.
const defaultDepth = 10000

// maxWarnings bounds the list, because a pasted log can hold one per line.
const maxWarnings = 20

// byteOrderMark is what some editors put before UTF-8 text. JSON forbids it.
var byteOrderMark = []byte("\ufeff")

// Options say what a backend accepts.
type Options struct {
	// Name is what errors call the document; empty means data.
	Name string
	// UniqueKeys refuses an object that has a key twice, which otherwise is a
	// warning.
	UniqueKeys bool
	// MustBeObject refuses any other value at the top.
	MustBeObject bool
	// LimitBytes bounds the document without its byte order mark; 0 is no limit.
	LimitBytes int64
	// MaxDepth bounds the nesting; 0 means 10000.
	MaxDepth int
}

// Report is what Check found in a document that passed.
type Report struct {
	// Data is the operator's bytes without a byte order mark. It shares memory
	// with the input.
	Data []byte
	// Warnings are sentences about what passed and may surprise.
	Warnings []string
}

// Check validates one JSON document. The error is a *client.Error of
// CodeInvalid, "data, line 3 column 14: …", or of CodeLimit where the document
// is too large. Columns count characters and start with 1.
func Check(data []byte, opts Options) (Report, error) {
	report, name := Report{Data: data}, cmp.Or(opts.Name, "data")
	if body, found := bytes.CutPrefix(data, byteOrderMark); found {
		report.Data = body
		report.Warnings = append(report.Warnings, "a byte order mark at the start was removed")
	}
	if size := int64(len(report.Data)); opts.LimitBytes > 0 && size > opts.LimitBytes {
		return Report{}, &client.Error{
			Code:    client.CodeLimit,
			Message: fmt.Sprintf("%s has %s, the limit is %s", name, byteCount(size), byteCount(opts.LimitBytes)),
		}
	}
	depth := opts.MaxDepth
	if depth <= 0 {
		depth = defaultDepth
	}
	s := scanner{data: report.Data, maxDepth: depth, mustBeObject: opts.MustBeObject}
	if f := s.run(); f != nil {
		return Report{}, client.Invalidf("%s, %s: %s", name, locate(report.Data, f.offset), f.rule)
	}
	if opts.UniqueKeys && len(s.duplicates) > 0 {
		twice := s.duplicates[0]
		return Report{}, client.Invalidf("%s, %s: key %s is already in %s", name, locate(report.Data, twice.second), quoted(twice.key), locate(report.Data, twice.first))
	}
	report.Warnings = append(report.Warnings, s.duplicateWarnings()...)
	return report, nil
}

// byteCount gives both the figure that is compared and one that is read.
func byteCount(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d bytes (%.1f kB)", n, float64(n)/1e3)
	default:
		return fmt.Sprintf("%d bytes (%.1f MB)", n, float64(n)/1e6)
	}
}
