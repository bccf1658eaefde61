#!/usr/bin/env bash
# Makes audio/sherpa/lib from sherpa-onnx's own Go modules: the C libraries of the
# local recogniser, gzipped for embedding. Run it to move to another version; the
# struct layouts in audio/sherpa/config.go follow that version's c-api.h.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v1.12.0
dir() { (cd "$(mktemp -d)" && printf 'module x\n' >go.mod && go mod download -json "github.com/k2-fsa/sherpa-onnx-go-$1@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); }
out=audio/sherpa/lib
mkdir -p "$out"
linux=$(dir linux)/lib/x86_64-unknown-linux-gnu
windows=$(dir windows)/lib/x86_64-pc-windows-gnu
gzip -9nc "$linux/libonnxruntime.so" >"$out/linux_amd64-libonnxruntime.so.gz"
gzip -9nc "$linux/libsherpa-onnx-c-api.so" >"$out/linux_amd64-libsherpa-onnx-c-api.so.gz"
gzip -9nc "$windows/onnxruntime.dll" >"$out/windows_amd64-onnxruntime.dll.gz"
gzip -9nc "$windows/sherpa-onnx-c-api.dll" >"$out/windows_amd64-sherpa-onnx-c-api.dll.gz"
ls -l "$out"
