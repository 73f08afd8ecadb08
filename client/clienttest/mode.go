package clienttest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// counting answers how many calls its process has had.
const counting = `n = 0
def handle(data):
    global n
    n += 1
    return n
`

func (s suite) choosesMode(t *testing.T) {
	x := s.start(t)
	chooser := need[client.ModeChooser](x, client.CanChooseMode)
	f := x.deploy("modes", counting)
	assert.Equal(t, client.ModeIsolated, f.Mode)
	assert.Equal(t, []string{"1", "1"}, []string{x.answer(f), x.answer(f)})

	f, err := chooser.SetMode(x.ctx, f.ID, client.ModeWarm, 1)
	require.NoError(t, err)
	assert.Equal(t, client.ModeWarm, f.Mode)
	assert.Equal(t, 1, f.Workers)
	assert.Equal(t, []string{"1", "2"}, []string{x.answer(f), x.answer(f)})

	f, err = chooser.SetMode(x.ctx, f.ID, client.ModeIsolated, 0)
	require.NoError(t, err)
	assert.Equal(t, client.ModeIsolated, f.Mode)
	assert.Equal(t, "1", x.answer(f))

	for _, mode := range []string{"hot", ""} {
		_, err = chooser.SetMode(x.ctx, f.ID, mode, 0)
		assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
	}
	_, err = chooser.SetMode(x.ctx, "4711", client.ModeWarm, 0)
	assert.ErrorIs(t, err, client.ErrNotFound)
}
