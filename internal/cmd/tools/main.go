// Tools gets the programs that tests and developers of iac need into build/bin.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"iac/internal/tools"
)

func main() {
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: tools [NAME…]\nGets programs into build/bin. There are %s.\nWithout names: %s.\n",
			strings.Join(tools.Names(), ", "), strings.Join(tools.Default, ", "))
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	root, err := tools.Root()
	if err == nil {
		err = tools.Install(ctx, root, flag.Args(), os.Stderr)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tools:", err)
		os.Exit(1)
	}
}
