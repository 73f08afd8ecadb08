package jsondoc

import "bytes"

// longValue is the size from which the end of a value is remembered.
const longValue = 4 << 10

func skipSpace(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}

// endOfString returns the offset after a string that begins at at; 0 if it has
// no end.
func endOfString(data []byte, at int) int {
	for i := at + 1; ; {
		quote := bytes.IndexByte(data[i:], '"')
		if quote < 0 {
			return 0
		}
		i += quote + 1
		slashes := 0
		for data[i-2-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
}

// endOfScalar returns the offset after a string, number or word.
func (d *Doc) endOfScalar(at int) (int, error) {
	if d.data[at] == '"' {
		if end, ok := d.ends[at]; ok {
			return end, nil
		}
		end := endOfString(d.data, at)
		if end == 0 {
			return 0, malformed(at)
		}
		if end-at >= longValue {
			d.ends[at] = end
		}
		return end, nil
	}
	end := at
	for end < len(d.data) && isWord(d.data[end]) {
		end++
	}
	if end == at {
		return 0, malformed(at)
	}
	return end, nil
}

// isWord reports whether a byte can stand in a number, true, false or null.
func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b == '-' || b == '+' || b == '.' || b == 'E'
}

// endOfContainer returns the offset after the container that begins at at.
func (d *Doc) endOfContainer(at int) (int, error) {
	if end, ok := d.ends[at]; ok {
		return end, nil
	}
	depth := 0
	for i := at; i < len(d.data); {
		switch d.data[i] {
		case '"':
			end := endOfString(d.data, i)
			if end == 0 {
				return 0, malformed(i)
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				if i-at >= longValue {
					d.ends[at] = i + 1
				}
				return i + 1, nil
			}
		}
		i++
	}
	return 0, malformed(at)
}
