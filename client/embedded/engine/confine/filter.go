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
	and      = 0x54
	giveBack = 0x06

	offNumber, offArch, offArg0, offArg1 = 0, 4, 16, 24

	allow        = 0x7fff0000
	kill         = 0x80000000
	refuse       = 0x00050000 | 13 // EACCES
	x32Bit       = 0x40000000
	typeMask     = 0xf
	afInet       = 2
	afInet6      = 10
	afPacket     = 17
	sockDatagram = 2
	sockRaw      = 3
)

// arch is what the numbers of an architecture are.
type arch struct{ audit, socket, ioUring uint32 }

// numbers are the architectures that the filter knows; others run without.
var numbers = map[string]arch{
	"amd64": {audit: 0xc000003e, socket: 41, ioUring: 425},
	"arm64": {audit: 0xc00000b7, socket: 198, ioUring: 425},
}

// filter refuses packet sockets and io_uring, which could open sockets behind
// the filter's back, and with a closed network also the sockets that Landlock
// does not cover: UDP and raw. Calls of a foreign architecture, and amd64's x32
// numbers, end the process: they would mean other calls.
func filter(network bool) []instruction {
	a := numbers[runtime.GOARCH]
	program := []instruction{
		{load, 0, 0, offArch},
		{jumpEq, 1, 0, a.audit},
		{giveBack, 0, 0, kill},
		{load, 0, 0, offNumber},
		{jumpGe, 0, 1, x32Bit},
		{giveBack, 0, 0, kill},
		{jumpEq, 10, 0, a.ioUring}, // to refuse
		{jumpEq, 0, 8, a.socket},   // else to allow
		{load, 0, 0, offArg0},
		{jumpEq, 7, 0, afPacket}, // to refuse
		{jumpEq, 1, 0, afInet},
		{jumpEq, 0, 4, afInet6}, // else to allow
		{load, 0, 0, offArg1},
		{and, 0, 0, typeMask},
		{jumpEq, 2, 0, sockDatagram}, // to refuse
		{jumpEq, 1, 0, sockRaw},      // to refuse
		{giveBack, 0, 0, allow},
		{giveBack, 0, 0, refuse},
	}
	if network {
		program[firstInet] = instruction{giveBack, 0, 0, allow}
	}
	return program
}

// firstInet is where the filter begins to look at internet sockets.
const firstInet = 10

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
