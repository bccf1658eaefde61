package sherpa

import (
	_ "embed"
	"fmt"

	"github.com/ebitengine/purego"
)

//go:embed lib/linux_amd64-libonnxruntime.so.gz
var runtimeLib []byte

//go:embed lib/linux_amd64-libsherpa-onnx-c-api.so.gz
var sherpaLib []byte

// libraries are unpacked in this order and loaded in it: the second needs the
// first.
var libraries = []library{
	{"libonnxruntime.so", &runtimeLib},
	{"libsherpa-onnx-c-api.so", &sherpaLib},
}

func open(path string) (uintptr, error) {
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", path, err)
	}
	return h, nil
}

func symbol(lib uintptr, name string) (uintptr, error) { return purego.Dlsym(lib, name) }
