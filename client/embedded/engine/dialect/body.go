package dialect

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"fndeck/client"
	"fndeck/client/jsondata"
)

// MaxBody bounds a JSON body after it was inflated, unless the route says less:
// the largest data of a call and its envelope.
const MaxBody = 16 << 20

// SmallBody is enough for the routes that take names and ids.
const SmallBody = 1 << 20

var errMethod = client.Invalidf("this path does not take that method")

// ReadJSON decodes the body, plain or gzip, into v. An empty body leaves v as
// it is: some clients send none where all fields are optional. Raw messages in
// v keep the client's bytes.
func ReadJSON(r *Request, v any) error {
	data, err := readBody(r)
	if err != nil || len(data) == 0 {
		return err
	}
	err = json.Unmarshal(data, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return client.Invalidf("%s must be %s, not %s", cmp.Or(wrong.Field, "the body"), words(wrong.Type.Kind()), wrong.Value)
	}
	// The other parser tells the place in lines and columns.
	if _, err := jsondata.Check(data, jsondata.Options{Name: "the body"}); err != nil {
		return err
	}
	return client.Invalidf("the body is not the JSON that is expected here: %s", err)
}

// readBody reads and inflates the body, up to the route's limit.
func readBody(r *Request) ([]byte, error) {
	limit := cmp.Or(r.maxBody, MaxBody)
	var body io.Reader = http.MaxBytesReader(r.Writer, r.Body, limit)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		inflated, err := gzip.NewReader(body)
		if err != nil {
			return nil, client.Invalidf("the body is not valid gzip")
		}
		body = inflated
	default:
		return nil, client.Invalidf("content encoding %q is unknown: send plain JSON or gzip", encoding)
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge) || int64(len(data)) > limit:
		return nil, &client.Error{Code: client.CodeLimit, Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the body is larger than %d bytes", limit)}
	case err != nil:
		return nil, client.Invalidf("the body cannot be read: %s", err)
	}
	return bytes.TrimSpace(data), nil
}

// words is what a person calls a kind of value.
func words(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
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
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
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
	case client.CodeThrottled:
		return http.StatusTooManyRequests
	case client.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
