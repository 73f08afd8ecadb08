package config

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
)

var (
	// keyRow finds the keys that the table of docs/cognite.md explains.
	keyRow = regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| \\S")
	// contextBlock finds the examples of contexts.
	contextBlock = regexp.MustCompile("(?ms)^```yaml\n(contexts:\n.*?)^```")
)

func document(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	require.NoError(t, err)
	return text
}

func TestEveryKeyOfAContextIsExplained(t *testing.T) {
	section := regexp.MustCompile(`(?s)## Every key of a context\n(.*?)\n## `).FindSubmatch(document(t, "cognite.md"))
	require.NotNil(t, section)
	var explained []string
	for _, row := range keyRow.FindAllSubmatch(section[1], -1) {
		explained = append(explained, string(row[1]))
	}
	assert.ElementsMatch(t, ContextKeys(), explained)
}

func TestTheContextsOfTheDocumentsAreGoodAndShowEveryFlow(t *testing.T) {
	shown := map[auth.Flow]bool{}
	for _, name := range []string{"cognite.md", "sign-in.md"} {
		blocks := contextBlock.FindAllSubmatch(document(t, name), -1)
		require.NotEmpty(t, blocks, name)
		for _, block := range blocks {
			c, err := parse(name, block[1], environment)
			require.NoError(t, err)
			for _, x := range c.Contexts {
				shown[x.Identity.Flow] = true
			}
		}
	}
	for _, flow := range auth.Flows() {
		assert.True(t, shown[flow], "no example of the flow %s", flow)
	}
}
