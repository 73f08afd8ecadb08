package action_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func TestAModeIsChosenAndToldInWords(t *testing.T) {
	f := client.Function{ID: "1", Name: "hello", Mode: client.ModeIsolated}
	assert.Equal(t, client.ModeWarm, action.OtherMode(f))
	check, asks := action.ChooseMode.Check(full{bare{&fake{}}}, action.Target{Function: &f}, action.Values{Mode: client.ModeWarm})
	assert.True(t, asks)
	assert.Equal(t, "run calls of hello warm, not isolated: in processes that are kept and keep their globals, from the next call on", check.Question)
	assert.Empty(t, check.Words, "a yes is enough")
	out, err := action.ChooseMode.Run(t.Context(), full{bare{&fake{}}}, action.Target{Function: &f}, action.Values{Mode: client.ModeWarm, Workers: 4})
	require.NoError(t, err)
	assert.Equal(t, "calls of hello run from now on: warm, at most 4 workers", out.Sentence)
	assert.Equal(t, client.ModeIsolated, action.OtherMode(*out.Function))
	assert.Equal(t, "no function chosen", action.ChooseMode.Reason(full{bare{&fake{}}}, action.Target{}))
}
