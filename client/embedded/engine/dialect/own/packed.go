package own

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"

	"fndeck/client"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/wire"
	"fndeck/client/rows"
)

// packed is the list of functions in chunks, as it was at a state of the engine.
// Chunks whose functions have not changed since keep their name and bytes, so that a
// reader which has them is not sent them again.
type packed struct {
	// epoch names this life of the engine: another one gives the names anew.
	epoch string

	mu     sync.Mutex
	as     string
	last   int64 // the largest name of a chunk
	chunks []packedChunk
}

type packedChunk struct {
	rows.Chunk
	name  int64
	first int64 // the id of its first function
}

// endsChunk reports whether a chunk ends with the function of this id. The id alone
// decides, so that chunks stay as they are when a function comes or goes; the mean
// length is 128 rows.
func endsChunk(id int64) bool {
	const (
		spread = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio: neighbours fall far apart
		shift  = 64 - 7
	)
	return uint64(id)*spread>>shift == 0
}

func (a *API) packedFunctions(r *dialect.Request) error {
	newest, err := queryLimit(r, 0, 10_000)
	if err != nil {
		return err
	}
	since := int64(0)
	if query := r.URL.Query(); query.Get("epoch") == a.packed.epoch {
		if since, err = strconv.ParseInt(query.Get("since"), 10, 64); err != nil {
			return client.Invalidf("since must be the name of a chunk, not %q", query.Get("since"))
		}
	}
	chunks, more, err := a.chunks(newest)
	if err != nil {
		return err
	}
	a.packed.send(r.Writer, chunks, since, more)
	return nil
}

// chunks are the functions, or with a number the newest of them and whether there
// are more.
func (a *API) chunks(newest int) (chunks []packedChunk, more bool, err error) {
	p := &a.packed
	p.mu.Lock()
	defer p.mu.Unlock()
	as := a.as()
	if p.as != as {
		list, err := a.list(newest)
		if err != nil {
			return nil, false, err
		}
		if list.more {
			// Whoever asks for the first screen does not wait for all the others.
			chunks, err = packInto(list, nil, new(int64))
			return chunks, true, err
		}
		if chunks, err = packInto(list, p.chunks, &p.last); err != nil {
			return nil, false, err
		}
		p.chunks, p.as = chunks, as
	}
	if newest == 0 {
		return p.chunks, false, nil
	}
	n, found := 0, 0
	for ; n < len(p.chunks) && found < newest; n++ {
		found += p.chunks[n].Rows()
	}
	return p.chunks[:n], n < len(p.chunks), nil
}

// packInto packs a list. The chunks that are as before keep their names, the others
// get new ones.
func packInto(list functionList, before []packedChunk, last *int64) (chunks []packedChunk, err error) {
	known := make(map[int64]packedChunk, len(before))
	for _, c := range before {
		known[c.first] = c
	}
	packer, first := rows.NewPacker(rows.Functions), int64(0)
	var f client.Function // The packer has it on the heap: one for all.
	for i, v := range list.views {
		if first == 0 {
			first = v.ID
		}
		if f, err = list.function(v); err != nil {
			return nil, err
		}
		packer.Add(&f)
		if !endsChunk(v.ID) && i < len(list.views)-1 {
			continue
		}
		c := packedChunk{Chunk: packer.Chunk(), first: first}
		if was := known[first]; was.Chunk == c.Chunk {
			c = was
		} else {
			*last++
			c.name = *last
		}
		chunks, first = append(chunks, c), 0
	}
	return chunks, nil
}

// send answers with chunks, those that the reader has by their names only.
func (p *packed) send(w http.ResponseWriter, chunks []packedChunk, since int64, more bool) {
	head := wire.Packed{Form: rows.FunctionForm, Epoch: p.epoch, Chunks: make([]wire.PackedChunk, len(chunks)), More: more}
	for i, c := range chunks {
		head.Chunks[i] = wire.PackedChunk{Name: c.name, Rows: c.Rows(), Bytes: len(c.Text()), Known: c.name <= since}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(http.StatusOK)
	err := json.NewEncoder(w).Encode(head)
	for i, c := range chunks {
		if err == nil && !head.Chunks[i].Known {
			_, err = io.WriteString(w, c.Text()) // the client has gone: nobody to tell
		}
	}
}
