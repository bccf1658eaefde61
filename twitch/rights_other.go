//go:build !windows

package twitch

import "os"

// ownerOnly takes a file from everybody but its owner.
func ownerOnly(path string) error { return os.Chmod(path, 0o600) }
