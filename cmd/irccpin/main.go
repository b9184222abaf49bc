// Command irccpin creates secondary users in the IRCC Employer Portal and reads
// their PINs, in a real Chrome, as the employer's primary user would.
//
// The package is a thin skin over package automation: flags in, result out. A
// call goes one way through it:
//
//   - main.go starts the program and is the only place that ends it;
//   - app.go lists the commands, and arguments.go checks the words of a command
//     line before any of them is acted upon;
//   - each command is the file of its name: create.go, list.go, demo.go …;
//   - options.go settles what flags, environment and settings file say, in that
//     order, and portal.go runs a job with it;
//   - narrator.go tells on stderr what happens, result.go prints what came of it
//     on stdout, delivery.go takes it elsewhere;
//   - exit.go turns the code of an error into the process's exit code.
//
// The rules of the terminal:
//
//   - stdout carries the result and nothing else: text for people, or one JSON
//     document with --json. Progress, questions, warnings and errors go to stderr.
//   - The PIN is the last line, so that `tail -1` finds it.
//   - What moves and what is coloured does so on a terminal only. In a log each
//     step is a plain line.
//   - An error says what failed and what to do. Usage is shown for wrong flags
//     only.
//   - No secret is ever asked for by a flag, or shown.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	// Maintenance is announced in Eastern time; many machines have no zoneinfo.
	_ "time/tzdata"
)

func main() {
	os.Exit(start())
}

// start is main with deferred calls that are carried out.
func start() int {
	// A reader that went away (`irccpin create | head`) must not kill the program
	// in the middle of a session: with a channel registered, writing fails instead.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)

	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		// A closed terminal is an interruption, unless nohup says otherwise.
		signal.Notify(interrupts, syscall.SIGHUP)
	}
	defer signal.Stop(interrupts)

	p := newProgram(os.Stdin, os.Stdout, os.Stderr, os.Environ(), time.Now)
	ctx, stop := p.interruptible(context.Background(), interrupts)
	defer stop()
	return p.run(ctx, os.Args[1:])
}
