package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/wire"
	"fndeck/client/rows"
)

const (
	// firstFunctions is how many functions a first answer has: more than the tallest
	// terminal shows.
	firstFunctions = 256
	// packedLimit bounds how long a packed list is under way.
	packedLimit = time.Minute
	// mostPacked bounds the bytes of one chunk, and mostRows its rows: those of an
	// engine are far below.
	mostPacked = 256 << 20
	mostRows   = 1 << 20
)

// packedList is the newest list with the names of its chunks, so that the engine
// need not send them again.
type packedList struct {
	epoch string
	last  int64 // the largest name
	known map[int64]rows.Chunk
	list  rows.List[client.Function]
}

var _ rows.Lister = (*Backend)(nil)

// errOtherForm says that the engine is of another version, and packs in another way
// or not at all.
var errOtherForm = errors.New("the engine packs its functions in another way")

// FunctionList implements rows.Lister.
func (b *Backend) FunctionList(ctx context.Context) (rows.List[client.Function], error) {
	b.mu.Lock()
	before := b.functions
	b.mu.Unlock()
	since := ""
	if before.epoch != "" {
		since = strconv.FormatInt(before.last, 10)
	}
	now, _, err := b.packed(ctx, query("epoch", before.epoch, "since", since), before)
	if errors.Is(err, errOtherForm) {
		var all wire.List[client.Function]
		err := b.read(ctx, "functions", &all)
		return rows.Pack(rows.Functions, all.Items), err
	}
	if err != nil {
		return rows.List[client.Function]{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.functions = now
	return now.list, nil
}

// FirstFunctions implements rows.Lister.
func (b *Backend) FirstFunctions(ctx context.Context) (rows.List[client.Function], bool, error) {
	first, more, err := b.packed(ctx, query("limit", strconv.Itoa(firstFunctions)), packedList{})
	if errors.Is(err, errOtherForm) {
		return first.list, false, client.ErrUnsupported
	}
	return first.list, more, err
}

// Functions lists all functions with what only the engine knows of them.
func (b *Backend) Functions(ctx context.Context) ([]client.Function, error) {
	list, err := b.FunctionList(ctx)
	return list.Items(), err
}

func (b *Backend) packed(ctx context.Context, query string, before packedList) (now packedList, more bool, err error) {
	late := &client.Error{Code: client.CodeTimeout, Message: fmt.Sprintf("the engine has not listed its functions for %s", packedLimit), Hint: "fndeck engine status tells whether it runs"}
	ctx, cancel := context.WithTimeoutCause(ctx, packedLimit, late)
	defer cancel()
	err = b.http.Repeat(ctx, client.Safe, func(try int) error {
		reply, err := b.http.Open(ctx, client.Request{Method: http.MethodGet, Path: wire.Prefix + "functions/packed?" + query, Retry: client.Safe, Try: try}, nil)
		if errors.Is(err, client.ErrNotFound) {
			return errOtherForm
		}
		if err != nil {
			return err
		}
		defer func() { _ = reply.Body.Close() }() // read to its end or given up
		now, more, err = readPacked(bufio.NewReaderSize(reply.Body, 64<<10), before)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
			return &client.Error{Code: client.CodeUnavailable, Message: "the list of functions was cut off", Err: err}
		}
		return err
	})
	return now, more, err
}

// readPacked reads an answer; chunks that were not sent are taken from the list
// before.
func readPacked(r *bufio.Reader, before packedList) (now packedList, more bool, err error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return now, false, err
	}
	var head wire.Packed
	if json.Unmarshal(line, &head) != nil || head.Form != rows.FunctionForm {
		return now, false, errOtherForm
	}
	now = packedList{epoch: head.Epoch, known: make(map[int64]rows.Chunk, len(head.Chunks))}
	chunks := make([]rows.Chunk, len(head.Chunks))
	var text []byte
	for i, c := range head.Chunks {
		switch known, ok := before.known[c.Name]; {
		case c.Known && ok && before.epoch == head.Epoch:
			chunks[i] = known
		case c.Known || c.Bytes < 0 || c.Bytes > mostPacked || c.Rows > mostRows:
			return now, false, damaged(fmt.Errorf("chunk %d of %d bytes and %d rows", c.Name, c.Bytes, c.Rows))
		default:
			text = slices.Grow(text[:0], c.Bytes)[:c.Bytes]
			if _, err := io.ReadFull(r, text); err != nil {
				return now, false, err
			}
			if chunks[i], err = rows.Open(rows.Functions, string(text), c.Rows); err != nil {
				return now, false, damaged(err)
			}
		}
		now.known[c.Name], now.last = chunks[i], max(now.last, c.Name)
	}
	now.list = rows.Packed(rows.Functions, chunks)
	return now, head.More, nil
}

// damaged is the error of an answer that does not hold together.
func damaged(err error) error {
	return &client.Error{Code: client.CodeUnexpected, Message: "the engine's list of functions is damaged", Hint: "fndeck engine stop renews the engine", Err: err}
}
