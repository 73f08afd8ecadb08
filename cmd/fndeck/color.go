package main

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
	"Queued": toneWarn, "Deploying": toneWarn, "Running": toneWarn,
	"Missed": toneWarn, "Skipped": toneWarn,
	"Failed": toneBad, "Timeout": toneBad,
}

// painted returns text in the colour of the word, or as it is.
func (a *app) painted(word, text string) string {
	tone, ok := tones[word]
	if !ok || !a.colored() {
		return text
	}
	return tone + text + toneReset
}

// colored reports whether stdout gets colours: --color, then NO_COLOR, then
// CLICOLOR_FORCE, then whether somebody looks.
func (a *app) colored() bool {
	switch {
	case a.flags.color == "always":
		return true
	case a.flags.color == "never", a.env("NO_COLOR") != "":
		return false
	case a.env("CLICOLOR_FORCE") != "" && a.env("CLICOLOR_FORCE") != "0":
		return true
	case a.env("CLICOLOR") == "0", a.env("TERM") == "dumb":
		return false
	}
	return a.outTerminal
}
