// Package rows holds long lists in little memory. Neighbours in a list differ in
// little, so a row is kept as what it has other than the row before it, in chunks of
// some hundred rows, and is made whole when somebody looks at it. A list of functions
// that takes more than 40 MB as values takes 4 MB so, and the chunks that did not change between
// two answers of a backend are shared by both.
//
// Lists and chunks are immutable and safe for concurrent use; a Reader is one's own.
// Chunks may come from elsewhere: Open refuses what is no chunk, and never panics.
package rows
