package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Two files in the data folder keep a second Landale from writing beside the
// first, and tell it where the first one is. The lock belongs to the process:
// the system lets go of it however the process ends.
const (
	lockFile     = "landale.lock"
	instanceFile = "instance.json"
)

// handoverWait is how long a second start waits for the first one to listen: a
// migration may keep it busy.
const handoverWait = 10 * time.Second

// errLocked is returned by lockData when another process holds the folder.
var errLocked = errors.New("another Landale uses this data folder")

// instance says where a running Landale is.
type instance struct {
	PID     int       `json:"pid"`
	URL     string    `json:"url"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
}

// dataLock is the right to write in a data folder.
type dataLock struct {
	dir  string
	file *os.File
}

// lockData makes the folder if it is not there and takes its lock; errLocked
// when another process has it.
func lockData(dir string) (*dataLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write to data folder: %w", err)
	}
	if err := lockExclusive(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l := &dataLock{dir, f}
	// A leftover of a process that was killed would send others to nowhere.
	if err := l.forget(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// tell writes where this process can be reached.
func (l *dataLock) tell(in instance) error {
	b, err := json.MarshalIndent(in, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(l.dir, instanceFile), append(b, '\n'))
}

func (l *dataLock) forget() error {
	if err := os.Remove(filepath.Join(l.dir, instanceFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// release lets another process have the folder.
func (l *dataLock) release() error {
	return errors.Join(l.forget(), l.file.Close())
}

// running finds the Landale that holds a data folder and answers, waiting a
// while for one that is just starting.
func running(ctx context.Context, dir string, wait time.Duration) (instance, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		var in instance
		b, err := os.ReadFile(filepath.Join(dir, instanceFile))
		if err == nil {
			err = json.Unmarshal(b, &in)
		}
		if err == nil && isLandale(ctx, in.URL) {
			return in, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return in, fmt.Errorf("it does not answer")
		}
	}
}

// isLandale asks whether what answers at a URL is a Landale, healthy or not.
func isLandale(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var health struct {
		Service string `json:"service"`
	}
	return json.NewDecoder(http.MaxBytesReader(nil, res.Body, 1<<20)).Decode(&health) == nil && health.Service == "landale"
}

// dialable is the address under which this machine reaches a listen address.
func dialable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// portTaken explains an address that another program has.
func portTaken(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		port = addr
	}
	who := "another program"
	if name := portOwner(addr); name != "" {
		who = name
	}
	return fmt.Errorf("port %s is taken by %s: end it, or give Landale another port "+
		"with --listen 127.0.0.1:7176 or listen in the section [http] of config.toml", port, who)
}
