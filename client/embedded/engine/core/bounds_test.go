//go:build linux

package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// entries are n keys.
func entries(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprint("k", i)] = "v"
	}
	return all
}

func TestARedeployIsHeldToTheBoundsOfANewFunction(t *testing.T) {
	r := newRig(t, nil)
	source := map[string]string{"handler.py": one}
	f, file := r.handler(one), r.file(source)
	path := func(p string) *string { return &p }
	for name, c := range map[string]struct {
		change  Change
		message string
	}{
		"too many secrets":       {Change{Secrets: entries(31)}, "secrets has 31 keys, the limit is 30"},
		"a secret's odd name":    {Change{Secrets: map[string]string{"a.b": "v"}}, `secrets: key "a.b" must be`},
		"a secret's long name":   {Change{Secrets: map[string]string{strings.Repeat("k", 65): "v"}}, "must be 1 to 64 letters"},
		"too many variables":     {Change{EnvVars: entries(101)}, "envVars has 101 keys, the limit is 100"},
		"a variable's odd name":  {Change{EnvVars: map[string]string{"A=B": "v"}}, `environment variable "A=B" may have`},
		"a NUL in a variable":    {Change{EnvVars: map[string]string{"A": "\x00"}}, "NUL"},
		"a long path":            {Change{FunctionPath: path(strings.Repeat("p", 498) + ".py")}, "functionPath is 501 characters"},
		"a path of another kind": {Change{FunctionPath: path("a.txt")}, "must end in .py"},
	} {
		t.Run(name, func(t *testing.T) {
			n := NewFunction{Name: "g", FileID: file, Secrets: c.change.Secrets, EnvVars: c.change.EnvVars}
			if c.change.FunctionPath != nil {
				n.FunctionPath = *c.change.FunctionPath
			}
			_, created := r.Create(r.ctx, n)
			var refused *client.Error
			require.ErrorAs(t, created, &refused)
			assert.ErrorContains(t, created, c.message)
			_, err := r.Redeploy(r.ctx, f.ID, file, c.change)
			assert.Equal(t, created, err)
		})
	}
	v, err := r.View(f.ID)
	require.NoError(t, err)
	assert.Equal(t, 1, v.Function.Latest, "nothing of it was stored")
	_, err = r.Redeploy(r.ctx, f.ID, file, Change{Secrets: entries(30), EnvVars: entries(100)})
	require.NoError(t, err)
	r.settled(f.ID)
}
