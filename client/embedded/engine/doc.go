// Package engine is the local engine as a process: it holds the lock of a state
// directory, listens on its Unix socket, checks who calls, and serves the
// dialects over the core. It outlives the console that started it.
package engine
