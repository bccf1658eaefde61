package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"landale/audio"
)

// The exit codes.
const (
	exitOK        = 0
	exitFailure   = 1
	exitUsage     = 2
	exitImpatient = 130 // a second signal
)

// console is what a command reads and writes beside files.
type console struct {
	env    []string
	in     io.Reader
	out    io.Writer    // what was asked for
	errors io.Writer    // everything else
	window func(string) // shows an error that errors cannot; nil is usual
}

const usage = `Landale listens, remembers and fans out for one stream.

  landale [run]                  start, and open the dashboard
  landale check [FILE]           say everything that is wrong with a config file
  landale backup                 copy what is remembered, also while Landale runs
  landale restore FILE           take a backup back; what was there is moved aside
  landale events tail [FILTER]   show what happens, as it happens
  landale events export [FILE]   write what is remembered, one event a line
  landale events import FILE     take such a file in
  landale version                say which Landale this is
  landale help [COMMAND]         say more

`

// verb is one command of the command line.
type verb struct {
	name string
	args string // after the flags, for the help
	help string
	// run is given the flag set to define flags on and to parse args with.
	run func(ctx context.Context, c console, fs *flag.FlagSet, args []string) error
}

func verbs() []verb {
	return []verb{
		{"run", "", "Starts Landale. This is what happens without a command, too.", runCommand},
		{"check", "[FILE]", "Reads a config file as a start would, and says everything that is wrong with it.\nExit code 1 means that something is.", checkCommand},
		{"version", "", "Says which Landale this is.", versionCommand},
		{"backup", "", "Copies the data file to the folder of backups and says where. Landale may run meanwhile.", backupCommand},
		{"restore", "FILE", "Puts a backup in the place of the data; what was there is moved aside. FILE may be a\nname in the folder of backups. Landale must not run.", restoreCommand},
		{"events tail", "[FILTER]", "Shows the events of the running Landale as they happen, one a line.\nFILTER is one of the names after \"events:\" of the socket, such as twitch, chat or obs; all without one.", tailCommand},
		{"events export", "[FILE]", "Writes every event that is remembered as one line of JSON, oldest first, to FILE\nor the terminal. Landale may run meanwhile.", exportCommand},
		{"events import", "FILE", "Takes in a file that export wrote; - reads the terminal. Events that are\nalready there are left alone. Landale must not run.", importCommand},
	}
}

// usageError is a command line that cannot be understood.
type usageError struct{ message string }

// valueError is a flag whose value cannot be used.
type valueError struct{ message string }

func (e *valueError) Error() string { return e.message }

func (e *usageError) Error() string { return e.message }

// errTold means that the command failed and has said all there is to say.
var errTold = errors.New("told")

// command runs what a command line asks for and returns the exit code.
func command(ctx context.Context, args []string, c console) int {
	if len(args) == 2 && args[0] == audio.WorkerArg { // a child of our own; nobody types this
		if err := audio.RunWorker(args[1]); err != nil {
			fmt.Fprintln(c.errors, err)
			return exitFailure
		}
		return exitOK
	}
	v, rest, err := findVerb(args)
	if err == nil && v == nil {
		return help(c, rest)
	}
	if err == nil {
		err = v.start(ctx, c, rest)
	}
	var wrong *usageError
	var value *valueError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errTold):
		return exitFailure
	case errors.As(err, &wrong):
		fmt.Fprintf(c.errors, "landale: %s\n\n%s", wrong.message, usage)
		return exitUsage
	case errors.As(err, &value):
		fmt.Fprintf(c.errors, "landale: %s\n", value.message)
		return exitUsage
	}
	fmt.Fprintf(c.errors, "landale: %s\n", err)
	if c.window != nil {
		c.window(err.Error())
	}
	return exitFailure
}

// findVerb takes the command off the arguments; nil means help.
func findVerb(args []string) (*verb, []string, error) {
	all := verbs()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && !isHelp(args[0]) {
		return &all[0], args, nil
	}
	if isHelp(args[0]) {
		return nil, args[1:], nil
	}
	for i, v := range all {
		words := strings.Fields(v.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == v.name {
			return &all[i], args[len(words):], nil
		}
	}
	if args[0] == "events" {
		return nil, nil, &usageError{"events what? tail, export or import"}
	}
	return nil, nil, &usageError{fmt.Sprintf("there is no command %q", args[0])}
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "-help" || arg == "--help"
}

func help(c console, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(c.out, usage)
		return exitOK
	}
	v, _, err := findVerb(args)
	if err != nil || v == nil {
		fmt.Fprintf(c.errors, "landale: there is no command %q\n\n%s", strings.Join(args, " "), usage)
		return exitUsage
	}
	// Defining the flags and asking for help needs nothing else of the command.
	return command(context.Background(), append(strings.Fields(v.name), "-h"), console{c.env, c.in, c.out, c.out, nil})
}

// start runs the command with a flag set whose help has the command's text.
func (v *verb) start(ctx context.Context, c console, args []string) error {
	fs := flag.NewFlagSet(v.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	err := v.run(ctx, c, fs, args)
	if errors.Is(err, flag.ErrHelp) {
		line := "landale " + v.name
		if v.name == "run" {
			line = "landale [run]"
		}
		if hasFlags(fs) {
			line += " [flags]"
		}
		fmt.Fprintf(c.out, "%s\n\n%s\n", strings.TrimSpace(line+" "+v.args), v.help)
		if hasFlags(fs) {
			fmt.Fprintln(c.out)
			printFlags(c.out, fs)
		}
	}
	return err
}

func hasFlags(fs *flag.FlagSet) bool {
	any := false
	fs.VisitAll(func(*flag.Flag) { any = true })
	return any
}

// printFlags is flag's own list with two dashes, as people write them.
func printFlags(w io.Writer, fs *flag.FlagSet) {
	fs.VisitAll(func(f *flag.Flag) {
		name, text := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  %-20s %s\n", strings.TrimSpace("--"+f.Name+" "+name), text)
	})
}

// parse parses flags that may also stand after arguments, and checks how many
// arguments there are.
func parse(fs *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, &usageError{fmt.Sprintf("%s: %s", fs.Name(), err)}
		}
		if fs.NArg() == 0 {
			break
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
	switch {
	case len(rest) < least:
		return nil, &usageError{fs.Name() + ": a FILE is missing"}
	case len(rest) > most:
		return nil, &usageError{fmt.Sprintf("%s: %q is too much", fs.Name(), rest[most])}
	}
	return rest, nil
}

// versionCommand prints the version.
func versionCommand(_ context.Context, c console, fs *flag.FlagSet, args []string) error {
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "landale %s (build %s)\n", programVersion(), programBuild())
	return nil
}
