package auth

import "time"

// Prompt is what a person must see to sign in: one of its fields is set. Every
// change of it is told anew.
type Prompt struct {
	Device  *DevicePrompt
	Browser *BrowserPrompt
	// Note is what to know of a sign-in that has succeeded: it comes last.
	Note string
}

// Asker says who asks for the sign-in. Host is that of the address the person
// opens, to be shown in full: it is what a phisher would change.
type Asker struct {
	ClientID, Host string
	Scopes         []string
}

// DeviceState is how the wait for a device code's approval stands.
type DeviceState string

// The states.
const (
	DeviceWaiting  DeviceState = "waiting for approval"
	DeviceSlower   DeviceState = "the server asks to slow down"
	DeviceNoAnswer DeviceState = "the server does not answer: trying on"
)

// DevicePrompt is a code to type at an address (RFC 8628 section 3.3).
type DevicePrompt struct {
	Asker
	Code, Address string
	// Complete is an address with the code in it, empty where there is none.
	Complete string
	Ends     time.Time
	State    DeviceState
	// Polls counts the questions so far.
	Polls int
}

// BrowserPrompt is an address to open, and three ways back: the listener, the
// same through an SSH tunnel, and the address pasted.
type BrowserPrompt struct {
	Asker
	Address string
	// Listening are the loopback addresses that wait for the browser; empty if
	// none could be opened: NotListening says why then.
	Listening    []string
	NotListening string
	// Tunnel is the command that leads a laptop's browser to the listener.
	Tunnel string
	Ends   time.Time
	// Paste takes the address on which the browser ended; an error says what is
	// wrong with it, and the wait goes on.
	Paste func(text string) error
}
