package embedded

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/wire"
	"fndeck/client/rows"
)

func packedAnswer(t *testing.T, head wire.Packed, chunks ...rows.Chunk) *bufio.Reader {
	t.Helper()
	line, err := json.Marshal(head)
	require.NoError(t, err)
	text := string(line) + "\n"
	for _, c := range chunks {
		text += c.Text()
	}
	return bufio.NewReader(strings.NewReader(text))
}

func TestAnAnswerThatDoesNotHoldTogetherIsRefused(t *testing.T) {
	chunk := rows.AppendChunks(rows.Functions, nil, []client.Function{{ID: "2", Name: "b"}, {ID: "1", Name: "a"}})[0]
	part := wire.PackedChunk{Name: 7, Rows: 2, Bytes: len(chunk.Text())}
	head := wire.Packed{Form: rows.FunctionForm, Epoch: "e", Chunks: []wire.PackedChunk{part}}
	list, more, err := readPacked(packedAnswer(t, head, chunk), packedList{})
	require.NoError(t, err)
	assert.False(t, more)
	assert.Equal(t, "a", list.list.At(1).Name)
	assert.EqualValues(t, 7, list.last)

	for name, c := range map[string]struct {
		change func(h *wire.Packed)
		is     error
	}{
		"another form":                   {func(h *wire.Packed) { h.Form = "next" }, errOtherForm},
		"a chunk cut off":                {func(h *wire.Packed) { h.Chunks[0].Bytes++ }, io.ErrUnexpectedEOF},
		"bytes of no chunk":              {func(h *wire.Packed) { h.Chunks[0].Rows++ }, &client.Error{Code: client.CodeUnexpected}},
		"a size below zero":              {func(h *wire.Packed) { h.Chunks[0].Bytes = -1 }, &client.Error{Code: client.CodeUnexpected}},
		"a size beyond reason":           {func(h *wire.Packed) { h.Chunks[0].Bytes = mostPacked + 1 }, &client.Error{Code: client.CodeUnexpected}},
		"a chunk that was never sent":    {func(h *wire.Packed) { h.Chunks[0].Name, h.Chunks[0].Known = 6, true }, &client.Error{Code: client.CodeUnexpected}},
		"a chunk of another engine life": {func(h *wire.Packed) { h.Epoch, h.Chunks[0].Known = "f", true }, &client.Error{Code: client.CodeUnexpected}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := head
			changed.Chunks = []wire.PackedChunk{part}
			c.change(&changed)
			_, _, err := readPacked(packedAnswer(t, changed, chunk), list)
			assert.ErrorIs(t, err, c.is)
		})
	}
}
