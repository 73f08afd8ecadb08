//go:build linux

package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNoncesExpireInTheirOrderAndUsedOnesAreForgotten(t *testing.T) {
	now := start
	n := newNonces(func() time.Time { return now })
	first, second := n.add(1), n.add(2)
	now = start.Add(nonceLife / 2)
	third := n.add(3)
	id, err := n.use(second)
	require.NoError(t, err)
	assert.EqualValues(t, 2, id)

	now = start.Add(nonceLife + time.Second)
	fourth := n.add(4)
	assert.Len(t, n.open, 2)
	assert.Equal(t, []string{third, fourth}, n.byAge)
	_, err = n.use(first)
	require.ErrorIs(t, err, errNonce)
	id, err = n.use(third)
	require.NoError(t, err)
	assert.EqualValues(t, 3, id)
}

func TestNothingIsLookedAtBehindANonceThatIsOpen(t *testing.T) {
	now := start
	n := newNonces(func() time.Time { return now })
	open := n.add(1)
	now = start.Add(-time.Hour)
	behind := n.add(2)
	now = start
	last := n.add(3)
	assert.Equal(t, []string{open, behind, last}, n.byAge)
	assert.Len(t, n.open, 3, "the second is over, and an add must not go through all to see it")
	_, err := n.use(behind)
	require.ErrorIs(t, err, errNonce)
}
