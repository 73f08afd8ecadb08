//go:build linux

package core

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

func TestAnOutcomeThatCannotBeStoredTakesOthersWritesAlongOnceAtMost(t *testing.T) {
	r := newRig(t, nil)
	refused, checked, tries := errors.New("refused"), 0, 0
	require.NoError(t, r.insist(finding{
		complaint: "the outcome is not stored",
		write: func(d store.Durability, work func(*store.Tx) error) error {
			checked++
			return r.Store().WriteChecked(d, work)
		},
		work: func(tx *store.Tx) error {
			if tries++; tries < 3 {
				return errors.Join(tx.InsertFile(store.File{ID: tx.NextID()}), refused) // after it has changed something
			}
			return nil
		},
	}))
	assert.Equal(t, 3, tries)
	assert.Equal(t, 1, checked, "without a savepoint its failure is everybody's in the commit")
}
