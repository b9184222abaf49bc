package notify

import (
	"context"
	"errors"
	"os/exec"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// Options say who is told, and how. With neither Command nor Webhook nobody is.
type Options struct {
	// Command is a command line; see [secret.SplitCommand].
	Command string
	// Webhook is an address: https, or http on this machine.
	Webhook string
	// Key signs what goes to the webhook, and is needed with it.
	Key secret.Value
	// Environ is the process environment; a command sees a part of it that has
	// no secrets.
	Environ []string
}

// minKey is the least length of a key, in bytes: 128 bits cannot be guessed.
const minKey = 16

// Notifier tells people. It may be used by several goroutines at once.
type Notifier struct {
	command []string
	environ []string
	hook    *webhook
}

// New checks the options, before there is anything to tell. The error says which
// one is wrong in words that follow its name as a flag, and quotes no secret.
func New(o Options) (*Notifier, error) {
	n := &Notifier{environ: secret.CommandEnviron(o.Environ)}
	if o.Command != "" {
		words, err := secret.SplitCommand(o.Command)
		if err != nil {
			return nil, lang.Errorf("--notify-command is not a command that can be run: %w", err)
		}
		if words[0], err = exec.LookPath(words[0]); err != nil {
			return nil, lang.Errorf("--notify-command names a program that cannot be run: %w", err)
		}
		n.command = words
	}
	if o.Webhook != "" {
		hook, err := newWebhook(o.Webhook, o.Key)
		if err != nil {
			return nil, err
		}
		n.hook = hook
	}
	return n, nil
}

// Notify tells everybody who is to be told, and waits until they know or it has
// been given up: at most a minute or two. A failed notification is no reason to
// stop what is being told about; the error is for the log.
func (n *Notifier) Notify(ctx context.Context, e Event) error {
	if n == nil || n.command == nil && n.hook == nil {
		return nil
	}
	body, err := e.document(time.Now())
	if err != nil {
		return err
	}
	var failed []error
	if n.command != nil {
		if err := n.run(ctx, body); err != nil {
			failed = append(failed, lang.Errorf("the notification %s: --notify-command: %w", e.Kind, err))
		}
	}
	if n.hook != nil {
		if err := n.hook.deliver(ctx, body); err != nil {
			failed = append(failed, lang.Errorf("the notification %s: --notify-webhook: %w", e.Kind, err))
		}
	}
	return errors.Join(failed...)
}
