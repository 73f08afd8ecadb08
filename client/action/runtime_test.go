package action_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
	"fndeck/client/action"
)

func TestARuntimeThatIsNotThereIsRefusedByNameBeforeAnythingIsSent(t *testing.T) {
	for kind, says := range map[string]string{
		"embedded": "py39 is not installed here; available: py311, py312",
		"cognite":  "py39 is not offered by prod; available: py311, py312",
	} {
		// Deploy and redeploy are nil in the fake: reaching them panics.
		b := full{bare{&fake{describe: client.Description{Kind: kind, Name: "prod", Runtimes: []string{"py311", "py312"}}}}}
		runtime := "py39"
		_, err := action.Deploy.Run(t.Context(), b, action.Target{}, action.Values{Spec: client.FunctionSpec{Name: "x", Runtime: runtime}, Code: &client.Package{}})
		assert.EqualError(t, err, "deploy x: "+says)
		_, err = action.Redeploy.Run(t.Context(), b, action.Target{Function: &hello}, action.Values{Change: client.SpecChange{Runtime: &runtime}})
		assert.ErrorContains(t, err, says)
		assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
	}
}
