package output

// The tones that a state word has on a terminal. The word says it all; colour
// only helps the eye.
const (
	toneGood  = "\x1b[32m"
	toneWarn  = "\x1b[33m"
	toneBad   = "\x1b[31m"
	toneReset = "\x1b[0m"
)

// tones gives the state words of functions, calls and runs their colour.
var tones = map[string]string{
	"Ready": toneGood, "Completed": toneGood,
	"Ready, deploy failed": toneWarn,
	"Queued":               toneWarn, "Deploying": toneWarn, "Running": toneWarn,
	"Missed": toneWarn, "Skipped": toneWarn,
	"Failed": toneBad, "Timeout": toneBad,
}

// painted returns text in the colour of the word, or as it is.
func (p Printer) painted(word, text string) string {
	tone, ok := tones[word]
	if !ok || !p.Color {
		return text
	}
	return tone + text + toneReset
}
