//go:build !linux

package main

// refuseTracing has no counterpart here; the core limit of harden applies.
func refuseTracing() {}
