// Package python finds the interpreters of this machine and builds the package
// environments that functions with requirements run in. Environments hold no
// pip and are kept by the hash of everything that decides what is in them.
package python
