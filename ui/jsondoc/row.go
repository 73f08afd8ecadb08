package jsondoc

// Kind says what a row shows.
type Kind int

// The kinds of rows.
const (
	Scalar Kind = iota
	Open        // an object or array begins
	Close       // and ends
	Folded      // one that is closed, or empty, in one row
)

// Row is one line of the document. Its byte slices lie in the document.
type Row struct {
	Kind Kind
	// Key is the member's name with its quotes and escapes; nil in an array.
	Key []byte
	// Value is a scalar, the bracket of Open and Close, or a whole container.
	Value []byte
	// Depth is how many containers are around it.
	Depth int
	// Comma says that a sibling follows.
	Comma bool

	place cursor
	gap   int // bytes between the key and its value
}

// Offset is where the row begins in the document.
func (r Row) Offset() int { return r.place.at }

// read reads the row at a cursor and returns the cursor of the next one, whose
// offset is the document's size at its end.
func (d *Doc) read(c cursor) (Row, cursor, error) {
	r := Row{Depth: c.depth(), place: c}
	at := c.at
	if b := d.data[at]; b == '}' || b == ']' {
		if c.in == nil || c.in.object != (b == '}') {
			return r, c, malformed(at)
		}
		r.Kind, r.Value, r.Depth = Close, d.data[at:at+1], c.in.depth
		return d.after(r, at+1, c.in.row)
	}
	if c.in != nil && c.in.object {
		var err error
		if r.Key, at, err = d.key(at); err != nil {
			return r, c, err
		}
		r.gap = at - c.at - len(r.Key)
	}
	if b := d.data[at]; b != '{' && b != '[' {
		end, err := d.endOfScalar(at)
		if err != nil {
			return r, c, err
		}
		r.Value = d.data[at:end]
		return d.after(r, end, c)
	}
	inside := skipSpace(d.data, at+1)
	if inside == len(d.data) {
		return r, c, malformed(at)
	}
	empty := d.data[inside] == '}' || d.data[inside] == ']'
	if empty || d.folds[at] {
		end, err := d.endOfContainer(at)
		if err != nil {
			return r, c, err
		}
		r.Kind, r.Value = Folded, d.data[at:end]
		return d.after(r, end, c)
	}
	r.Kind, r.Value = Open, d.data[at:at+1]
	in := d.container()
	*in = container{at: at, row: c, object: d.data[at] == '{', depth: c.depth()}
	return r, cursor{at: inside, in: in}, nil
}

// container is room for one, a spare one where there is one.
func (d *Doc) container() *container {
	last := len(d.spare) - 1
	if last < 0 {
		return &container{}
	}
	in := d.spare[last]
	d.spare = d.spare[:last]
	return in
}

// key reads a member's name and returns where its value begins.
func (d *Doc) key(at int) (key []byte, value int, err error) {
	if d.data[at] != '"' {
		return nil, 0, malformed(at)
	}
	end := endOfString(d.data, at)
	if end == 0 {
		return nil, 0, malformed(at)
	}
	colon := skipSpace(d.data, end)
	if colon == len(d.data) || d.data[colon] != ':' {
		return nil, 0, malformed(end)
	}
	value = skipSpace(d.data, colon+1)
	if value == len(d.data) {
		return nil, 0, malformed(colon)
	}
	return d.data[at:end], value, nil
}

// after finds the row that follows a value that ends at end and stands at c.
func (d *Doc) after(r Row, end int, c cursor) (Row, cursor, error) {
	next := skipSpace(d.data, end)
	if c.in == nil {
		if next < len(d.data) {
			return r, c, malformed(next)
		}
		return r, cursor{at: next}, nil
	}
	if next == len(d.data) {
		return r, c, malformed(end)
	}
	if d.data[next] == ',' {
		r.Comma = true
		next = skipSpace(d.data, next+1)
		if next == len(d.data) || d.data[next] == '}' || d.data[next] == ']' {
			return r, c, malformed(next - 1)
		}
		return r, cursor{at: next, index: c.index + 1, in: c.in}, nil
	}
	if b := d.data[next]; b != '}' && b != ']' {
		return r, c, malformed(next)
	}
	return r, cursor{at: next, index: -1, in: c.in}, nil
}

func (c cursor) depth() int {
	if c.in == nil {
		return 0
	}
	return c.in.depth + 1
}
