package confine

import (
	"encoding/binary"
	"runtime"
)

// instruction is one of a seccomp program (struct sock_filter).
type instruction struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

// The few operations that are used (linux/bpf_common.h, linux/seccomp.h).
const (
	load     = 0x20 // ld word at an offset of struct seccomp_data
	jumpEq   = 0x15
	jumpGe   = 0x35
	giveBack = 0x06

	offNumber, offArch, offArg0 = 0, 4, 16

	allow     = 0x7fff0000
	kill      = 0x80000000
	refuse    = 0x00050000 | 13 // EACCES
	x32Bit    = 0x40000000
	afUnix    = 1
	afNetlink = 16
	afPacket  = 17
)

// arch is what the numbers of an architecture are.
type arch struct{ audit, socket, ioUring uint32 }

// numbers are the architectures that the filter knows; others run without.
var numbers = map[string]arch{
	"amd64": {audit: 0xc000003e, socket: 41, ioUring: 425},
	"arm64": {audit: 0xc00000b7, socket: 198, ioUring: 425},
}

// step is an instruction whose jumps name the step to go on at; "" is the next.
type step struct {
	label   string
	code    uint16
	k       uint32
	yes, no string
}

// filter refuses io_uring, which could open sockets behind the filter's back,
// and packet sockets; with a closed network every socket but those inside this
// machine (Unix, and netlink, which libraries ask for interfaces): a stream
// socket can be MPTCP or be opened by a send, which Landlock does not see.
// Calls of a foreign architecture, and amd64's x32 numbers, end the process:
// they would mean other calls.
func filter(network bool) []instruction {
	a := numbers[runtime.GOARCH]
	steps := []step{
		{code: load, k: offArch},
		{code: jumpEq, k: a.audit, no: "kill"},
		{code: load, k: offNumber},
		{code: jumpGe, k: x32Bit, yes: "kill"},
		{code: jumpEq, k: a.ioUring, yes: "refuse"},
		{code: jumpEq, k: a.socket, no: "allow"},
		{code: load, k: offArg0},
	}
	if network {
		steps = append(steps, step{code: jumpEq, k: afPacket, yes: "refuse", no: "allow"})
	} else {
		steps = append(steps,
			step{code: jumpEq, k: afUnix, yes: "allow"},
			step{code: jumpEq, k: afNetlink, yes: "allow", no: "refuse"})
	}
	return assemble(append(steps,
		step{label: "allow", code: giveBack, k: allow},
		step{label: "refuse", code: giveBack, k: refuse},
		step{label: "kill", code: giveBack, k: kill}))
}

// assemble turns names into distances.
func assemble(steps []step) []instruction {
	at := map[string]int{}
	for i, s := range steps {
		at[s.label] = i
	}
	program := make([]instruction, len(steps))
	for i, s := range steps {
		distance := func(label string) uint8 {
			if label == "" {
				return 0
			}
			return uint8(at[label] - i - 1)
		}
		program[i] = instruction{code: s.code, jt: distance(s.yes), jf: distance(s.no), k: s.k}
	}
	return program
}

// encode lays the program out as the kernel reads it.
func encode(program []instruction) []byte {
	var b []byte
	for _, i := range program {
		b = binary.LittleEndian.AppendUint16(b, i.code)
		b = append(b, i.jt, i.jf)
		b = binary.LittleEndian.AppendUint32(b, i.k)
	}
	return b
}
