package cognite

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"fndeck/client"
)

// rightFor is the capability that a request below the project's root needs, as the
// service names it (API reference 20230101, functions, files and sessions; SDK
// 8.13.0).
func rightFor(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	last := path[strings.LastIndex(path, "/")+1:]
	switch {
	case path == "/sessions":
		return "sessionsAcl:CREATE"
	case path == "/sessions/revoke":
		return "sessionsAcl:DELETE"
	case strings.HasPrefix(path, "/sessions"):
		return "sessionsAcl:LIST"
	case strings.HasPrefix(path, "/files"):
		return "filesAcl:" + access(method, last)
	}
	return "functionsAcl:" + access(method, last)
}

// access is READ for what only looks: what is got, and the lists and look-ups that
// are posted.
func access(method, last string) string {
	if method == http.MethodGet || last == "list" || last == "byids" || last == "downloadlink" {
		return "READ"
	}
	return "WRITE"
}

// named has the refusal of a request say which right is missing, and where; the
// service often says no more than that access is denied.
func (b *Backend) named(err error, method, path string) error {
	var e *client.Error
	if !errors.As(err, &e) || e.Code != client.CodeForbidden || e.Hint != "" {
		return err
	}
	e.Hint = fmt.Sprintf("the identity needs %s in project %s: an administrator of the project grants it to one of its groups", rightFor(method, path), b.c.Project)
	return err
}
