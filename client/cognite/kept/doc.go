// Package kept is what this machine keeps of one remote project, because the
// project itself does not: which ids a function has had, its versions with their
// code and settings, and secret values, sealed. Several programs may share a
// directory; a lock of the kernel orders their writes.
package kept
