package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/cmd/config"
)

// secretLimitBytes bounds a secret, an environment file and an index URL.
const secretLimitBytes = 1 << 20

// settingFlags are the flags for what a function runs with.
type settingFlags struct {
	functionPath, runtime, envFile string
	env, secretFiles, extraIndex   []string
	secretStdin, indexURL          string
	description, owner             string
	metadata                       []string
	cpu, memory                    float64
	refused                        []string

	// What follows is for a function that exists.
	keep                               bool
	dropEnv, dropSecrets, dropMetadata []string
}

func (f *settingFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.functionPath, "function-path", "", "file with the entry function (default handler.py)")
	flags.StringVar(&f.runtime, "runtime", "", "runtime, such as py312")
	flags.StringArrayVar(&f.env, "env", nil, "environment variable K=V of the function (repeatable)")
	flags.StringVar(&f.envFile, "env-file", "", "file of K=V lines; --env wins over it")
	flags.StringArrayVar(&f.secretFiles, "secret-file", nil, "secret K=PATH, read from a file (repeatable)")
	flags.StringVar(&f.secretStdin, "secret-stdin", "", "name of a secret that is read from stdin")
	flags.StringVar(&f.indexURL, "index-url", "", "package index; with a password only as @FILE or in FNDECK_INDEX_URL")
	flags.StringArrayVar(&f.extraIndex, "extra-index-url", nil, "further package index (repeatable); passwords only as @FILE or in FNDECK_EXTRA_INDEX_URLS")
	flags.StringVar(&f.description, "description", "", "what the function is for")
	flags.StringVar(&f.owner, "owner", "", "whose it is")
	flags.StringArrayVar(&f.metadata, "metadata", nil, "metadata K=V (repeatable)")
	flags.Float64Var(&f.cpu, "cpu", 0, "CPU cores, where the project lets them be chosen")
	flags.Float64Var(&f.memory, "memory", 0, "memory in GB, where the project lets it be chosen")
	flags.StringArrayVar(&f.refused, "secret", nil, "")
	// It exists to be refused with the way that does work.
	_ = flags.MarkHidden("secret")
}

// addChanges adds the flags that say what becomes of the settings a function has.
func (f *settingFlags) addChanges(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.keep, "keep", false, "keep the variables, secrets and metadata that are not named; without it those named replace all")
	flags.StringArrayVar(&f.dropEnv, "drop-env", nil, "take this environment variable away and keep the others (repeatable)")
	flags.StringArrayVar(&f.dropSecrets, "drop-secret", nil, "take this secret away and keep the others (repeatable)")
	flags.StringArrayVar(&f.dropMetadata, "drop-metadata", nil, "take this metadata away and keep the others (repeatable)")
}

// settings are the values of settingFlags; nil means not given.
type settings struct {
	description, owner *string
	metadata           map[string]string
	keep               bool
	// drop are the names that are taken away, by what they are.
	dropEnv, dropSecrets, dropMetadata []string
	functionPath, runtime              *string
	env                                map[string]string
	secrets                            map[string]client.Secret
	indexURL                           *client.Secret
	extraIndex                         []client.Secret
	cpu, memory                        *float64
}

func (a *app) readSettings(ctx context.Context, cmd *cobra.Command, f settingFlags) (settings, error) {
	if len(f.refused) > 0 {
		return settings{}, client.Invalidf("--secret is visible to every user of this machine: use --secret-stdin")
	}
	given := func(flag string, value *string) *string {
		if cmd.Flags().Changed(flag) {
			return value
		}
		return nil
	}
	s := settings{
		functionPath: given("function-path", &f.functionPath), runtime: given("runtime", &f.runtime),
		description: given("description", &f.description), owner: given("owner", &f.owner),
		keep: f.keep, dropEnv: f.dropEnv, dropSecrets: f.dropSecrets, dropMetadata: f.dropMetadata,
	}
	for _, size := range []struct {
		flag  string
		value float64
		to    **float64
	}{{"cpu", f.cpu, &s.cpu}, {"memory", f.memory, &s.memory}} {
		if !cmd.Flags().Changed(size.flag) {
			continue
		}
		if !(size.value > 0) { // also what is no number
			return settings{}, client.Invalidf("--%s %g: a number above 0 is expected", size.flag, size.value)
		}
		*size.to = &size.value
	}
	steps := []func() error{
		func() (err error) { s.env, err = readEnv(f.envFile, f.env); return err },
		func() (err error) { s.metadata, err = readPairs("--metadata", f.metadata); return err },
		func() (err error) { s.secrets, err = a.readSecrets(ctx, f); return err },
		func() (err error) { s.indexURL, err = a.readIndexURL(f.indexURL); return err },
		func() (err error) { s.extraIndex, err = a.readExtraIndexURLs(f.extraIndex); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return settings{}, err
		}
	}
	return s, nil
}

// spec returns the settings of a new function.
func (s settings) spec() client.FunctionSpec {
	spec := client.FunctionSpec{EnvVars: s.env, Secrets: s.secrets, ExtraIndexURLs: s.extraIndex, Metadata: s.metadata}
	for to, from := range map[*string]*string{
		&spec.FunctionPath: s.functionPath, &spec.Runtime: s.runtime, &spec.Description: s.description, &spec.Owner: s.owner,
	} {
		if from != nil {
			*to = *from
		}
	}
	if s.indexURL != nil {
		spec.IndexURL = *s.indexURL
	}
	for to, from := range map[*float64]*float64{&spec.CPU: s.cpu, &spec.MemoryGB: s.memory} {
		if from != nil {
			*to = *from
		}
	}
	return spec
}

// change returns what a redeploy of a function changes: nil leaves as is.
func (s settings) change(f client.Function) (client.SpecChange, error) {
	c := client.SpecChange{
		FunctionPath: s.functionPath, Runtime: s.runtime, IndexURL: s.indexURL, ExtraIndexURLs: s.extraIndex,
		Description: s.description, Owner: s.owner, Secrets: s.secrets, CPU: s.cpu, MemoryGB: s.memory,
	}
	var err error
	if c.EnvVars, err = s.merged("environment variable", f.EnvVars, s.env, s.dropEnv); err != nil {
		return c, err
	}
	if c.Metadata, err = s.merged("metadata", f.Metadata, s.metadata, s.dropMetadata); err != nil {
		return c, err
	}
	for _, name := range s.dropSecrets {
		if !slices.Contains(f.SecretNames, name) {
			return c, client.Invalidf("%s has no secret %q to drop", f.Name, name)
		}
	}
	if len(s.dropSecrets) > 0 || s.keep && s.secrets != nil {
		c.KeepSecrets = slices.DeleteFunc(slices.Clone(f.SecretNames), func(name string) bool { return slices.Contains(s.dropSecrets, name) })
		if c.Secrets == nil {
			c.Secrets = map[string]client.Secret{}
		}
	}
	return c, nil
}

// merged is what a function has of one kind after a redeploy, nil to leave it.
func (s settings) merged(kind string, have, set map[string]string, drop []string) (map[string]string, error) {
	if len(drop) == 0 && (set == nil || !s.keep) {
		return set, nil
	}
	after := map[string]string{}
	maps.Copy(after, have)
	for _, name := range drop {
		if _, has := have[name]; !has {
			return nil, client.Invalidf("there is no %s %q to drop", kind, name)
		}
		delete(after, name)
	}
	maps.Copy(after, set)
	return after, nil
}

func (s settings) packOptions(include []string) pack.Options {
	opts := action.PackOptions(client.Function{}, client.SpecChange{
		FunctionPath: s.functionPath, Runtime: s.runtime, IndexURL: s.indexURL, ExtraIndexURLs: s.extraIndex,
	})
	opts.TakeBack = include
	return opts
}

// unreadable is the error of a file that the command line names and that cannot
// be read. What is no error of the file system is handed on.
func unreadable(what, path string, err error) error {
	var place *fs.PathError
	if !errors.As(err, &place) {
		return fmt.Errorf("%s: %w", what, err)
	}
	e := &client.Error{Code: client.CodeInvalid, Message: fmt.Sprintf("%s: %s cannot be read: %s", what, path, place.Err), Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		e.Message = fmt.Sprintf("%s: there is no file %s", what, path)
	}
	return e
}

// readEnv merges the lines of a file and the flags.
func readEnv(file string, pairs []string) (map[string]string, error) {
	if file == "" && len(pairs) == 0 {
		return nil, nil
	}
	env := map[string]string{}
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, unreadable("--env-file", file, err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			key, value, ok := strings.Cut(line, "=")
			if !ok || key == "" {
				return nil, client.Invalidf("%s:%d: a line KEY=VALUE is expected", file, n)
			}
			env[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("--env-file %s: %w", file, err)
		}
	}
	set, err := readPairs("--env", pairs)
	maps.Copy(env, set)
	return env, err
}

// readPairs reads the values of a flag that takes KEY=VALUE; nil for none.
func readPairs(flag string, pairs []string) (map[string]string, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	all := map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, client.Invalidf("%s %s: KEY=VALUE is expected", flag, pair)
		}
		all[key] = value
	}
	return all, nil
}

// readSecrets reads the secrets from where they are kept.
func (a *app) readSecrets(ctx context.Context, f settingFlags) (map[string]client.Secret, error) {
	if len(f.secretFiles) == 0 && f.secretStdin == "" {
		return nil, nil
	}
	secrets := map[string]client.Secret{}
	for _, pair := range f.secretFiles {
		key, path, ok := strings.Cut(pair, "=")
		if !ok || key == "" || path == "" {
			return nil, client.Invalidf("--secret-file: KEY=PATH is expected")
		}
		value, err := readSecretFile(path)
		if err != nil {
			return nil, unreadable("--secret-file "+key, path, err)
		}
		secrets[key] = value
	}
	if f.secretStdin != "" {
		value, err := a.secretFromStdin(ctx, f.secretStdin)
		if err != nil {
			return nil, err
		}
		secrets[f.secretStdin] = value
	}
	return secrets, nil
}

// readSecretFile takes a secret from a file that nobody else can read, without
// the line end that editors add.
func readSecretFile(path string) (client.Secret, error) {
	data, private, err := config.OwnFile(path, secretLimitBytes)
	if err != nil {
		return client.Secret{}, err
	}
	if !private {
		return client.Secret{}, &client.Error{
			Code:    client.CodeInvalid,
			Message: path + " is readable by others, the secret in it is refused",
			Hint:    "chmod 600 " + path,
		}
	}
	return trimmedSecret(data), nil
}

func trimmedSecret(data []byte) client.Secret {
	return auth.NewSecret(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"))
}

// secretFromStdin reads the secret from a pipe, or asks for it without showing
// what is typed.
func (a *app) secretFromStdin(ctx context.Context, key string) (client.Secret, error) {
	if !a.inTerminal {
		data, err := io.ReadAll(io.LimitReader(a.in, secretLimitBytes))
		if err != nil {
			return client.Secret{}, fmt.Errorf("--secret-stdin %s: %w", key, err)
		}
		return trimmedSecret(data), nil
	}
	if a.flags.noInput {
		return client.Secret{}, client.Invalidf("--secret-stdin %s: stdin is a terminal and --no-input is given", key)
	}
	if err := ctx.Err(); err != nil {
		return client.Secret{}, context.Cause(ctx)
	}
	_, _ = fmt.Fprintf(a.errs, "value of %s (not shown): ", key)
	data, err := a.readSecret()
	a.note("")
	if err != nil {
		return client.Secret{}, fmt.Errorf("--secret-stdin %s: %w", key, err)
	}
	return trimmedSecret(data), nil
}

// readIndexURL returns the package index of the flag, or of the environment.
func (a *app) readIndexURL(flag string) (*client.Secret, error) {
	if flag == "" {
		value := a.env("FNDECK_INDEX_URL")
		if value == "" {
			return nil, nil
		}
		secret := auth.NewSecret(value)
		return &secret, nil
	}
	secret, err := indexFromFlag("--index-url", "FNDECK_INDEX_URL", flag)
	if err != nil {
		return nil, err
	}
	return &secret, nil
}

func (a *app) readExtraIndexURLs(flags []string) ([]client.Secret, error) {
	var secrets []client.Secret
	for _, flag := range flags {
		secret, err := indexFromFlag("--extra-index-url", "FNDECK_EXTRA_INDEX_URLS", flag)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	if len(flags) > 0 {
		return secrets, nil
	}
	for _, value := range strings.Fields(a.env("FNDECK_EXTRA_INDEX_URLS")) {
		secrets = append(secrets, auth.NewSecret(value))
	}
	return secrets, nil
}

// indexFromFlag refuses a password on the command line, which other users of
// the machine can read.
func indexFromFlag(flag, variable, value string) (client.Secret, error) {
	if path, ok := strings.CutPrefix(value, "@"); ok {
		secret, err := readSecretFile(path)
		if err != nil {
			return client.Secret{}, unreadable(flag, path, err)
		}
		return secret, nil
	}
	if config.HasUserinfo(value) {
		return client.Secret{}, client.Invalidf("%s with a password is visible to every user of this machine: use %s or %s @FILE", flag, variable, flag)
	}
	return auth.NewSecret(value), nil
}
