// Package disk knows the room of the state directory: how much there is, what
// takes it, whether anything can be written, and the ballast that is given up
// when the disk is full, so that what then happens can still be recorded.
package disk
