package own

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryRouteThatChangesSomethingIsWrittenDown(t *testing.T) {
	for _, r := range New(nil, Config{}).router.Routes {
		assert.Equal(t, r.Method == "GET", r.Action == "", "%s %s", r.Method, r.Pattern)
	}
}
