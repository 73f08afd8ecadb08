package loopback

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fndeck/auth/redact"
)

// listening is the state of a listening socket in /proc/net/tcp (proc(5)).
const listening = "0A"

// holder names the program that listens on a port, empty if that cannot be told:
// only Linux says, and only of one's own processes.
func holder(port string) string {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		inode := listenerInode(table, fmt.Sprintf(":%04X", number))
		if name := ownerOf(inode); name != "" {
			return name
		}
	}
	return ""
}

// listenerInode finds the socket that listens on a port.
func listenerInode(table, port string) string {
	file, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // it was only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // number, local, remote, state, …, inode
		if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], port) {
			return fields[9]
		}
	}
	return ""
}

// ownerOf names the process that has a socket open.
func ownerOf(inode string) string {
	if inode == "" {
		return ""
	}
	descriptors, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return ""
	}
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err != nil || target != "socket:["+inode+"]" {
			continue
		}
		process := filepath.Dir(filepath.Dir(descriptor))
		name, err := os.ReadFile(filepath.Join(process, "comm"))
		if err != nil {
			return ""
		}
		return fmt.Sprintf("%s (pid %s)", redact.Line(string(name)), filepath.Base(process))
	}
	return ""
}
