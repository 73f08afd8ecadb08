// Package cognite drives Cognite Functions: the cloud's, and the local engine's,
// which speaks the same API. The transport comes from outside.
//
// Facts are from the API reference 20230101 and from the Cognite Python SDK
// 8.13.0, _api/functions and _api/files.
package cognite
