package confine

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var whole = Kernel{Landlock: 7, Seccomp: true}

func TestTheBadgeClaimsNoMoreThanTheKernelDoes(t *testing.T) {
	for _, c := range []struct {
		k       Kernel
		network bool
		badge   string
	}{
		{whole, false, "landlock 7 + seccomp, network closed"},
		{whole, true, "landlock 7 + seccomp, network open"},
		{Kernel{Landlock: 3}, false, "landlock 3, network open"},
		{Kernel{Landlock: 4}, false, "landlock 4, TCP closed"},
		{Kernel{Seccomp: true}, false, "seccomp only, UDP closed"},
		{Kernel{}, false, "isolation: none"},
	} {
		assert.Equal(t, c.badge, Badge(c.k, c.network))
	}
}

func TestAnOlderKernelIsAskedOnlyForWhatItKnows(t *testing.T) {
	one := Make(Kernel{Landlock: 1}, Access{})
	assert.Equal(t, []uint64{fsRights1}, one.Handled)
	assert.Empty(t, one.Filter)
	for _, r := range one.Rules {
		assert.Zero(t, r.Rights&^uint64(fsRights1), r.Path)
	}
	assert.Len(t, Make(Kernel{Landlock: 4}, Access{}).Handled, 2)
	assert.Len(t, Make(Kernel{Landlock: 6}, Access{}).Handled, 3)
	assert.Zero(t, Make(whole, Access{Network: true}).Handled[1], "an open network is not handled")
	assert.Empty(t, Make(Kernel{}, Access{}))
}

func TestWhatMayBeReadMayNotBeWritten(t *testing.T) {
	p := Make(whole, Access{Read: []string{"/code"}, Write: []string{"/scratch"}})
	rights := map[string]uint64{}
	for _, r := range p.Rules {
		rights[r.Path] = r.Rights
	}
	assert.Zero(t, rights["/code"]&(writeFile|makeReg|removeFile))
	assert.NotZero(t, rights["/scratch"]&makeReg)
	assert.NotContains(t, rights, "/home")
	text, err := json.Marshal(p)
	require.NoError(t, err)
	assert.Less(t, len(text), 8000, "it travels in one datagram")
}

// run interprets the few operations of the filter, as the kernel does.
func run(program []instruction, number, audit, arg0, arg1 uint32) uint32 {
	data := map[uint32]uint32{offNumber: number, offArch: audit, offArg0: arg0, offArg1: arg1}
	var a uint32
	for pc := 0; ; pc++ {
		jump := func(hit bool, i instruction) {
			if hit {
				pc += int(i.jt)
			} else {
				pc += int(i.jf)
			}
		}
		switch i := program[pc]; i.code {
		case load:
			a = data[i.k]
		case and:
			a &= i.k
		case jumpEq:
			jump(a == i.k, i)
		case jumpGe:
			jump(a >= i.k, i)
		case giveBack:
			return i.k
		}
	}
}

func TestTheFilterRefusesTheSocketsThatLandlockDoesNotCover(t *testing.T) {
	const stream, nonblock, unix, read = 1, 0x800, 1, 0
	n := numbers["amd64"]
	if len(filter(false)) == 0 || filter(false)[1].k != n.audit {
		t.Skip("written for amd64")
	}
	for _, c := range []struct {
		name                      string
		number, audit, arg0, arg1 uint32
		closed, open              uint32
	}{
		{"another call", read, n.audit, 0, 0, allow, allow},
		{"TCP", n.socket, n.audit, afInet, stream, allow, allow},
		{"UDP", n.socket, n.audit, afInet, sockDatagram, refuse, allow},
		{"UDP, non-blocking", n.socket, n.audit, afInet, sockDatagram | nonblock, refuse, allow},
		{"UDP over IPv6", n.socket, n.audit, afInet6, sockDatagram, refuse, allow},
		{"raw", n.socket, n.audit, afInet6, sockRaw, refuse, allow},
		{"Unix datagram", n.socket, n.audit, unix, sockDatagram, allow, allow},
		{"packet", n.socket, n.audit, afPacket, stream, refuse, refuse},
		{"io_uring", n.ioUring, n.audit, 0, 0, refuse, refuse},
		{"x32", x32Bit | read, n.audit, 0, 0, kill, kill},
		{"foreign architecture", read, 0x40000003, 0, 0, kill, kill},
	} {
		assert.Equal(t, c.closed, run(filter(false), c.number, c.audit, c.arg0, c.arg1), c.name)
		assert.Equal(t, c.open, run(filter(true), c.number, c.audit, c.arg0, c.arg1), c.name+", network open")
	}
}
