// Landale is one program for a streamer: it listens to the microphone, Twitch
// and OBS, remembers everything in one file, and drives the overlays that OBS
// shows.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// main is signals and exit codes. The first signal asks for an orderly stop, the
// second leaves at once.
func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		asked := time.Now()
		for range signals {
			// A signal to a process and to its group arrives twice, and is one wish.
			if time.Since(asked) > 500*time.Millisecond {
				os.Exit(exitImpatient)
			}
		}
	}()
	window := attachConsole()
	os.Exit(command(ctx, os.Args[1:], console{os.Environ(), os.Stdin, os.Stdout, os.Stderr, window}))
}
