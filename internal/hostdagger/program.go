package hostdagger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"iac/internal/bindings"
)

// programError says that the program of `run` failed.
type programError struct {
	command []string
	code    int
}

func (e programError) Error() string {
	return fmt.Sprintf("%q ended with exit code %d", strings.Join(e.command, " "), e.code)
}

// run runs a program that reaches a session by the variables that say where it is.
func (inv Invocation) run(ctx context.Context, o *options, command []string) (err error) {
	if len(command) == 0 {
		return usageError{fmt.Errorf("%s run takes a program and its arguments, such as go run main.go", program), nil}
	}
	// The caches belong to the repository that the program is started in, whatever module it asks for.
	root, err := bindings.Find(inv.path(o.module))
	if err != nil {
		return err
	}
	progress := inv.Stderr
	if o.silent {
		progress = io.Discard
	}
	session, err := inv.start(ctx, root, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = inv.Dir, inv.Stdout, inv.Stderr
	cmd.Env = append(append([]string{}, inv.Environ...), session.Env()...)
	err = cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return programError{command, failed.ExitCode()}
	}
	return err
}
