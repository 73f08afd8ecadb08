// Package clienttest is the behaviour that every backend must have, as one
// suite of tests. A backend is asked for all that it claims and for nothing
// else: where a capability is missing, the reason must be said.
package clienttest
