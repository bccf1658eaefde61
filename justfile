# https://just.systems; `just` alone lists these.
set windows-shell := ["powershell.exe", "-NoLogo", "-Command"]

_list:
    @just --list

# start Landale from this folder, data in ./data
run *ARGS:
    go run . {{ARGS}}

# the tests; `just test ./store` for one package
test *PACKAGES="./...":
    go test {{PACKAGES}}

# everything that must hold before a push
check:
    .ci/run

# build the pages from static/web into static/dist
web:
    cd static/web && npm ci --no-audit --no-fund && npm run build

# landale.exe; needs gcc-mingw-w64-x86-64 for the microphone
windows VERSION="":
    GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go build -trimpath -ldflags '-s -w -H windowsgui -X main.version={{VERSION}}' -o landale.exe .

# the figures of bench/README.md; `just bench full` with millions of rows
bench *ARGS:
    bench/run.sh {{ARGS}}
