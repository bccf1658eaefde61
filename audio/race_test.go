//go:build race

package audio

// raced says that the race detector makes arithmetic ten times slower: tests that
// only compute leave it to the ordinary run.
const raced = true
