// Package backup writes the state of an engine into one file and puts it back.
//
// The file is a gzipped tar: the database as it was at one moment, the code
// archives that it refers to, and last a manifest with the size and the hash of
// each. A file that was cut or changed is therefore known before it is used.
// Secrets stay sealed in the database; the key that opens them is not in it.
//
// A restore touches nothing before all is verified and durable beside the
// state; then it moves the old state aside and the new one in, by renames that
// Resume completes if they were cut. Nothing of the old state is deleted.
package backup
