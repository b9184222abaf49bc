package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// delivery takes a result with its PIN elsewhere than to stdout.
type delivery struct {
	// file is where it goes; "" is no file. replace allows that it exists.
	file    string
	replace bool
	// recipients encrypt what goes to the file; none is clear text.
	recipients []age.Recipient
	// command gets it on its standard input; nil is no command.
	command []string
}

// deliveryTime bounds a command that takes the result. A person may have to
// touch a security key for it.
const deliveryTime = 60 * time.Second

// prepareDelivery checks, before the portal is opened, that the result can go
// where it is to go: a PIN that has nowhere to go should not be made. Nil means
// that it goes to stdout.
func prepareDelivery(c *cli.Context) (*delivery, error) {
	d, err := readDelivery(c)
	if d == nil || err != nil {
		return nil, err
	}
	return d, d.prepareFile()
}

// readDelivery reads the flags alone. Nil means stdout.
func readDelivery(c *cli.Context) (*delivery, error) {
	d := &delivery{file: c.String("out"), replace: c.Bool("force")}
	switch {
	case c.IsSet("out") && d.file == "":
		return nil, usage("--out is empty")
	case len(c.StringSlice("encrypt-to")) > 0 && d.file == "":
		return nil, usage("--encrypt-to is given without --out: there is no file to encrypt")
	case d.replace && d.file == "":
		return nil, usage("--force is given without --out: there is no file to replace")
	}
	if c.IsSet("out-command") {
		words, err := automation.SplitCommand(c.String("out-command"))
		if err != nil {
			return nil, usage("--out-command is not a command that can be run: %v", err)
		}
		if words[0], err = exec.LookPath(words[0]); err != nil {
			return nil, usage("--out-command names a program that cannot be run: %v", err)
		}
		d.command = words
	}
	if err := d.prepareRecipients(c.StringSlice("encrypt-to")); err != nil {
		return nil, err
	}
	if d.file == "" && d.command == nil {
		return nil, nil
	}
	return d, nil
}

// prepareRecipients reads the keys, and tries them on nothing: keys of different
// kinds do not go together.
func (d *delivery) prepareRecipients(keys []string) error {
	for i, key := range keys {
		recipients, err := age.ParseRecipients(strings.NewReader(key))
		if err != nil {
			// A private key given by mistake must not be shown.
			return usage("--encrypt-to number %d is not an age recipient (age1…)", i+1)
		}
		d.recipients = append(d.recipients, recipients...)
	}
	if len(keys) > 0 {
		if _, err := encrypted([]byte{}, d.recipients); err != nil {
			return usage("--encrypt-to: nothing can be encrypted to these recipients: %v", err)
		}
	}
	return nil
}

func (d *delivery) prepareFile() error {
	if d.file == "" {
		return nil
	}
	path, err := filepath.Abs(d.file)
	if err != nil {
		return usage("--out %s: %v", d.file, err)
	}
	d.file = path
	// A link is not followed: the PIN would land where nobody named.
	info, err := os.Lstat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return usage("--out %s is not a file that can be replaced", path)
	case err == nil && !d.replace:
		return usage("--out %s exists; --force replaces it", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return usage("--out %s cannot be used: %v", path, reason(err))
	}
	// The only proof that a file can be made there is to make one.
	probe, err := os.CreateTemp(filepath.Dir(path), ".irccpin-*")
	if err != nil {
		return usage("--out %s: no file can be made there: %v", path, reason(err))
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return usage("--out %s: no file can be made there: %v", path, reason(err))
	}
	return nil
}

// reason is what the system says, without the path that is named already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// deliver takes a result where it is to go. The error is delivery_failed.
func (p *program) deliver(ctx context.Context, d *delivery, r *automation.Result) error {
	doc, err := document(r)
	if err != nil {
		return err
	}
	var failed []string
	if d.file != "" {
		if err := d.write(doc); err != nil {
			failed = append(failed, lang.Text("--out %s: %v", d.file, reason(err)))
		}
	}
	if d.command != nil {
		if err := p.hand(ctx, d.command, doc); err != nil {
			failed = append(failed, lang.Text("--out-command %s: %v", filepath.Base(d.command[0]), err))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &automation.Error{
		Code: automation.DeliveryFailed, Page: "home",
		Message: lang.Text("the user exists and the PIN was read, but it could not be delivered: %s", strings.Join(failed, "; ")),
		Hint:    lang.Text("Mend that, and read the PIN again with: irccpin pin"),
	}
}

// write puts the document into the file: whole, or not at all.
func (d *delivery) write(doc []byte) (err error) {
	if len(d.recipients) > 0 {
		if doc, err = encrypted(doc, d.recipients); err != nil {
			return err
		}
	}
	temp, err := os.CreateTemp(filepath.Dir(d.file), ".irccpin-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(doc)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = d.place(temp.Name())
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// place gives the finished file its name.
func (d *delivery) place(temp string) error {
	if d.replace {
		return os.Rename(temp, d.file)
	}
	// Somebody may have made the file since it was looked for: taking the name
	// would fail then.
	taken, err := os.OpenFile(d.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(taken.Close(), os.Rename(temp, d.file)); err != nil {
		return errors.Join(err, os.Remove(d.file))
	}
	return nil
}

func encrypted(doc []byte, recipients []age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, recipients...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(doc); err != nil {
		return nil, err
	}
	// The last part is written by Close: nothing is whole before it.
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// hand gives the document to a command. What the command prints is dropped: it
// may be the PIN.
func (p *program) hand(ctx context.Context, words []string, doc []byte) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = p.withoutSettings()
	cmd.Stdin = bytes.NewReader(doc)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	// What the command leaves running may hold its streams open.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return lang.Errorf("it did not end within %s", deliveryTime)
	}
	return err
}

// withoutSettings is the environment without the employer's settings and ours:
// the command needs the result, not the password.
func (p *program) withoutSettings() []string {
	kept := []string{}
	for _, pair := range p.environ {
		if !strings.HasPrefix(pair, "GCKEY_") && !strings.HasPrefix(pair, "IRCC_") && !strings.HasPrefix(pair, "IRCCPIN_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// where tells where the PIN went.
func (d *delivery) where() string {
	var places []string
	if d.file != "" {
		how := ""
		if len(d.recipients) > 0 {
			how = lang.Text(", encrypted")
		}
		places = append(places, d.file+how)
	}
	if d.command != nil {
		places = append(places, lang.Text("the command %s", filepath.Base(d.command[0])))
	}
	return strings.Join(places, lang.Text(" and to "))
}
