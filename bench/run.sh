#!/usr/bin/env bash
# Prints the figures of README.md, each with its ratio to a baseline of the same
# run. "bench/run.sh full" makes the files of a million and ten million rows (in
# the folder for temporary files, some 5 GB, kept for the next time) and takes about
# half an hour; without it they are small and all of it takes a few minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_CFLAGS=${CGO_CFLAGS:--O0} # C is a library's here and not measured: compile it fast

rows=200000 lines=20000 history=50000
case ${1:-} in
  full) rows=10000000 lines=1000000 history=1000000 ;;
  '') ;;
  *) echo "usage: $0 [full]" >&2; exit 2 ;;
esac

figures() { # figures TITLE PACKAGE BENCHMARK TIME [FLAG...]
  printf '\n%s\n' "$1"
  local package=$2 name=$3 time=$4
  shift 4
  # Each figure on a line of its own: "goal" ones are checked by eye in README.md.
  go test -tags noaudio -run '^$' -bench "$name" -benchtime "$time" -timeout 60m "$package" "$@" |
    awk -F'\t' '
      /^Benchmark/ { sub(/-[0-9]+ *$/, "", $1); print "  " $1
                     for (i = 3; i <= NF; i++) { split($i, f, " "); if (f[2] != "ns/op" || f[1] + 0 > 0) printf "    %12s  %s\n", f[1], f[2] } }
      /^(---|FAIL|panic)/ { print; bad = 1 }
      END { exit bad }'
}

printf '%s, %s cores, load %s\n' "$(go version)" "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)"
figures 'fan-out: 300 bytes to 100 clients, 100 a second' ./hub 'BenchmarkFanout$' 5x
figures 'the window: what it saves and costs' ./hub 'BenchmarkWindow$' 3x
figures 'flood: 100 clients, no pause' ./hub 'BenchmarkFlood$' 3x
figures 'live path beside a store that writes 1,000 a second' . 'BenchmarkLive$' 4x
figures 'publish to visible change, Chromium' . 'BenchmarkPublishToDOM$' 4x
figures 'ingest' ./store 'BenchmarkIngest$' 100000x
figures 'commit at 200 a second' ./store 'BenchmarkCommit$' 2000x
figures 'bytes a row' ./store 'BenchmarkSize$' 1x
figures 'buckets' ./store 'BenchmarkReadBuckets$' 20x -rows "$rows"
figures 'search' ./store 'BenchmarkReadSearch$' 20x -lines "$lines"
figures 'the process' . 'BenchmarkProcess$' 2x -rows "$history"
