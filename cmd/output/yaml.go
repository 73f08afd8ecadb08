package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// plainKey matches the keys that need no quotes in YAML.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// boolWords are keys that some readers of YAML take for a truth value.
var boolWords = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true}

// yamlFromJSON writes a JSON text as YAML: the same order, numbers as they are
// spelled, strings quoted as in JSON, which YAML reads the same way. A library
// would write control characters bare.
func yamlFromJSON(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out bytes.Buffer
	if err := yamlValue(&out, d, "", false); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON value")
	}
	return out.Bytes(), nil
}

// yamlValue writes the next value. Below a key a list or a mapping begins on a
// line of its own; below a dash it begins on the same line.
func yamlValue(out *bytes.Buffer, d *json.Decoder, indent string, belowKey bool) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, compound := token.(json.Delim)
	if !compound {
		return yamlScalar(out, token, belowKey)
	}
	if !d.More() {
		if belowKey {
			out.WriteString(" ")
		}
		out.WriteString(map[json.Delim]string{'{': "{}", '[': "[]"}[open] + "\n")
		_, err := d.Token()
		return err
	}
	if belowKey {
		out.WriteString("\n")
	}
	for first := true; d.More(); first = false {
		if belowKey || !first {
			out.WriteString(indent)
		}
		if err := yamlEntry(out, d, indent, open); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// yamlEntry writes one key with its value, or one dash with its value.
func yamlEntry(out *bytes.Buffer, d *json.Decoder, indent string, open json.Delim) error {
	if open == '[' {
		out.WriteString("- ")
		return yamlValue(out, d, indent+"  ", false)
	}
	key, err := d.Token()
	if err != nil {
		return err
	}
	name, _ := key.(string)
	if !plainKey.MatchString(name) || boolWords[strings.ToLower(name)] {
		quoted, err := json.Marshal(name)
		if err != nil {
			return err
		}
		name = string(quoted)
	}
	out.WriteString(name + ":")
	return yamlValue(out, d, indent+"  ", true)
}

func yamlScalar(out *bytes.Buffer, token json.Token, belowKey bool) error {
	text, err := json.Marshal(token)
	if err != nil {
		return err
	}
	if belowKey {
		out.WriteString(" ")
	}
	out.Write(text)
	out.WriteString("\n")
	return nil
}
