// Package doctor looks for what keeps the engine from working on this machine
// and this state, says what to do about each finding, and mends what can be
// mended while no engine runs. Looking changes nothing.
package doctor
