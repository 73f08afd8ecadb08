package confine

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// Landlock's rights (linux/landlock.h). A right that is handled and not granted
// by a rule is denied.
const (
	execute = 1 << iota
	writeFile
	readFile
	readDir
	removeDir
	removeFile
	makeChar
	makeDir
	makeReg
	makeSock
	makeFifo
	makeBlock
	makeSym
	refer     // ABI 2
	truncate  // ABI 3
	ioctlDev  // ABI 5
	fsRights1 = makeSym<<1 - 1

	bindTCP    = 1 << 0 // ABI 4
	connectTCP = 1 << 1

	scopeAbstractSocket = 1 << 0 // ABI 6
	scopeSignal         = 1 << 1

	readOnly = execute | readFile | readDir
	onFiles  = execute | writeFile | readFile | truncate | ioctlDev // what a rule on a file may grant
)

// fileCapabilities are CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER and CAP_FSETID
// (linux/capability.h); what Landlock denies stays denied.
const fileCapabilities = 1<<0 | 1<<1 | 1<<3 | 1<<4

// Access is what a function may touch beside what every process needs.
type Access struct {
	// Read are files and folders to read and execute, Write those to change.
	Read, Write []string
	// Network leaves the network open; otherwise no socket reaches anything.
	Network bool
	// Connect is a TCP port that may be connected to all the same, 0 for none. The
	// kernel knows the port and not the host.
	Connect int
	// Files keeps root's power over the modes and owners of files, which what
	// unpacks archives as root may count on.
	Files bool
}

// Policy is an Access in the form that the zygote applies; it travels as JSON.
type Policy struct {
	// Handled are the rights that are denied unless a rule grants them: file
	// system, network, scopes. Their number is the size of the kernel's struct.
	Handled []uint64 `json:"handled,omitempty"`
	Rules   []Rule   `json:"rules,omitempty"`
	// Ports are the TCP ports that may be connected to.
	Ports []int `json:"ports,omitempty"`
	// Unshare are the flags of a network namespace of the process's own.
	Unshare int `json:"unshare,omitempty"`
	// Keep are the bits of the capabilities that root keeps; all others are given
	// up, also where the kernel can do nothing else.
	Keep uint64 `json:"keep"`
	// Filter is a seccomp program, base64 of its instructions.
	Filter string `json:"filter,omitempty"`
}

// Rule grants rights below a path. A path that does not exist is left out.
type Rule struct {
	Path   string `json:"path"`
	Rights uint64 `json:"rights"`
	// FileRights are those of Rights that a file, rather than a folder, may have.
	FileRights uint64 `json:"fileRights"`
}

// system are the folders that every program needs to run at all.
var system = []string{
	"/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/opt",
	"/sys/devices/system/cpu", "/sys/fs/cgroup", "/run/systemd/resolve",
}

// devices are the ones that programs use without thinking.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}

// Make turns an access into a policy for this kernel. The zero Policy gives up
// only what root can do beyond other users.
func Make(k Kernel, a Access) Policy {
	var p Policy
	if a.alone() {
		p.Unshare = k.Unshare
	}
	if a.Files {
		p.Keep = fileCapabilities
	}
	if k.Landlock > 0 {
		p.Handled, p.Rules = landlock(k.Landlock, a)
	}
	sockets := noSockets
	switch {
	case a.Network:
		sockets = allSockets
	case a.Connect != 0 && k.Landlock >= tcpSince: // else nothing would hold it to the port
		p.Ports, sockets = []int{a.Connect}, plainTCP
	}
	if k.Seccomp {
		p.Filter = base64.StdEncoding.EncodeToString(encode(filter(sockets)))
	}
	return p
}

func landlock(abi int, a Access) (handled []uint64, rules []Rule) {
	fs := uint64(fsRights1)
	if abi >= 2 {
		fs |= refer
	}
	if abi >= 3 {
		fs |= truncate
	}
	if abi >= 5 {
		fs |= ioctlDev
	}
	handled = []uint64{fs}
	if abi >= tcpSince {
		net := uint64(bindTCP | connectTCP)
		if a.Network {
			net = 0
		}
		handled = append(handled, net)
	}
	if abi >= 6 {
		handled = append(handled, scopeAbstractSocket|scopeSignal)
	}
	grant := func(paths []string, rights uint64) {
		for _, path := range paths {
			rules = append(rules, Rule{Path: path, Rights: rights & fs, FileRights: rights & fs & onFiles})
		}
	}
	grant(system, readOnly)
	grant(a.Read, readOnly)
	grant(devices, readFile|writeFile|ioctlDev)
	grant(a.Write, fs)
	return handled, rules
}

// alone reports whether nothing at all may be connected to.
func (a Access) alone() bool { return !a.Network && a.Connect == 0 }

// Badge says in the header's words what confines a function with this access.
func Badge(k Kernel, a Access) string {
	var by []string
	if k.Landlock > 0 {
		by = append(by, "landlock "+strconv.Itoa(k.Landlock))
	}
	if k.Seccomp {
		by = append(by, "seccomp")
	}
	if a.alone() && k.Unshare != 0 {
		by = append(by, "netns")
	}
	switch {
	case len(by) == 0:
		return "isolation: none"
	case len(by) == 1 && k.Landlock == 0:
		by[0] += " only"
	}
	badge := strings.Join(by, " + ")
	switch {
	// Landlock alone does not close the network: it knows plain TCP only.
	case a.Network || !k.Seccomp && (k.Unshare == 0 || !a.alone()):
		return badge + ", network open"
	case a.alone():
		return badge + ", network closed"
	}
	return badge + ", network closed but for its client"
}

// tcpSince is the version of Landlock that covers TCP.
const tcpSince = 4
