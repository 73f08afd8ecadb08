package views

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// guideScreen is a screen in docs/console.md: how large it is, the keys that lead
// there, and what is on it.
var guideScreen = regexp.MustCompile("(?s)<!-- screen (\\d+)x(\\d+):([^>]*?) -->\n```\n(.*?)```\n")

const guide = "../docs/console.md"

// guideNow is when the screens of the guide are drawn.
var guideNow = time.Date(2026, 1, 15, 10, 40, 0, 0, time.UTC)

// guideScreenAt draws one screen of the guide.
func guideScreenAt(t *testing.T, width, height int, keys string) (text string) {
	backend := sampleBackend(guideNow)
	backend.description.Isolation = "landlock 7 + seccomp, network open"
	backend.functions[4].Status, backend.functions[4].Schedules = client.FunctionReady, 0
	backend.schedules = backend.schedules[:2]
	for i, due := range []time.Duration{20 * time.Minute, 20 * time.Hour} {
		backend.schedules[i].Next = guideNow.Add(due)
	}
	clock := func() time.Time { return time.Now().Add(guideNow.Sub(bubbleStart)) }
	perform(t, backend, width, height, Options{Clock: clock}, func(s *stage) {
		s.press(strings.Fields(keys)...)
		text = s.screen.text()
	})
	return strings.TrimRight(text, "\n") + "\n"
}

func TestTheScreensInTheGuideAreThoseOfTheConsole(t *testing.T) {
	page, err := os.ReadFile(guide)
	require.NoError(t, err)
	shown := guideScreen.FindAllSubmatch(page, -1)
	require.Greater(t, len(shown), 8)
	drawn := guideScreen.ReplaceAllFunc(page, func(found []byte) []byte {
		m := guideScreen.FindSubmatch(found)
		var width, height int
		_, err := fmt.Sscanf(string(m[1])+" "+string(m[2]), "%d %d", &width, &height)
		require.NoError(t, err)
		screen := guideScreenAt(t, width, height, string(m[3]))
		return fmt.Appendf(nil, "<!-- screen %s:%s -->\n```\n%s```\n", string(m[1])+"x"+string(m[2]), m[3], screen)
	})
	if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" {
		require.NoError(t, os.WriteFile(guide, drawn, 0o600))
		return
	}
	require.Equal(t, string(drawn), string(page), "make update-golden draws them anew")
}
