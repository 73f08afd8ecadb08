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

func TestATableGivesUpTextOfItsLastColumnBeforeItWrapsInATerminal(t *testing.T) {
	calls := Sheet{Header: []string{"ID", "RESULT"}, Wide: []string{"LOG"}, Rows: []Row{{Cells: []string{"1001", `{"greeting":"Hello"}`, "12"}}}}
	printed := func(width int, format string) string {
		var out strings.Builder
		require.NoError(t, Printer{Out: &out, Width: width}.Print(calls, format))
		return out.String()
	}
	assert.Equal(t, "ID    RESULT\n1001  {\"greetin…\n", printed(16, Table))
	const whole = "ID    RESULT\n1001  {\"greeting\":\"Hello\"}\n"
	assert.Equal(t, whole, printed(0, Table), "a pipe gets all")
	assert.Equal(t, whole, printed(10, Table), "a stump would say nothing")
	assert.Contains(t, printed(16, Wide), `{"greeting":"Hello"}`)
}

func TestABlockIsALineForEachColumnOnATerminalAndARowInAPipe(t *testing.T) {
	long := strings.Repeat("x", 2*cellLimit)
	engine := Sheet{Block: true, Header: []string{"PID", "BEARER FILE"}, Wide: []string{"SOCKET"}, Rows: []Row{{Cells: []string{"7", long, "s\x1b[2J"}}}}
	printed := func(width int, format string) string {
		var out strings.Builder
		require.NoError(t, Printer{Out: &out, Width: width}.Print(engine, format))
		return out.String()
	}
	assert.Equal(t, "PID          7\nBEARER FILE  "+long+"\n", printed(80, Table))
	assert.Regexp(t, "^PID          7\nBEARER FILE  x+\nSOCKET       s", printed(80, Wide))
	assert.NotContains(t, printed(80, Wide), "\x1b")
	assert.Regexp(t, "^PID  BEARER FILE\n7    x+…\n$", printed(0, Table))
}
