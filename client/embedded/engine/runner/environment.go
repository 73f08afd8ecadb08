package runner

import (
	"maps"
	"os"
	"slices"
	"strings"
)

// inherited are the variables of the engine that a function sees. Everything
// else stays outside: agents, session buses, tokens, fndeck's own settings.
var inherited = []string{"PATH", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// Environment is the environment of a function's processes: the inherited
// variables, the scratch directory as home, and the function's own, which win
// over the inherited ones.
func Environment(scratch string, own map[string]string) []string {
	values := map[string]string{"HOME": scratch, "TMPDIR": scratch}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(inherited, name) || strings.HasPrefix(name, "LC_") {
			values[name] = value
		}
	}
	maps.Copy(values, own)
	env := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env
}
