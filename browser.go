package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// openBrowser asks the desktop to show a page. It does not wait for the browser,
// and a machine without a desktop is an error that nobody needs to hear of.
func openBrowser(url string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case "darwin":
		cmd = exec.Command("open", url)
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			// xdg-open would start a text browser in this terminal.
			return fmt.Errorf("open browser: there is no desktop")
		}
		cmd = exec.Command("xdg-open", url)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	// The command may be the browser itself and outlive us; waiting only takes its
	// exit status off the system's hands.
	go func() { _ = cmd.Wait() }()
	return nil
}
