package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

func lockExclusive(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	return err
}

// addressInUse reports whether a listen failed because another has the port, or
// Windows keeps it for itself (Hyper-V reserves ranges).
func addressInUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// GetExtendedTcpTable of iphlpapi.dll: the table of listeners with their
// processes, for IPv4.
var getExtendedTCPTable = windows.NewLazySystemDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")

const tcpTableOwnerPIDListener = 3

// tcpRow is MIB_TCPROW_OWNER_PID.
type tcpRow struct {
	state, localAddr, localPort, remoteAddr, remotePort, pid uint32
}

// portOwner names the program that listens on a port, "" if it cannot be found.
func portOwner(addr string) string {
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return ""
	}
	for _, row := range tcpListeners() {
		if p := uint16(row.localPort); uint64(p>>8|p<<8) == port {
			return processName(row.pid)
		}
	}
	return ""
}

func tcpListeners() []tcpRow {
	size := uint32(64 << 10)
	for range 4 { // the table may grow between two calls
		buf := make([]byte, size)
		code, _, _ := getExtendedTCPTable.Call(uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)), 0, windows.AF_INET, tcpTableOwnerPIDListener, 0)
		switch windows.Errno(code) {
		case 0:
			n := *(*uint32)(unsafe.Pointer(&buf[0]))
			n = min(n, uint32((len(buf)-4)/int(unsafe.Sizeof(tcpRow{}))))
			return unsafe.Slice((*tcpRow)(unsafe.Pointer(&buf[4])), n)
		case windows.ERROR_INSUFFICIENT_BUFFER:
			continue
		}
		break
	}
	return nil
}

func processName(pid uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return fmt.Sprintf("the process with number %d", pid)
	}
	defer windows.CloseHandle(h)
	path := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(path))
	if err := windows.QueryFullProcessImageName(h, 0, &path[0], &n); err != nil {
		return fmt.Sprintf("the process with number %d", pid)
	}
	return fmt.Sprintf("%s (process %d)", filepath.Base(windows.UTF16ToString(path[:n])), pid)
}
