package notify

import (
	"context"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// commandTime bounds a command: enough to send a mail through a slow server.
const commandTime = 30 * time.Second

// run gives the event to the command. It is not run again when it fails: nobody
// knows how far it got.
func (n *Notifier) run(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, commandTime, lang.Errorf("it did not end within %s", commandTime))
	defer cancel()
	_, err := secret.RunCommand(ctx, secret.Invocation{Words: n.command, Environ: n.environ, Stdin: append(body, '\n')})
	return err
}
