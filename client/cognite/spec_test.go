package cognite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// many are n entries with short names.
func many[T any](n int, value T) map[string]T {
	all := map[string]T{}
	for i := range n {
		all[fmt.Sprintf("k%d", i)] = value
	}
	return all
}

func TestWhatAProjectWouldRefuseIsSaidBeforeAnythingIsSent(t *testing.T) {
	long := func(n int) string { return strings.Repeat("å", n) }
	for name, c := range map[string]struct {
		spec client.FunctionSpec
		says string
	}{
		"no name":           {client.FunctionSpec{}, "needs a name"},
		"long name":         {client.FunctionSpec{Name: long(141)}, "the name has 141 characters, Cognite takes 140"},
		"long external id":  {client.FunctionSpec{Name: "n", ExternalID: long(256)}, "external id has 256"},
		"long description":  {client.FunctionSpec{Name: "n", Description: long(501)}, "description has 501"},
		"long owner":        {client.FunctionSpec{Name: "n", Owner: long(129)}, "owner has 129"},
		"long path":         {client.FunctionSpec{Name: "n", FunctionPath: long(501)}, "function path has 501"},
		"many secrets":      {client.FunctionSpec{Name: "n", Secrets: many(31, client.Secret{})}, "31 secrets, Cognite takes 30"},
		"many variables":    {client.FunctionSpec{Name: "n", EnvVars: many(101, "")}, "101 environment variables, Cognite takes 100"},
		"a variable's name": {client.FunctionSpec{Name: "n", EnvVars: map[string]string{"a-b": ""}}, `environment variable "a-b"`},
		"much metadata":     {client.FunctionSpec{Name: "n", Metadata: many(17, "")}, "17 entries of metadata, Cognite takes 16"},
		"long key":          {client.FunctionSpec{Name: "n", Metadata: map[string]string{long(33): ""}}, "has 33 characters, Cognite takes 32"},
		"long value":        {client.FunctionSpec{Name: "n", Metadata: map[string]string{"k": long(513)}}, "has 513 characters, Cognite takes 512"},
		"heavy metadata":    {client.FunctionSpec{Name: "n", Metadata: many(16, strings.Repeat("x", 300))}, "bytes, Cognite takes 4096"},
	} {
		err := CheckSpec(c.spec)
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), c.says, name)
	}
	assert.NoError(t, CheckSpec(client.FunctionSpec{
		Name: long(140), ExternalID: long(255), Description: long(500), Owner: long(128), FunctionPath: long(500),
		Secrets: many(30, client.Secret{}), EnvVars: many(100, ""), Metadata: many(16, strings.Repeat("x", 200)),
	}))
}

func TestCoresAndMemoryBeyondTheProjectsAreRefusedWithBothNumbers(t *testing.T) {
	l := Limits{CPUCores: client.Range{Min: 1, Max: 3}, MemoryGB: client.Range{Min: 1.5, Max: 5}}
	assert.ErrorContains(t, l.CheckSpec(client.FunctionSpec{CPU: 4}), "4 CPU cores are asked for, the project offers 1 to 3")
	assert.ErrorContains(t, l.CheckSpec(client.FunctionSpec{MemoryGB: 8}), "8 GB of memory are asked for, the project offers 1.5 to 5")
	assert.NoError(t, l.CheckSpec(client.FunctionSpec{CPU: 0.1, MemoryGB: 5}))
	assert.NoError(t, Limits{}.CheckSpec(client.FunctionSpec{CPU: 9}))
}
