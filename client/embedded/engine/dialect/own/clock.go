package own

import "time"

// now is the time that deadlines of connections are set by, which is the
// machine's whatever clock the engine goes by.
func now() time.Time { return time.Now() }
