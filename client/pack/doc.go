// Package pack looks at code before it is uploaded, packs it, and unpacks what
// was uploaded.
//
// Scan counts first and reads little: the ignore file, the entry file and the
// requirements. It opens regular files only, so a named pipe cannot hold it, and
// never leaves the root. Pack is deterministic: the same files give the same
// bytes. Unpack writes through a rooted handle, trusts no header and removes
// what it wrote when it refuses. A .zip given to Scan is judged by the rules of
// Unpack. Names and texts in results are foreign: whoever draws them cleans
// them first.
package pack
