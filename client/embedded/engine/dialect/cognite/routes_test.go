package cognite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryRouteThatChangesSomethingIsWrittenDown(t *testing.T) {
	for _, r := range New(nil, nil).projects.Routes {
		reads := r.Method == "GET"
		for _, read := range []string{"list", "byids", "status", "uploadlink", "downloadlink", "multipartupload"} {
			reads = reads || strings.HasSuffix(r.Pattern, read)
		}
		assert.Equal(t, reads, r.Action == "", "%s %s", r.Method, r.Pattern)
	}
}
