package wire

// Packed is the first line of GET functions/packed: the list of functions in chunks
// of client/rows. The bytes of those chunks that the reader lacks follow behind the
// line, one after the other.
type Packed struct {
	// Form names how rows are packed. A reader that knows another one asks for the
	// list as JSON.
	Form string `json:"form"`
	// Epoch names the engine's life. Within one a chunk's name stands for the same
	// bytes, and names only grow.
	Epoch  string        `json:"epoch"`
	Chunks []PackedChunk `json:"chunks"`
	// More says that there are functions behind these: only the beginning was asked.
	More bool `json:"more,omitempty"`
}

// PackedChunk is one chunk: how many rows and bytes it has. Known chunks are not
// sent: the reader asked with epoch=Epoch and since=the largest name of its list,
// and so has those.
type PackedChunk struct {
	Name  int64 `json:"name"`
	Rows  int   `json:"rows"`
	Bytes int   `json:"bytes"`
	Known bool  `json:"known,omitempty"`
}
