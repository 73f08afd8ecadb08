//go:build !linux

package harden

// refuseTracing has no counterpart here; the core limit of Process applies.
func refuseTracing() {}
