package runner

import (
	"math"
	"runtime"
	"strconv"
	"time"
)

// What a call may use beside its memory and time. They are generous: a function
// that reaches one of them runs away, and takes the machine with it if nothing
// stops it.
const (
	// maxTasks is how many processes and threads a call may have at once. Libraries
	// start one thread for each core, in each of a few processes.
	maxTasks = 512
	// maxFiles is how many descriptors a process of a call may hold: what shells
	// give.
	maxFiles = 1024
	// maxFileBytes bounds one file, as Lambda bounds its scratch folder: what is
	// written without end fails before the disk is full.
	maxFileBytes = 512 << 20
	// cpuGrace is added to the time that a call could spend on all cores: who has
	// used that much is past its time limit, whatever became of our timer.
	cpuGrace = 10 * time.Second
	// taskRoom is added to the user's tasks at the start of a zygote: those of
	// other calls, which the kernel counts together with ours.
	taskRoom = 8192
)

// Limits are what boot.py lets the kernel hold a process and its children to;
// zero fields are no limit. They travel as JSON.
type Limits struct {
	// MemoryBytes is the address space beyond what the import has taken.
	MemoryBytes int64 `json:"memory"`
	// ResponseBytes bounds the encoded response.
	ResponseBytes int64 `json:"response,omitempty"`
	Files         int64 `json:"files"`
	FileBytes     int64 `json:"file"`
	// CPUSeconds counts from the start of the call.
	CPUSeconds int64 `json:"cpu,omitempty"`
	// UserTasks bounds the processes and threads of the whole user, 0 for root,
	// whom it would not bind. The watchdog counts those of one call.
	UserTasks int64 `json:"tasks,omitempty"`
}

// limits are those of a call; userTasks is what UserTasks returned.
func (r Request) limits(userTasks int64) Limits {
	cpu := time.Duration(runtime.NumCPU())*r.Timeout + cpuGrace
	return Limits{
		MemoryBytes: r.MemoryBytes, ResponseBytes: r.ResponseBytes, Files: maxFiles, FileBytes: maxFileBytes,
		CPUSeconds: int64(math.Ceil(cpu.Seconds())), UserTasks: userTasks,
	}
}

// Bounds are what a process and all that it starts may use together, as the
// watchdog sees it.
type Bounds struct {
	// What is "the call" or "the build", for the cause.
	What string
	// Tasks counts processes and their threads.
	Tasks int
	// MemoryBytes counts what they have in memory, shared pages by their part; 0
	// for no bound.
	MemoryBytes int64
}

// importMemory bounds what an import has in memory; a call is bounded on top of
// what its import took.
const importMemory = 8 << 30

// importBounds are those of a module while it is imported.
var importBounds = Bounds{What: "the import", Tasks: maxTasks, MemoryBytes: importMemory}

// bounds are those of a call.
func (r Request) bounds() Bounds {
	b := Bounds{What: "the call", Tasks: maxTasks, MemoryBytes: r.MemoryBytes}
	if r.MaxTasks > 0 {
		b.Tasks = r.MaxTasks
	}
	return b
}

func (b Bounds) tooManyTasks() string {
	return b.What + " started more than " + strconv.Itoa(b.Tasks) + " processes and threads"
}

// outOfMemory is the cause of a call whose processes used more than its memory
// together.
func (b Bounds) outOfMemory() string {
	return "out of memory (limit " + strconv.FormatInt(b.MemoryBytes>>20, 10) + " MB)"
}
