package sherpa

import (
	_ "embed"
	"fmt"

	"golang.org/x/sys/windows"
)

//go:embed lib/windows_amd64-onnxruntime.dll.gz
var runtimeLib []byte

//go:embed lib/windows_amd64-sherpa-onnx-c-api.dll.gz
var sherpaLib []byte

// libraries are unpacked in this order and loaded in it: the second needs the
// first. They need Microsoft's VC++ runtime, which OBS installs.
var libraries = []library{
	{"onnxruntime.dll", &runtimeLib},
	{"sherpa-onnx-c-api.dll", &sherpaLib},
}

func open(path string) (uintptr, error) {
	h, err := windows.LoadLibraryEx(path, 0, windows.LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR|windows.LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", path, err)
	}
	return uintptr(h), nil
}

func symbol(lib uintptr, name string) (uintptr, error) {
	return windows.GetProcAddress(windows.Handle(lib), name)
}
