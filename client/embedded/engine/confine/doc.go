// Package confine says what a function's processes may touch, in the terms of
// the kernel: Landlock for files, TCP ports, signals and tracing, seccomp for
// what Landlock does not cover. The zygote applies it to itself before it
// imports a line of the function; every call inherits it.
//
// It claims nothing that this kernel does not do: Probe asks it.
package confine
