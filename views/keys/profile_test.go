package keys

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/ui"
)

func TestBothProfilesBindNoKeyTwice(t *testing.T) {
	for _, profile := range []string{"default", "vim"} {
		bound, problems := Build(Config{Profile: profile})
		assert.Empty(t, problems)
		assert.Empty(t, bound.Conflicts(), profile)
		for _, id := range bound.IDs() {
			b, _ := bound.Lookup(id)
			for _, key := range b.Keys {
				assert.NoError(t, ui.CheckKey(key), "%s of %s", key, id)
			}
		}
	}
}

func TestTheVimProfileMovesByItsHands(t *testing.T) {
	bound, _ := Build(Config{Profile: "vim"})
	assert.True(t, bound.Bound("list.halfdown", "ctrl+d"))
	assert.Equal(t, "D", bound.Key("list.delete"))
	assert.Equal(t, "h", bound.Key("text.left"))
}

func TestActionsTakeTheKeysThatTheyAreGiven(t *testing.T) {
	bound, problems := Build(Config{Bound: map[string][]string{
		"functions.redeploy": {"f5"}, "functions.call": {"r"}, "list.logs": {},
	}})
	assert.Empty(t, problems, "r is free once redeploy has left it")
	assert.True(t, bound.Bound("functions.call", "r"))
	assert.Equal(t, "f5", bound.Key("functions.redeploy"))
	assert.Empty(t, bound.Key("list.logs"))
	assert.Equal(t, "default", bound.Profile)
	assert.Equal(t, 3, bound.Rebound(), "those that are not as the profile has them")
}

func TestAWishThatCannotBeMetSaysWhyAndChangesNothing(t *testing.T) {
	for id, c := range map[string]struct {
		keys []string
		says string
	}{
		"functions.redploy": {[]string{"r"}, `there is no action "functions.redploy"; nearest is functions.redeploy`},
		"functions.call":    {[]string{"r"}, "r is bound to functions.redeploy already: functions.call keeps i"},
		"list.logs":         {[]string{"?"}, "? is bound to app.help already"},
		"app.help":          {nil, "app.help cannot be left without a key"},
		"list.open":         {[]string{"ctrl+m"}, "ctrl+m is enter on many terminals"},
		"list.new":          {[]string{"ctrl+enter"}, "most terminals do not send ctrl+enter"},
		"list.mark":         {[]string{" "}, "the space bar is called space"},
		"list.raw":          {[]string{"hyper+x"}, `"hyper+x" is not a key`},
		"list.copy":         {[]string{"\x1b"}, "is not a key"},
	} {
		bound, problems := Build(Config{Bound: map[string][]string{id: c.keys}})
		if assert.Len(t, problems, 1, id) {
			assert.Equal(t, id, problems[0].ID)
			assert.Contains(t, problems[0].Message, c.says)
		}
		before, _ := Build(Config{})
		assert.Equal(t, before, bound, id)
	}
	_, problems := Build(Config{Profile: "emacs"})
	assert.Equal(t, "profile", problems[0].ID)
}
