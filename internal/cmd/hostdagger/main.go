// Hostdagger calls the functions of a Dagger module on this host, without an engine. It takes the
// arguments of the dagger command: hostdagger -m ./ci call preview --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"iac/internal/hostdagger"
)

func main() {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := hostdagger.Run(ctx, hostdagger.Invocation{
		Args: os.Args[1:], Environ: os.Environ(), Dir: dir, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	stop()
	os.Exit(code)
}
