package output

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestYAMLKeepsOrderNumbersAndNesting(t *testing.T) {
	const text = `{"z":9007199254740993,"a":{"empty":{},"none":[],"list":[1,{"k":"v","n":null},[true,[]]]},"y":"x: #","1e3":1e400}`
	got, err := yamlFromJSON([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, `z: 9007199254740993
a:
  empty: {}
  none: []
  list:
    - 1
    - k: "v"
      "n": null
    - - true
      - []
"y": "x: #"
"1e3": 1e400
`, string(got))
}

func FuzzYAMLMeansTheSameAsItsJSON(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}],"c":"x\u001b\u0085\n"}`)
	f.Add(`[[],{},[[1]],"- x"]`)
	f.Add(`"\u2028\u202e"`)
	f.Fuzz(func(t *testing.T, text string) {
		var want any
		if !utf8.ValidString(text) || json.Unmarshal([]byte(text), &want) != nil || len(text) > 300 {
			return
		}
		// Our own values have no key twice, which YAML refuses.
		single, err := json.Marshal(want)
		require.NoError(t, err)
		out, err := yamlFromJSON(single)
		require.NoError(t, err)
		out = Inert(out)
		requireInert(t, string(out))
		var got any
		require.NoError(t, yaml.Unmarshal(out, &got), string(out))
		require.Equal(t, want, plainNumbers(got), string(out))
	})
}

// plainNumbers makes every number a float64, as JSON reads it.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}

func FuzzInertJSONMeansTheSame(f *testing.F) {
	f.Add(`{"a":"\u0085` + "\u009b\u202e\U000e0041" + `"}`)
	f.Add("\"\x80\xff\"")
	f.Fuzz(func(t *testing.T, text string) {
		out := Inert([]byte(text))
		require.False(t, strings.ContainsFunc(string(out), obeyed))
		var want, got any
		if json.Unmarshal([]byte(text), &want) != nil {
			return
		}
		require.NoError(t, json.Unmarshal(out, &got))
		require.Equal(t, want, got)
	})
}

// requireInert fails on whatever a terminal would obey.
func requireInert(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		require.False(t, r != '\n' && (r < ' ' || obeyed(r)), "%q holds %U", text, r)
	}
}
