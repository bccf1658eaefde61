package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
)

// placeInput is what flags and environment say of where a Landale lives.
type placeInput struct {
	c      console
	config string
	flags  map[string]string // by dotted key
}

// place is where commands beside run work.
type place struct {
	input ConfigInput
	cfg   Config
	dir   string // the data folder
}

// placeFlags defines the flags that say where a Landale lives.
func placeFlags(fs *flag.FlagSet, c console) *placeInput {
	in := &placeInput{c: c, flags: map[string]string{}}
	fs.StringVar(&in.config, "config", "", "the config `FILE` instead of the usual one")
	fs.Func("data", "the data folder `DIR` instead of the one that the config names", in.set("general.data"))
	return in
}

// set makes a flag's function that overrides a key of the config file.
func (in *placeInput) set(key string) func(string) error {
	return func(value string) error {
		in.flags[key] = value
		return nil
	}
}

// input resolves where settings come from.
func (in *placeInput) input() (ConfigInput, error) {
	s, err := here(in.config)
	if err != nil {
		return ConfigInput{}, err
	}
	p, err := locate(s)
	if err != nil {
		return ConfigInput{}, err
	}
	return ConfigInput{Place: p, Env: in.c.env, Flags: in.flags}, nil
}

// place resolves the data folder as a start would find it.
func (in *placeInput) place() (place, error) {
	input, err := in.input()
	if err != nil {
		return place{}, err
	}
	cfg, _ := loadGood(input)
	return place{input, cfg, input.Place.DataDir(cfg)}, nil
}

// runCommand runs the program until ctx ends.
func runCommand(ctx context.Context, c console, fs *flag.FlagSet, args []string) error {
	in := placeFlags(fs, c)
	fs.Func("listen", "the `ADDR` to listen on, such as 127.0.0.1:7175; port 0 takes a free one", in.set("http.listen"))
	fs.BoolFunc("no-browser", "do not open the dashboard", func(string) error {
		in.flags["general.open_browser"] = "false"
		return nil
	})
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	input, err := in.input()
	if err != nil {
		return err
	}
	if err := badFlags(input); err != nil {
		return err
	}
	err = NewApp(Options{Config: input, Terminal: c.errors, Browser: openBrowser, CrashLog: true}).Run(ctx)
	var other *handedOver
	if errors.As(err, &other) {
		fmt.Fprintf(c.out, "%s\n", other)
		return nil
	}
	return err
}

// checkCommand prints everything that is wrong with a config file.
func checkCommand(_ context.Context, c console, fs *flag.FlagSet, args []string) error {
	in := placeFlags(fs, c)
	rest, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		in.config = rest[0]
	}
	input, err := in.input()
	if err != nil {
		return err
	}
	if checkConfig(c.out, input) != exitOK {
		return errTold
	}
	return nil
}

// badFlags is what is wrong with the command line: a start with it would not be
// what was asked for.
func badFlags(input ConfigInput) error {
	_, problems := LoadConfig(input)
	for _, p := range problems {
		if p.File == "command line" {
			return &valueError{fmt.Sprintf("%s %s: %s; %s", p.Key, p.Value, p.Message, p.Hint)}
		}
	}
	return nil
}
