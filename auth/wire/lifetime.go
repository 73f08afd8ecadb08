package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"fndeck/auth/redact"
)

const (
	// AssumedLife is that of a token whose issuer does not say.
	AssumedLife = time.Hour
	// longestLife is what is believed of an issuer's word.
	longestLife = 24 * time.Hour
)

// Lifetime reads expires_in, a number of seconds or the same as a string. What
// was assumed or cut comes back as a note.
func Lifetime(value any) (life time.Duration, note string) {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	case value == nil:
		return AssumedLife, "the issuer did not say how long the token lives: one hour is assumed"
	case err != nil || math.IsNaN(seconds) || seconds <= 0:
		return AssumedLife, fmt.Sprintf("the issuer said that the token lives %q seconds: one hour is assumed", redact.Clip(fmt.Sprint(value), 40))
	case seconds > longestLife.Seconds():
		return longestLife, fmt.Sprintf("the issuer said that the token lives %s seconds: 24 hours are believed", redact.Clip(text, 40))
	}
	return time.Duration(seconds * float64(time.Second)), ""
}
