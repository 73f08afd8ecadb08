package wire

import (
	"bytes"
	"encoding/json"

	"fndeck/client"
)

// The form in which an engine answers with the result of a call: the bytes of the
// data and of the response stand in it as they are stored, which is valid JSON.
const (
	dataBegins     = `{"data":`
	responseBegins = `,"response":`
	resultEnds     = `}`
)

// EncodeResult is the body of GET result in pieces: a result may have hundreds of
// megabytes, of which no copy is made.
func EncodeResult(r client.Result) [][]byte {
	pieces := [][]byte{[]byte(dataBegins), r.Data}
	if len(r.Response) > 0 {
		pieces = append(pieces, []byte(responseBegins), r.Response)
	}
	return append(pieces, []byte(resultEnds))
}

// DecodeResult reads the body of GET result. The response lies in the body, which
// the caller may not change any more, and is not looked at: what the engine writes
// needs no second check, and whoever reads a value finds a mistake in it. A body
// of another form is left to encoding/json.
func DecodeResult(body []byte) (client.Result, error) {
	if r, ok := splitResult(body); ok {
		return r, nil
	}
	var r client.Result
	err := json.Unmarshal(body, &r)
	return r, err
}

func splitResult(body []byte) (r client.Result, ok bool) {
	rest, ok := bytes.CutPrefix(body, []byte(dataBegins))
	if !ok {
		return r, false
	}
	data := json.NewDecoder(bytes.NewReader(rest)) // It reads little more than the one value.
	if data.Decode(&r.Data) != nil {
		return r, false
	}
	rest, ok = bytes.CutPrefix(rest[data.InputOffset():], []byte(responseBegins))
	if !ok {
		return r, false
	}
	r.Response, ok = bytes.CutSuffix(rest, []byte(resultEnds))
	return r, ok && len(r.Response) > 0
}
