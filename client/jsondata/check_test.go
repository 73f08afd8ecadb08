package jsondata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestTheFirstFaultIsToldByLineAndColumn(t *testing.T) {
	for input, want := range map[string]string{
		"":                                     "line 1 column 1: it is empty",
		" \n\n ":                               "it is empty",
		"{\n \"a\": 1,\n \"bcdefghij\":  'x'}": `line 3 column 16: single quotes; JSON strings need "double quotes"`,
		"{'a': 1}":                             "line 1 column 2: single quotes",
		"[“a”]":                                "line 1 column 2: typographic quotes",
		`{"å": NaN}`:                           "line 1 column 7: NaN is not JSON",
		`[-Infinity]`:                          "line 1 column 2: Infinity is not JSON",
		`[1, -nan]`:                            "column 5: nan is not JSON",
		`[True]`:                               "True is Python; JSON writes true",
		`[None]`:                               "None is Python",
		`[undefined]`:                          "undefined is JavaScript",
		`[trueish]`:                            "text without quotes",
		`{a: 1}`:                               "line 1 column 2: text without quotes; a key is missing",
		`{"a": 1} x`:                           "line 1 column 10: text after the end of the document",
		`{"a": 1}{}`:                           "line 1 column 9: text after the end",
		"{}\x00":                               "line 1 column 3: text after the end",
		`{"a": 1,}`:                            "line 1 column 8: a comma before }",
		"[1,\n2,\n]":                           "line 2 column 2: a comma before ]",
		`[,1]`:                                 "line 1 column 2: unexpected ,; a value is missing",
		`[1 2]`:                                "line 1 column 4: ",
		`{"a" 1}`:                              "line 1 column 6: unexpected 1",
		`{"a": }`:                              "line 1 column 7: unexpected }; a value is missing",
		`{"a": 1]`:                             "unexpected ]; a comma or } is missing",
		`[1}`:                                  "unexpected }; a comma or ] is missing",
		"{\n  \"a\": [1,\n  2":                 "line 3 column 4: it ends too early; the [ of line 2 column 8 is not closed",
		`{"a":`:                                "it ends too early; the { of line 1 column 1",
		`"abc`:                                 "line 1 column 1: the string is not closed",
		`"abc\`:                                "the string is not closed",
		"\"a\nb\"":                             "line 1 column 3: a line break inside a string",
		"\"a\x00b\"":                           `line 1 column 3: control character U+0000 inside a string; write \u0000`,
		"[\x00]":                               "line 1 column 2: control character U+0000",
		"\"\x1b[2J\"":                          "control character U+001B",
		`"\ud800"`:                             `line 1 column 2: lone surrogate \ud800`,
		`"\udc00"`:                             `lone surrogate \udc00`,
		`"\ud800\ud800"`:                       `lone surrogate`,
		`"x\ud83dy"`:                           `column 3: lone surrogate`,
		`"\x41"`:                               "unknown escape",
		`"\u12g4"`:                             `\u needs four hexadecimal digits`,
		"\"\xff\"":                             "line 1 column 2: byte 0xff is not UTF-8",
		"\"\xed\xa0\x80\"":                     "byte 0xed is not UTF-8",
		"\xc3":                                 "byte 0xc3 is not UTF-8",
		"[1]\xa0":                              "text after the end",
		"\u00a0{}":                             "unexpected character U+00A0",
		`[01]`:                                 "line 1 column 2: a number with leading zeros",
		`[-]`:                                  "a minus without a number",
		`[1.]`:                                 "ends with its point",
		`[.5]`:                                 "starts with its point",
		`[1e]`:                                 "an empty exponent",
		`[+1]`:                                 "a plus before a number",
		`[0x10]`:                               "a hexadecimal number",
		"{} // x":                              "text after the end",
		"{ // x\n}":                            "a comment; JSON has none",
		"{ # x\n}":                             "a comment; JSON has none",
		"\r\n\r\n  x":                          "line 3 column 3: text without quotes",
	} {
		_, err := Check([]byte(input), Options{})
		var e *client.Error
		if assert.ErrorAs(t, err, &e, "%q", input) {
			assert.Equal(t, client.CodeInvalid, e.Code)
			assert.True(t, strings.HasPrefix(err.Error(), "data, line "), err.Error())
			assert.Contains(t, err.Error(), want, "%q", input)
		}
	}
}

func TestNumbersReachTheFunctionByteForByte(t *testing.T) {
	for _, input := range []string{
		`{"id": 9007199254740993, "big":1e400 , "zero":-0, "long": 0.1000000000000000055511151231257827}`,
		" [ 1E+5 ]\n", `"\/\u0041"`, "{\"smile\":\"\\ud83d\\ude00 😀\"}",
	} {
		report, err := Check([]byte(input), Options{})
		require.NoError(t, err)
		assert.Equal(t, input, string(report.Data))
		assert.Empty(t, report.Warnings)
	}
}

func TestAByteOrderMarkIsRemovedWithANote(t *testing.T) {
	report, err := Check([]byte("\ufeff{}"), Options{})
	require.NoError(t, err)
	assert.Equal(t, "{}", string(report.Data))
	assert.Equal(t, []string{"a byte order mark at the start was removed"}, report.Warnings)
	_, err = Check([]byte("\ufeff\ufeff{}"), Options{})
	assert.ErrorContains(t, err, "line 1 column 1: unexpected character U+FEFF")
}

func TestDuplicateKeysAreWarnedOfWithBothPlaces(t *testing.T) {
	report, err := Check([]byte("{\n \"a\": 1,\n \"b\": {\"a\": 2},\n  \"\\u0061\": 3}"), Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{`key "a" in line 4 column 3 is already in line 2 column 2; the last one wins`}, report.Warnings)

	var many strings.Builder
	for i := range 50 {
		fmt.Fprintf(&many, "%c\"k\x7f\u202e\":%d", "{,"[min(i, 1)], i)
	}
	report, err = Check([]byte(many.String()+"}"), Options{})
	require.NoError(t, err)
	require.Len(t, report.Warnings, maxWarnings+1)
	assert.Equal(t, "29 more duplicate keys", report.Warnings[maxWarnings])
	assert.NotContains(t, report.Warnings[0], "\u202e")
}

func TestDataThatIsNoObjectIsRefusedWhereOneIsNeeded(t *testing.T) {
	for input, want := range map[string]string{
		"[]": "this is an array", "\n 1": "line 2 column 2: needed is an object in {braces}, this is a number",
		"null": "this is null", `"{}"`: "this is a string", "true": "true or false", "": "it is empty",
	} {
		_, err := Check([]byte(input), Options{MustBeObject: true})
		assert.ErrorContains(t, err, want)
		if input != "" {
			_, err = Check([]byte(input), Options{})
			assert.NoError(t, err)
		}
	}
	_, err := Check([]byte(" {} "), Options{MustBeObject: true})
	assert.NoError(t, err)
}

func TestTheSizeLimitNamesBothNumbers(t *testing.T) {
	data := []byte(`"` + strings.Repeat("x", 41_000) + `"`)
	_, err := Check(data, Options{LimitBytes: 36_000})
	var e *client.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, client.CodeLimit, e.Code)
	assert.Equal(t, "data has 41002 bytes (41.0 kB), the limit is 36000 bytes (36.0 kB)", e.Message)
	_, err = Check(append([]byte("\ufeff"), data...), Options{LimitBytes: int64(len(data))})
	assert.NoError(t, err)
}

func TestDeepNestingIsAnErrorAndNoStackOverflow(t *testing.T) {
	nest := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	_, err := Check(nest(10_000), Options{})
	require.NoError(t, err)
	_, err = Check(nest(10_001), Options{})
	assert.ErrorContains(t, err, "line 1 column 10001: nested deeper than 10000 levels")
	_, err = Check(bytes.Repeat([]byte(`{"a":`), 5_000_000), Options{})
	assert.ErrorContains(t, err, "nested deeper than 10000 levels")
	_, err = Check(nest(4), Options{MaxDepth: 3})
	assert.ErrorContains(t, err, "nested deeper than 3 levels")
	_, err = Tidy(nest(10_000))
	assert.NoError(t, err)
}

// A scan that is quadratic in any of these would run into the time limit of the
// whole test.
func TestTenMegabytesAreScannedInOnePass(t *testing.T) {
	wide := bytes.Repeat([]byte(`{"a":1},`), 1_250_000)
	wide = append(append([]byte{'['}, wide...), "0]"...)
	var keys bytes.Buffer
	for i := range 200_000 {
		keys.WriteString(`,"key` + strconv.Itoa(i) + `":{}`)
	}
	object := append([]byte(`{"first":0`), keys.Bytes()...)
	for _, data := range [][]byte{wide, append(object, '}')} {
		report, err := Check(data, Options{})
		require.NoError(t, err)
		assert.Len(t, report.Data, len(data))
	}
	twice := append([]byte{'{'}, bytes.Repeat([]byte("\"a\":\n1,"), 1_000_000)...)
	report, err := Check(append(twice, `"b":2}`...), Options{})
	require.NoError(t, err)
	assert.Len(t, report.Warnings, maxWarnings+1)
}

// accepts is the strict reference: the standard library, and what it lets pass.
func accepts(data []byte) bool {
	data = bytes.TrimPrefix(data, byteOrderMark)
	return json.Valid(data) && utf8.Valid(data) && !hasLoneSurrogate(data)
}

var escapes = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)

func hasLoneSurrogate(data []byte) bool {
	pendingEnd, pending := -1, rune(0)
	for _, m := range escapes.FindAllIndex(data, -1) {
		code, err := strconv.ParseUint(string(data[min(m[0]+2, m[1]):m[1]]), 16, 32)
		r := rune(code)
		isHalf := err == nil && m[1]-m[0] == 6 && utf16.IsSurrogate(r)
		if pendingEnd >= 0 {
			if m[0] != pendingEnd || !isHalf || utf16.DecodeRune(pending, r) == utf8.RuneError {
				return true
			}
			pendingEnd = -1
			continue
		}
		if isHalf {
			pendingEnd, pending = m[1], r
		}
	}
	return pendingEnd >= 0
}

// tokens is the sequence of tokens, each as it is spelled.
func tokens(data []byte) []string {
	var all []string
	for rest := data; len(rest) > 0; {
		if bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0 {
			rest = rest[1:]
			continue
		}
		n := 1
		if bytes.IndexByte([]byte("{}[],:"), rest[0]) < 0 {
			n = tokenLength(rest)
		}
		all = append(all, string(rest[:n]))
		rest = rest[n:]
	}
	return all
}

func FuzzCheckAgreesWithAStrictReader(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, -0, 1e400, "x\u00e5\ud83d\ude00"], "a": null}`, "\ufeff[]", `"\ud800"`, "[1,]", "{'a'}", "NaN", "[[[[", "\xff",
		`{"a":{"b":[true,false,{}]}}`, `"\\ud800"`, " ", "-", "1.5E-3",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := Check(data, Options{})
		require.Equal(t, accepts(data), err == nil, "%q: %v", data, err)
		tidy, tidyErr := Tidy(data)
		require.Equal(t, err == nil, tidyErr == nil)
		if err != nil {
			return
		}
		require.Equal(t, string(bytes.TrimPrefix(data, byteOrderMark)), string(report.Data))
		require.Equal(t, tokens(report.Data), tokens(tidy))
		again, err := Tidy(tidy)
		require.NoError(t, err)
		require.Equal(t, string(tidy), string(again))
	})
}

func TestTidyIndentsWithoutTouchingSpellings(t *testing.T) {
	tidy, err := Tidy([]byte("\ufeff{\"z\":1e400,\"a\":[ 1,{ } ,[\n],\"\\u0041, {x}\"]}"))
	require.NoError(t, err)
	assert.Equal(t, "{\n  \"z\": 1e400,\n  \"a\": [\n    1,\n    {},\n    [],\n    \"\\u0041, {x}\"\n  ]\n}", string(tidy))
	_, err = Tidy([]byte("{'a'}"))
	assert.ErrorContains(t, err, "single quotes")
}

func TestTidyStopsBeforeADocumentGrowsOutOfHand(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("1,", 2_000_000) + "1" + strings.Repeat("]", 40)
	_, err := Tidy([]byte(deep))
	var e *client.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, client.CodeLimit, e.Code)
}
