package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkALineOfTheAuditTrail compares a line with a bare append of its bytes.
func BenchmarkALineOfTheAuditTrail(b *testing.B) {
	a, err := OpenAudit(filepath.Join(b.TempDir(), AuditFile), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	e := Entry{Time: time.Unix(1, 0), User: "operator", Remote: "socket", Action: "functions.call", Object: "call 9001, function 7", Result: "ok"}
	plain, err := os.OpenFile(filepath.Join(b.TempDir(), "plain"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	line := bytes.Repeat([]byte("x"), 150)
	began := time.Now()
	for range b.N {
		_, _ = plain.Write(line)
	}
	floor := time.Since(began)
	began = time.Now()
	b.ResetTimer()
	for range b.N {
		if err := a.Record(e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(began))/float64(floor), "x-append")
}
