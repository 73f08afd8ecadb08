package client

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestContextsAreChosenByTheirNamesEachOnceAndInTheirOrder(t *testing.T) {
	known := []string{"local", "prod", "test"}
	chosen, unknown := ChooseContexts("test,local,test", known)
	assert.Equal(t, []string{"local", "test"}, chosen)
	assert.Empty(t, unknown)
	_, unknown = ChooseContexts("local,elsewhere", known)
	assert.Equal(t, "elsewhere", unknown)
	assert.Equal(t, chosen, SplitContexts(JoinContexts(chosen)))
}
