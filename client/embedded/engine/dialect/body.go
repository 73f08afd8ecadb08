package dialect

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"fndeck/client"
)

// MaxBody bounds a JSON body after it was inflated: the largest data of a call
// and its envelope.
const MaxBody = 16 << 20

var errMethod = client.Invalidf("this path does not take that method")

// ReadJSON decodes the body, plain or gzip, into v. An empty body leaves v as
// it is: some clients send none where all fields are optional.
func ReadJSON(r *Request, v any) error {
	var body io.Reader = http.MaxBytesReader(r.Writer, r.Body, MaxBody)
	if r.Header.Get("Content-Encoding") == "gzip" {
		inflated, err := gzip.NewReader(body)
		if err != nil {
			return client.Invalidf("the body is not valid gzip")
		}
		body = inflated
	}
	data, err := io.ReadAll(io.LimitReader(body, MaxBody+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge) || len(data) > MaxBody:
		return &client.Error{Code: client.CodeLimit, Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the body is larger than %d bytes", MaxBody)}
	case err != nil:
		return client.Invalidf("the body cannot be read: %s", err)
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return client.Invalidf("the body is not the JSON that is expected here: %s", err)
	}
	return nil
}

// WriteJSON answers with a JSON body.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client has gone: nobody to tell
	return nil
}

// Status is the HTTP status of an error, for APIs that have no other rule.
func Status(err error) int {
	var e *client.Error
	if !errors.As(err, &e) {
		return http.StatusInternalServerError
	}
	if e.Status != 0 {
		return e.Status
	}
	switch e.Code {
	case client.CodeInvalid, client.CodeLimit, client.CodeUnsupported:
		return http.StatusBadRequest
	case client.CodeNotFound:
		return http.StatusNotFound
	case client.CodeConflict:
		return http.StatusConflict
	case client.CodeUnauthenticated:
		return http.StatusUnauthorized
	case client.CodeForbidden:
		return http.StatusForbidden
	case client.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
