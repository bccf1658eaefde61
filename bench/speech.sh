#!/usr/bin/env bash
# Prints the figures of speech: delays in virtual time, words and voices on real
# recordings, the cost of what every source goes through, and how soon words stand
# in the captions. Needs pocketsphinx with its test data, and Chromium for the last
# one; takes some three minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_CFLAGS=${CGO_CFLAGS:--O0} # C is a library's here and not measured: compile it fast

tests() { # tests TITLE AIM TEST WHAT
  printf '\n%s (aim: %s)\n' "$1" "$2"
  go test -tags noaudio -count 1 -timeout 10m -run "$3" -v ./audio |
    grep -E "$4|^(--- FAIL|FAIL|panic)" | sed -E 's/^ *[a-z_]+\.go:[0-9]+: /  /'
}

benchmarks() { # benchmarks TITLE AIM PACKAGE BENCHMARK TIME
  printf '\n%s (aim: %s)\n' "$1" "$2"
  go test -tags noaudio -timeout 10m -run '^$' -bench "$4" -benchtime "$5" -benchmem "$3" |
    grep -E '^(Benchmark|--- FAIL|FAIL|panic)' | sed 's/^/  /'
}

printf '%s, %s cores, load %s\n' "$(go version)" "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)"
tests 'first partial and final, virtual time' 'partial p50 0.85 s, p95 1.3 s; final p50 0.6 s, p95 0.95 s' 'TestLatencyFigures$' 'utterances: first partial'
tests 'words, streamed beside whole' '8 % wrong, within 2 points of whole' 'TestRecordings$' 'words wrong'
tests 'words that partials committed, then contradicted' '1 %' 'TestContradicted$' 'committed words'
tests 'lag after an engine stalled for 30 s' 'under 1.5 s within one utterance, nothing lost' 'TestStall$' 'utterances|PASS: TestStall'
tests 'voices in six noises' 'none missed at 5 dB; keyboard at 10 dB 1 %' 'TestVoicesInNoise$' 'missed'
benchmarks 'voice activity' '2 % of a core' ./audio/silero 'BenchmarkSpeech$' 2s
benchmarks 'levels, spectrum, rate' '0.5 % of a core, no allocation' ./audio/dsp 'BenchmarkChain$' 2s
benchmarks 'all of it and voice activity, on a frame of a device' '2.5 % of a core, no allocation' ./audio 'BenchmarkPipeline$' 2s
benchmarks 'transcript published to words in the captions, Chromium' 'p95 30 ms' . 'BenchmarkCaptionToDOM$' 1x
