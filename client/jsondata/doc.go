// Package jsondata checks JSON as an operator typed it, without changing it.
//
// Faults are told by line and column with the rule that was broken. What passes
// is handed on byte for byte, so that integers above 2^53, 1e400 and -0 reach
// the function as they were typed. The scanner is iterative and linear: depth
// costs no stack and size no more than its bytes. The package is pure, and its
// functions are safe for concurrent use.
package jsondata
