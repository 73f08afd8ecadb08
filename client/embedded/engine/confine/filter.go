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
	jumpSet  = 0x45 // if any of the bits is set
	mask     = 0x54 // and
	giveBack = 0x06

	offNumber, offArch, offArg0, offArg1, offArg2, offArg3 = 0, 4, 16, 24, 32, 40

	allow     = 0x7fff0000
	kill      = 0x80000000
	refuse    = 0x00050000 | 13 // EACCES
	x32Bit    = 0x40000000
	afUnix    = 1
	afNetlink = 16
	afPacket  = 17
	afInet    = 2

	sockStream = 1
	sockKinds  = 0xf // the bits of a socket's type that are not flags
	protoTCP   = 6
	fastOpen   = 0x20000000 // MSG_FASTOPEN: a send that connects
)

// arch is what the numbers of an architecture are.
type arch struct{ audit, socket, ioUring, listen, sendto, sendmsg, sendmmsg uint32 }

// numbers are the architectures that the filter knows; others run without.
var numbers = map[string]arch{
	"amd64": {audit: 0xc000003e, socket: 41, ioUring: 425, listen: 50, sendto: 44, sendmsg: 46, sendmmsg: 307},
	"arm64": {audit: 0xc00000b7, socket: 198, ioUring: 425, listen: 201, sendto: 206, sendmsg: 211, sendmmsg: 269},
}

// step is an instruction whose jumps name the step to go on at; "" is the next.
type step struct {
	label   string
	code    uint16
	k       uint32
	yes, no string
}

// sockets is which of them a process may open.
type sockets int

const (
	// noSockets are those inside this machine only: Unix and netlink.
	noSockets sockets = iota
	// plainTCP adds TCP over IPv4 that connects by connect and by nothing else, so
	// that Landlock sees it. It may not listen: a listening socket needs no bind,
	// which is all that Landlock would see of it.
	plainTCP
	allSockets
)

// filter refuses io_uring, which could open sockets behind the filter's back,
// and packet sockets; with a closed network every socket but those inside this
// machine (Unix, and netlink, which libraries ask for interfaces): a stream
// socket can be MPTCP or be opened by a send, which Landlock does not see.
// Calls of a foreign architecture, and amd64's x32 numbers, end the process:
// they would mean other calls.
func filter(open sockets) []instruction {
	a := numbers[runtime.GOARCH]
	steps := []step{
		{code: load, k: offArch},
		{code: jumpEq, k: a.audit, no: "kill"},
		{code: load, k: offNumber},
		{code: jumpGe, k: x32Bit, yes: "kill"},
		{code: jumpEq, k: a.ioUring, yes: "refuse"},
	}
	if open == plainTCP {
		steps = append(steps,
			step{code: jumpEq, k: a.listen, yes: "refuse"},
			step{code: jumpEq, k: a.sendto, yes: "flags3"},
			step{code: jumpEq, k: a.sendmmsg, yes: "flags3"},
			step{code: jumpEq, k: a.sendmsg, yes: "flags2"})
	}
	steps = append(steps,
		step{code: jumpEq, k: a.socket, no: "allow"},
		step{code: load, k: offArg0})
	switch open {
	case allSockets:
		steps = append(steps, step{code: jumpEq, k: afPacket, yes: "refuse", no: "allow"})
	case plainTCP:
		steps = append(steps, step{code: jumpEq, k: afInet, yes: "tcp"})
		fallthrough
	case noSockets:
		steps = append(steps,
			step{code: jumpEq, k: afUnix, yes: "allow"},
			step{code: jumpEq, k: afNetlink, yes: "allow", no: "refuse"})
	}
	if open == plainTCP {
		steps = append(steps,
			step{label: "flags3", code: load, k: offArg3},
			step{code: jumpSet, k: fastOpen, yes: "refuse", no: "allow"},
			step{label: "flags2", code: load, k: offArg2},
			step{code: jumpSet, k: fastOpen, yes: "refuse", no: "allow"},
			step{label: "tcp", code: load, k: offArg1},
			step{code: mask, k: sockKinds},
			step{code: jumpEq, k: sockStream, no: "refuse"},
			step{code: load, k: offArg2},
			step{code: jumpEq, k: 0, yes: "allow"},
			step{code: jumpEq, k: protoTCP, yes: "allow", no: "refuse"})
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
