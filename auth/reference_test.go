package auth_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
)

func TestAReferenceSaysWhereASecretIsAndNeverTheSecret(t *testing.T) {
	for text, shown := range map[string]string{
		"env:NAME": "env:NAME", "file:/a/b": "file:/a/b", "cmd:pass show api": "cmd:pass", "inline:hush-hush": "inline:•••", "": "",
	} {
		r := reference(t, text)
		printed := fmt.Sprintf("%v %+v %#v %s", r, r, r, r)
		assert.NotContains(t, printed, "hush")
		assert.Equal(t, shown, r.String())
		marshalled, err := json.Marshal(struct{ R auth.Reference }{r})
		require.NoError(t, err)
		assert.NotContains(t, string(marshalled), "hush")
		assert.Equal(t, text == "", r.IsZero())
		assert.Equal(t, strings.HasPrefix(text, "inline:"), r.Inline())
	}
}

func TestASecretWrittenDownUnawaresIsRefusedAndNotRepeated(t *testing.T) {
	for _, text := range []string{"hush-hush", "https://hush", "env:", "cmd: "} {
		_, err := auth.ParseReference(text)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hush")
	}
}

func TestASecretThatCannotBeReadSaysWhy(t *testing.T) {
	dir := t.TempDir()
	wide := filepath.Join(dir, "wide")
	require.NoError(t, os.WriteFile(wide, []byte("x"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600))
	good := filepath.Join(dir, "good")
	require.NoError(t, os.WriteFile(good, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(good, filepath.Join(dir, "link")))
	script := filepath.Join(dir, "script")
	write := func(body string) string {
		require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n"+body), 0o700))
		return "cmd:" + script
	}
	for _, c := range []struct{ text, want string }{
		{"env:NOT_THERE", "NOT_THERE is not set"},
		{"file:" + wide, "chmod 600"},
		{"file:" + dir + "/link", "symbolic link"},
		{"file:" + dir + "/empty", "is empty"},
		{"file:" + dir, "no regular file"},
		{"cmd:no-such-program-here", "not installed"},
	} {
		_, err := reference(t, c.text).Resolve(t.Context(), func(string) string { return "" })
		assert.ErrorContains(t, err, c.want, c.text)
	}
	for body, want := range map[string]string{
		"echo one; echo two": "printed 2 lines",
		"echo first >&2; echo 'vault is sealed' >&2; exit 1": "vault is sealed",
		"read answer < /dev/tty":                             "exit status", // no terminal is given
		"true":                                               "is empty",
		"echo 'password=hunter2secret' >&2; exit 1":          "password=•••",
	} {
		_, err := reference(t, write(body)).Resolve(t.Context(), func(string) string { return "" })
		assert.ErrorContains(t, err, want, body)
	}
}
