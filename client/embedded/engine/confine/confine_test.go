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
		{Kernel{Landlock: 4}, false, "landlock 4, network open"},
		{Kernel{Seccomp: true}, false, "seccomp only, network closed"},
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
func run(program []instruction, number, audit, family uint32) uint32 {
	data := map[uint32]uint32{offNumber: number, offArch: audit, offArg0: family}
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
		case jumpEq:
			jump(a == i.k, i)
		case jumpGe:
			jump(a >= i.k, i)
		case giveBack:
			return i.k
		}
	}
}

func TestTheFilterRefusesTheSocketsThatLeaveTheMachine(t *testing.T) {
	const read, inet, inet6, vsock = 0, 2, 10, 40
	n := numbers["amd64"]
	if filter(false)[1].k != n.audit {
		t.Skip("written for amd64")
	}
	for _, c := range []struct {
		name                  string
		number, audit, family uint32
		closed, open          uint32
	}{
		{"another call", read, n.audit, inet, allow, allow},
		{"IPv4", n.socket, n.audit, inet, refuse, allow},
		{"IPv6", n.socket, n.audit, inet6, refuse, allow},
		{"to the host of a virtual machine", n.socket, n.audit, vsock, refuse, allow},
		{"Unix", n.socket, n.audit, afUnix, allow, allow},
		{"netlink", n.socket, n.audit, afNetlink, allow, allow},
		{"packet", n.socket, n.audit, afPacket, refuse, refuse},
		{"io_uring", n.ioUring, n.audit, 0, refuse, refuse},
		{"x32", x32Bit | read, n.audit, 0, kill, kill},
		{"foreign architecture", read, 0x40000003, 0, kill, kill},
	} {
		assert.Equal(t, c.closed, run(filter(false), c.number, c.audit, c.family), c.name)
		assert.Equal(t, c.open, run(filter(true), c.number, c.audit, c.family), c.name+", network open")
	}
}
