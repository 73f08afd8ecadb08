package views

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestAnActionAfterAFilterHitsTheRowThatCarriesTheMark(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("j", "j", "/")
		d.typed("anomaly")
		d.press("enter")
		d.see("› anomaly-detect")
		d.miss("gone")
		row, ok := d.root.root.screen().(*listScreen[client.Function]).item()
		require.True(t, ok)
		assert.Equal(t, "anomaly-detect", row.Name)
		d.press("i")
		d.see("call anomaly-detect")
		d.miss("that row is gone")
	})
}
