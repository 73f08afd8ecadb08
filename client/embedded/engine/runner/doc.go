// Package runner runs one version of a function: a zygote process that has
// imported it, and a process forked from the zygote for each call.
//
// Every call has pipes of its own, so what it and its children print belongs to
// it exactly; the drain after its end is bounded, and whatever it leaves behind
// is killed. The package stores nothing and knows no wire API.
package runner
