//go:build !windows

package main

// attachConsole has nothing to do: a program here has the terminal that it was
// started from.
func attachConsole() (window func(string)) { return nil }
