//go:build !(linux && amd64) && !(windows && amd64)

package sherpa

var libraries []library

func open(string) (uintptr, error) { return 0, ErrUnsupported }

func symbol(uintptr, string) (uintptr, error) { return 0, ErrUnsupported }
