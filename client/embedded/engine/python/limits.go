package python

import "fndeck/client/embedded/engine/runner"

// What a build may use. It may compile, so there is room for a linker.
const (
	// buildMemory bounds the address space of one process, and what all have in
	// memory together.
	buildMemory = 8 << 30
	// buildFile bounds one file: the largest wheels have about 1 GB.
	buildFile = 4 << 30
	// buildFiles bounds the descriptors of a process: uv opens many at once.
	buildFiles = 8192
	// buildTasks bounds processes and threads: a compiler for each core, with
	// room for uv's threads.
	buildTasks = 1024
)

func buildLimits() runner.Limits {
	return runner.Limits{MemoryBytes: buildMemory, Files: buildFiles, FileBytes: buildFile, UserTasks: runner.UserTasks()}
}

func buildBounds() runner.Bounds {
	return runner.Bounds{What: "the build", Tasks: buildTasks, MemoryBytes: buildMemory}
}
