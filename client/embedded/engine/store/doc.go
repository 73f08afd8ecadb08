// Package store keeps the engine's state in one SQLite file.
//
// One write at a time takes everything that waits with it, commits it in one
// transaction and then answers all (group commit). A durable write has
// reached the disk when Write returns; a relaxed one (log batches) reaches it
// with the next durable write at the latest, because both are in one journal.
// A kill at any moment leaves the state before or after a transaction.
//
// Ids are positive, at most 2^53-1, shared by everything and never used again.
// Times are microseconds since 1970 UTC in the file and time.Time outside.
package store
