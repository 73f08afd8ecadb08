// Package pages reads the tables of a SQLite file, page by page, without
// trusting any of it: what can be read is handed out, what cannot is counted.
// SQLite itself gives up on a table at the first page that makes no sense.
//
// It knows ordinary tables only, not indexes. It never writes. The format is
// that of SQLite's documents "Database File Format" and "WAL-mode File Format".
package pages
