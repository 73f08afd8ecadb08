package pages

import (
	"encoding/binary"
	"math"
)

// varint reads SQLite's variable-length integer; n is 0 where there is none.
func varint(b []byte) (v uint64, n int) {
	for i := 0; i < len(b) && i < 8; i++ {
		v = v<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	if len(b) < 9 {
		return 0, 0
	}
	return v<<8 | uint64(b[8]), 9
}

// decode reads a record: nil, int64, float64, string and []byte.
func decode(payload []byte) ([]any, error) {
	size, n := varint(payload)
	if n == 0 || size > uint64(len(payload)) || size < uint64(n) {
		return nil, errPage
	}
	kinds, body := payload[n:size], payload[size:]
	var values []any
	for len(kinds) > 0 {
		kind, n := varint(kinds)
		if n == 0 {
			return nil, errPage
		}
		kinds = kinds[n:]
		length := widthOf(kind)
		if length > uint64(len(body)) {
			return nil, errPage
		}
		value, err := valueOf(kind, body[:length])
		if err != nil {
			return nil, err
		}
		values, body = append(values, value), body[length:]
	}
	return values, nil
}

// widthOf is how many bytes a value of a kind takes.
func widthOf(kind uint64) uint64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind <= 4:
		return kind
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	}
	return 0
}

func valueOf(kind uint64, b []byte) (any, error) {
	switch {
	case kind == 0:
		return nil, nil
	case kind <= 6:
		v := int64(int8(b[0]))
		for _, next := range b[1:] {
			v = v<<8 | int64(next)
		}
		return v, nil
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case kind == 8, kind == 9:
		return int64(kind - 8), nil
	case kind < 12:
		return nil, errPage
	case kind%2 == 0:
		return b, nil
	}
	return string(b), nil
}
