package frames

import (
	"reflect"
	"time"
	"unsafe"
)

// systemClock is the time that gaps between frames are measured with.
func systemClock() time.Time { return time.Now() }

// replaceClock makes the program draw when ticks delivers, and reports whether
// it could. It must be called before the program runs: startRenderer makes a
// ticker of its own only where there is none. The ticker is a real one, because
// the library resets and stops it, and nobody listens to it: Go runs no timer
// for a channel that nobody waits on. program is a *tea.Program.
func replaceClock(program any, ticks <-chan time.Time) bool {
	field := reflect.ValueOf(program).Elem().FieldByName("ticker")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*time.Ticker]() || !field.IsNil() {
		return false
	}
	ticker := time.NewTicker(time.Hour)
	ticker.Stop()
	ticker.C = ticks
	*(**time.Ticker)(unsafe.Pointer(field.UnsafeAddr())) = ticker
	return true
}
