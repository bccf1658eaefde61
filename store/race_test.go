//go:build race

package store

// fewer is how often a test tries under the race detector, which makes SQLite, that
// is Go here, ten times slower; what it looks for does not need as many.
func fewer(n int) int { return max(n/5, 1) }
