package jsondoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func never() bool { return false }

// open makes an indexed document.
func open(t require.TestingT, text string) *Doc {
	d, err := New([]byte(text))
	require.NoError(t, err)
	x, err := d.Index(never)
	require.NoError(t, err)
	d.Take(x)
	return d
}

// draw writes rows as indented JSON.
func draw(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Repeat("  ", r.Depth))
		if r.Key != nil {
			fmt.Fprintf(&b, "%s: ", r.Key)
		}
		if r.Kind == Folded && len(r.Value) > 2 {
			b.WriteString(string(r.Value[0]) + "…" + string(r.Value[len(r.Value)-1]))
		} else {
			b.Write(r.Value)
		}
		if r.Comma {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func all(t require.TestingT, d *Doc) []Row {
	first, err := d.First()
	require.NoError(t, err)
	rows, err := d.Rows(first, 1<<20)
	require.NoError(t, err)
	return rows
}

const sample = `{"name":"job","items":[{"id":1,"tags":["a","b"]},{"id":9007199254740993,"x y":{}}],"none":null,"empty":[]}`

func TestRowsAreTheIndentedDocument(t *testing.T) {
	d := open(t, sample)
	var want bytes.Buffer
	require.NoError(t, json.Indent(&want, []byte(sample), "", "  "))
	assert.Equal(t, want.String()+"\n", draw(all(t, d)))
}

func TestAFoldedContainerIsOneRowAndOpensAgain(t *testing.T) {
	d := open(t, sample)
	rows := all(t, d)
	folded, err := d.Fold(rows[2]) // items
	require.NoError(t, err)
	assert.Equal(t, Folded, folded.Kind)
	assert.Equal(t, "{\n  \"name\": \"job\",\n  \"items\": […],\n  \"none\": null,\n  \"empty\": []\n}\n", draw(all(t, d)))
	opened, err := d.Fold(folded)
	require.NoError(t, err)
	assert.Equal(t, Open, opened.Kind)
	assert.Len(t, all(t, d), len(rows))
}

func TestAScalarAndAClosingBracketFoldWhatIsAroundThem(t *testing.T) {
	for _, row := range []int{4, 9} { // "id": 1 and the } of the first item
		d := open(t, sample)
		rows := all(t, d)
		folded, err := d.Fold(rows[row])
		require.NoError(t, err)
		assert.Equal(t, rows[3].Offset(), folded.Offset(), "the first item")
		assert.Equal(t, Folded, folded.Kind)
	}
}

func TestPathsAndValuesAreThoseOfTheRow(t *testing.T) {
	d := open(t, sample)
	var paths, values []string
	for _, r := range all(t, d) {
		value, err := d.Value(r)
		require.NoError(t, err)
		paths, values = append(paths, d.Path(r)), append(values, string(value))
	}
	assert.Equal(t, []string{
		"$", "$.name", "$.items", "$.items[0]", "$.items[0].id", "$.items[0].tags", "$.items[0].tags[0]", "$.items[0].tags[1]",
		"$.items[0].tags", "$.items[0]", "$.items[1]", "$.items[1].id", `$.items[1]["x y"]`, "$.items[1]", "$.items", "$.none", "$.empty", "$",
	}, paths)
	assert.Equal(t, "9007199254740993", values[11], "digits are what the document has")
	assert.Equal(t, `["a","b"]`, values[5])
	assert.Equal(t, values[5], values[8])
	assert.Equal(t, sample, values[0])
}

func TestWhatIsFoundIsOpenedAndShown(t *testing.T) {
	d := open(t, sample)
	rows := all(t, d)
	_, err := d.Fold(rows[3])
	require.NoError(t, err)
	_, err = d.Fold(rows[2])
	require.NoError(t, err)
	at := d.Find([]byte(`"b"`), 0, false)
	r, err := d.Reveal(at)
	require.NoError(t, err)
	assert.Equal(t, `$.items[0].tags[1]`, d.Path(r))
	assert.Equal(t, -1, d.Find([]byte("nowhere"), 0, false))
	assert.Equal(t, at, d.Find([]byte(`"b"`), d.Size(), true))
}

// value makes random JSON text with odd spacing.
func value(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		space := rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n"})
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth == 0 && kind > 3 {
			kind = 0
		}
		switch kind {
		case 0:
			return rapid.SampledFrom([]string{"null", "true", "false", "0", "-1.5e+10", `""`, `"a\\"`, `"\"]}"`, `"é\\\""`}).Draw(t, "scalar")
		case 1, 2, 3:
			text, _ := json.Marshal(rapid.String().Draw(t, "string"))
			return string(text)
		}
		var parts []string
		for range rapid.IntRange(0, 5).Draw(t, "members") {
			part := space.Draw(t, "space") + value(depth-1).Draw(t, "value") + space.Draw(t, "space")
			if kind == 4 {
				key, _ := json.Marshal(rapid.String().Draw(t, "key"))
				part = space.Draw(t, "space") + string(key) + space.Draw(t, "space") + ":" + part
			}
			parts = append(parts, part)
		}
		if kind == 4 {
			return "{" + strings.Join(parts, ",") + "}"
		}
		return "[" + strings.Join(parts, ",") + "]"
	})
}

func TestWalkingBackMeetsTheRowsOfWalkingForth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := open(t, value(4).Draw(t, "document"))
		// As if the document were long: a point at every row.
		d.points = nil
		for _, r := range all(t, d) {
			d.points = append(d.points, r.place)
		}
		for range rapid.IntRange(0, 6).Draw(t, "folds") {
			rows := all(t, d)
			_, err := d.Fold(rows[rapid.IntRange(0, len(rows)-1).Draw(t, "row")])
			require.NoError(t, err)
		}
		rows := all(t, d)
		for i, r := range rows {
			n := rapid.IntRange(1, 7).Draw(t, "n")
			before, err := d.Before(r, n)
			require.NoError(t, err)
			require.Equal(t, draw(rows[max(0, i-n):i]), draw(before))
		}
		last, err := d.Last()
		require.NoError(t, err)
		require.Equal(t, rows[len(rows)-1].Offset(), last.Offset())
	})
}

func FuzzADocumentIsReadWholeOrRefused(f *testing.F) {
	for _, seed := range []string{sample, `[`, `{"a"}`, `{"a":1,}`, `[1 2]`, `"\`, `{]`, "\x00", `[[[[`, `1 2`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := New(data)
		if err != nil {
			return
		}
		x, err := d.Index(never)
		if err != nil {
			assert.False(t, json.Valid(data), "valid JSON is refused")
			return
		}
		d.Take(x)
		for _, r := range all(t, d) {
			d.Path(r)
			_, err := d.Value(r)
			assert.NoError(t, err)
			again, err := d.Reveal(r.Offset())
			assert.NoError(t, err)
			assert.Equal(t, r.Offset(), again.Offset())
		}
	})
}

// huge is a document of some 40 MB.
func huge() []byte {
	var b bytes.Buffer
	b.WriteString(`{"items":[`)
	for i := 0; b.Len() < 40<<20; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"item %d","tags":["alpha","beta"],"nested":{"x":1.5,"y":null,"text":"%s"}}`, i, i, strings.Repeat("lorem ", 10))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func BenchmarkFirstScreenOf40MB(b *testing.B) {
	data := huge()
	for b.Loop() {
		d, _ := New(data)
		first, _ := d.First()
		if rows, err := d.Rows(first, 48); err != nil || len(rows) != 48 {
			b.Fatal(err)
		}
	}
}

func BenchmarkIndexOf40MB(b *testing.B) {
	data := huge()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		d, _ := New(data)
		if _, err := d.Index(never); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSearchToTheEndOf40MB(b *testing.B) {
	data := huge()
	d := open(b, string(data))
	for b.Loop() {
		if at := d.Find([]byte("nowhere at all"), 0, false); at != -1 {
			b.Fatal(at)
		}
	}
}

func TestEverythingFoldsOneLevelDownAndOpensAgain(t *testing.T) {
	d := open(t, sample)
	rows := all(t, d)
	shown, err := d.FoldAll(rows[6]) // "a"
	require.NoError(t, err)
	assert.Equal(t, "$.items", d.Path(shown))
	assert.Equal(t, "{\n  \"name\": \"job\",\n  \"items\": […],\n  \"none\": null,\n  \"empty\": []\n}\n", draw(all(t, d)))
	_, err = d.FoldAll(shown)
	require.NoError(t, err)
	assert.Len(t, all(t, d), len(rows))
}
