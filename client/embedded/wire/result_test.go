package wire

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestAResultKeepsEveryByteOfWhatItHolds(t *testing.T) {
	for name, r := range map[string]client.Result{
		"both":                       {Data: []byte(`{"n":1}`), Response: []byte(`{"rows":12}`)},
		"no response":                {Data: []byte(`{"n": 1 }`)},
		"spaces as they were typed":  {Data: []byte("{\n  \"n\": 1.0\n}"), Response: []byte(`[1e400, -0]`)},
		"data that looks like ours":  {Data: []byte(`{"a":"\",\"response\":1}","response":{"response":2}}`), Response: []byte(`"}"`)},
		"plain values":               {Data: []byte(`null`), Response: []byte(`7`)},
		"a response as the answer":   {Data: []byte(`{}`), Response: []byte(`{"data":{},"response":{}}`)},
		"data longer than a buffer":  {Data: []byte(`"` + string(bytes.Repeat([]byte("x"), 100_000)) + `"`), Response: []byte(`true`)},
		"a response with many lines": {Data: []byte(`[]`), Response: []byte("[\n1\n]\n")},
	} {
		t.Run(name, func(t *testing.T) {
			body := bytes.Join(EncodeResult(r), nil)
			require.True(t, json.Valid(body))
			got, err := DecodeResult(body)
			require.NoError(t, err)
			assert.Equal(t, string(r.Data), string(got.Data))
			assert.Equal(t, string(r.Response), string(got.Response))
		})
	}
}

func TestAResponseIsNotCopiedOutOfTheBody(t *testing.T) {
	body := bytes.Join(EncodeResult(client.Result{Data: []byte(`{}`), Response: []byte(`[1,2]`)}), nil)
	got, err := DecodeResult(body)
	require.NoError(t, err)
	assert.Same(t, &body[bytes.IndexByte(body, '[')], &got.Response[0])
}

func TestAResultInAnotherFormIsReadAsJSON(t *testing.T) {
	for body, want := range map[string]client.Result{
		"{\"data\":{\"n\":1},\"response\":[2]}\n": {Data: []byte(`{"n":1}`), Response: []byte(`[2]`)},
		`{"response":[2],"data":{"n":1}}`:         {Data: []byte(`{"n":1}`), Response: []byte(`[2]`)},
		`{"data":{"n":1}}`:                        {Data: []byte(`{"n":1}`)},
		`{}`:                                      {},
	} {
		got, err := DecodeResult([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want, got, body)
	}
	for _, body := range []string{``, `{"data":`, `{"data":{}`, `{"data":{},"response":[1]`, `[]`} {
		_, err := DecodeResult([]byte(body))
		assert.Error(t, err, body)
	}
}
