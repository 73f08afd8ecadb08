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
		k      Kernel
		access Access
		badge  string
	}{
		{whole, Access{}, "landlock 7 + seccomp, network closed"},
		{whole, Access{Network: true}, "landlock 7 + seccomp, network open"},
		{whole, Access{Connect: 4711}, "landlock 7 + seccomp, network closed but for its client"},
		{Kernel{Landlock: 7, Seccomp: true, Unshare: 1}, Access{}, "landlock 7 + seccomp + netns, network closed"},
		{Kernel{Landlock: 7, Seccomp: true, Unshare: 1}, Access{Connect: 4711}, "landlock 7 + seccomp, network closed but for its client"},
		{Kernel{Landlock: 7, Seccomp: true, Unshare: 1}, Access{Network: true}, "landlock 7 + seccomp, network open"},
		{Kernel{Landlock: 3}, Access{}, "landlock 3, network open"},
		{Kernel{Landlock: 4}, Access{}, "landlock 4, network open"},
		{Kernel{Landlock: 3, Unshare: 1}, Access{}, "landlock 3 + netns, network closed"},
		{Kernel{Seccomp: true}, Access{}, "seccomp only, network closed"},
		{Kernel{}, Access{}, "isolation: none"},
	} {
		assert.Equal(t, c.badge, Badge(c.k, c.access))
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
func run(program []instruction, number, audit uint32, args ...uint32) uint32 {
	data := map[uint32]uint32{offNumber: number, offArch: audit}
	for i, arg := range args {
		data[offArg0+8*uint32(i)] = arg
	}
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
		case jumpSet:
			jump(a&i.k != 0, i)
		case mask:
			a &= i.k
		case giveBack:
			return i.k
		}
	}
}

func TestTheFilterRefusesTheSocketsThatLeaveTheMachine(t *testing.T) {
	const read, inet, inet6, vsock = 0, 2, 10, 40
	n := numbers["amd64"]
	if filter(noSockets)[1].k != n.audit {
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
		assert.Equal(t, c.closed, run(filter(noSockets), c.number, c.audit, c.family), c.name)
		assert.Equal(t, c.open, run(filter(allSockets), c.number, c.audit, c.family), c.name+", network open")
	}
}

func TestWithOnePortOnlyPlainTCPThatConnectsIsOpened(t *testing.T) {
	const inet, inet6, stream, datagram, raw, nonBlocking, mptcp, ipUDP = 2, 10, 1, 2, 3, 0x800, 262, 17
	n := numbers["amd64"]
	program := filter(plainTCP)
	if program[1].k != n.audit {
		t.Skip("written for amd64")
	}
	for _, c := range []struct {
		name   string
		number uint32
		args   []uint32
		want   uint32
	}{
		{"TCP", n.socket, []uint32{inet, stream, 0}, allow},
		{"TCP by its number, not blocking", n.socket, []uint32{inet, stream | nonBlocking, 6}, allow},
		{"UDP", n.socket, []uint32{inet, datagram, ipUDP}, refuse},
		{"raw", n.socket, []uint32{inet, raw, 6}, refuse},
		{"MPTCP, which Landlock does not see", n.socket, []uint32{inet, stream, mptcp}, refuse},
		{"IPv6", n.socket, []uint32{inet6, stream, 0}, refuse},
		{"Unix", n.socket, []uint32{afUnix, stream, 0}, allow},
		{"netlink", n.socket, []uint32{afNetlink, raw, 0}, allow},
		{"packet", n.socket, []uint32{afPacket, raw, 0}, refuse},
		{"listen", n.listen, []uint32{3, 5}, refuse},
		{"a send", n.sendto, []uint32{3, 0, 9, 0x4000}, allow},
		{"a send that connects", n.sendto, []uint32{3, 0, 9, fastOpen}, refuse},
		{"a message", n.sendmsg, []uint32{3, 0, 0}, allow},
		{"a message that connects", n.sendmsg, []uint32{3, 0, fastOpen}, refuse},
		{"messages that connect", n.sendmmsg, []uint32{3, 0, 1, fastOpen | 0x4000}, refuse},
		{"another call", 0, []uint32{inet, fastOpen, fastOpen, fastOpen}, allow},
		{"io_uring", n.ioUring, nil, refuse},
		{"x32", x32Bit | n.socket, []uint32{inet, stream, 0}, kill},
	} {
		assert.Equal(t, c.want, run(program, c.number, n.audit, c.args...), c.name)
	}
}

func TestOnePortIsOpenedOnlyWhereTheKernelHoldsAProcessToIt(t *testing.T) {
	assert.Equal(t, []int{4711}, Make(whole, Access{Connect: 4711}).Ports)
	assert.NotZero(t, Make(whole, Access{Connect: 4711}).Handled[1], "every other port stays closed")
	assert.Empty(t, Make(whole, Access{Connect: 4711, Network: true}).Ports, "an open network needs no rule")
	old := Make(Kernel{Landlock: 3, Seccomp: true}, Access{Connect: 4711})
	assert.Equal(t, Make(Kernel{Landlock: 3, Seccomp: true}, Access{}), old)
}
