// Package cognite serves the Cognite Functions API (REF 20230101) over the
// engine's core: functions, calls, schedules, files, sessions and token
// inspect, exact to the keys that the vendor's Python SDK requires.
//
// Facts are from the public API reference 20230101 and from the Cognite Python
// SDK 8.13.0 and 7.94.2, _api/functions and _api/files.
package cognite
