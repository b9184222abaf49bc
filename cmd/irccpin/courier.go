package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"irccpin/automation"
	"irccpin/automation/jobs"
	"irccpin/automation/lang"
	"irccpin/automation/metrics"
	"irccpin/automation/notify"
	"irccpin/automation/roster"
)

// way is where a schedule's results and notices go, as the schedule keeps it. It
// holds no secret: the key of a webhook is the worker's.
type way struct {
	Out           string   `json:"out,omitempty"`
	OutCommand    string   `json:"out_command,omitempty"`
	EncryptTo     []string `json:"encrypt_to,omitempty"`
	NotifyCommand string   `json:"notify_command,omitempty"`
	NotifyWebhook string   `json:"notify_webhook,omitempty"`
}

// readWay reads and checks the flags of schedule add. Whether programs are there
// and files can be written is for the worker's machine to tell.
func (p *program) readWay(c *cli.Context) (way, error) {
	w := way{
		Out: c.String("out"), OutCommand: c.String("out-command"), EncryptTo: c.StringSlice("encrypt-to"),
		NotifyCommand: c.String("notify-command"), NotifyWebhook: c.String("notify-webhook"),
	}
	for _, flag := range []string{"out", "out-command", "notify-command", "notify-webhook"} {
		if c.IsSet(flag) && c.String(flag) == "" {
			return w, usage("--%s is empty", flag)
		}
	}
	switch {
	case w.Out == "" && w.OutCommand == "":
		return w, usage("--out or --out-command is missing: a worker has nowhere else to leave a PIN")
	case w.Out == "" && len(w.EncryptTo) > 0:
		return w, usage("--encrypt-to is given without --out: there is no file to encrypt")
	}
	if w.Out != "" {
		if _, err := roster.FormatOf(w.Out, roster.CSV, roster.XLSX, roster.JSON); err != nil {
			return w, err
		}
		whole, err := filepath.Abs(w.Out)
		if err != nil {
			return w, usage("--out %s: %v", w.Out, err)
		}
		w.Out = whole
	}
	if w.OutCommand != "" {
		if _, err := automation.SplitCommand(w.OutCommand); err != nil {
			return w, usage("--out-command is not a command that can be run: %v", err)
		}
	}
	if err := new(delivery).prepareRecipients(w.EncryptTo); err != nil {
		return w, err
	}
	// The key is the worker's: any will do to check the rest.
	stand := automation.OwnSecret([]byte(strings.Repeat("k", 64)))
	if _, err := notify.New(notify.Options{Command: w.NotifyCommand, Webhook: w.NotifyWebhook, Key: stand, Environ: p.environ}); err != nil {
		return w, usage("%v", err)
	}
	return w, nil
}

// courier delivers for a worker.
type courier struct {
	p       *program
	webhook automation.Secret
	log     *slog.Logger
	meter   *metrics.Metrics
}

// parcel is a row that ended, with what is needed to deliver it.
type parcel struct {
	way
	list *roster.Roster
}

func open(s jobs.Schedule) (parcel, error) {
	var k packed
	var out parcel
	if err := errors.Join(json.Unmarshal(s.Roster, &k), json.Unmarshal(s.Delivery, &out.way)); err != nil {
		return out, lang.Errorf("the schedule %q cannot be read: %w", s.Name, err)
	}
	var err error
	out.list, err = k.unpack(roster.Purpose(s.Command))
	return out, err
}

// document is the result of one row, in the form of a batch's.
func (k parcel) document(s jobs.Schedule, e *jobs.Ending) ([]byte, error) {
	results := roster.NewResults(k.list)
	results.Set(e.Place, e.Outcome)
	word := "batch"
	doc := results.Document(nil)
	doc.Result, doc.Run = &word, e.Batch
	doc.Rows = doc.Rows[e.Place : e.Place+1]
	doc.Counts = map[string]int{e.Outcome.Result: 1}
	return document(struct {
		roster.Document
		Schedule string `json:"schedule"`
	}{doc, s.Name})
}

// Ready implements jobs.Deliverer.
func (r *courier) Ready(_ context.Context, s jobs.Schedule) error {
	k, err := open(s)
	if err != nil || k.Out == "" || len(k.EncryptTo) > 0 {
		return err
	}
	err = roster.CheckFile(k.Out, k.list, roster.FileOptions{Simulated: s.Realm == jobs.Simulated})
	var stop *automation.Error
	if errors.As(err, &stop) {
		stop.Hint = lang.Text("Move it away, then: irccpin schedule resume. The portal was not opened.")
	}
	return err
}

// Hand implements jobs.Deliverer.
func (r *courier) Hand(ctx context.Context, s jobs.Schedule, e *jobs.Ending) error {
	k, err := open(s)
	if err != nil || k.OutCommand == "" {
		return err
	}
	doc, err := k.document(s, e)
	if err != nil {
		return err
	}
	words, err := automation.SplitCommand(k.OutCommand)
	if err != nil {
		return err
	}
	if words[0], err = exec.LookPath(words[0]); err == nil {
		err = r.p.hand(ctx, words, doc)
	}
	if err != nil {
		return lang.Errorf("--out-command %s: %w", filepath.Base(words[0]), err)
	}
	return nil
}

// Write implements jobs.Deliverer. A PIN that stands in the file stays there when
// a later run ends otherwise; one that a spreadsheet may have changed is lost.
func (r *courier) Write(_ context.Context, s jobs.Schedule, e *jobs.Ending) (lost []int, err error) {
	k, err := open(s)
	switch {
	case err != nil:
		return nil, err
	case k.Out == "":
		return nil, nil
	case len(k.EncryptTo) > 0:
		return nil, r.seal(k, s, e)
	}
	file, err := roster.OpenFile(k.Out, k.list, roster.FileOptions{Simulated: s.Realm == jobs.Simulated})
	if err != nil {
		return nil, err
	}
	lost = slices.DeleteFunc(file.Doubtful(), func(place int) bool { return place == e.Place && e.Outcome.PIN != "" })
	if e.Outcome.PIN == "" && file.Done(e.Place) {
		return lost, nil
	}
	return lost, file.Record(e.Place, e.Outcome)
}

// seal writes a row into an encrypted file of its own: one that holds all rows
// could not be read to add another.
func (r *courier) seal(k parcel, s jobs.Schedule, e *jobs.Ending) error {
	if !e.Due {
		return nil
	}
	doc, err := k.document(s, e)
	if err != nil {
		return err
	}
	stem := strings.TrimSuffix(k.Out, filepath.Ext(k.Out))
	d := &delivery{file: fmt.Sprintf("%s-row%d.json.age", stem, e.Row.Number), replace: true}
	if err := d.prepareRecipients(k.EncryptTo); err != nil {
		return err
	}
	return d.write(doc)
}

// tell passes on a notice to whoever the schedule names. A command that failed is
// not run again, since nobody knows how far it got; the error is the webhook's,
// whose receiver knows a notice by its id.
func (r *courier) tell(ctx context.Context, n jobs.Notice) error {
	var w way
	if err := json.Unmarshal(n.Schedule.Delivery, &w); err != nil {
		return lang.Errorf("the schedule %q cannot be read: %w", n.Schedule.Name, err)
	}
	if w.NotifyCommand != "" && n.Attempt == 1 {
		_ = r.pass(ctx, n, notify.Options{Command: w.NotifyCommand}) // it is logged
	}
	if w.NotifyWebhook == "" {
		return nil
	}
	return r.pass(ctx, n, notify.Options{Webhook: w.NotifyWebhook, Key: r.webhook})
}

// pass sends a notice one way.
func (r *courier) pass(ctx context.Context, n jobs.Notice, o notify.Options) error {
	o.Environ = r.p.withoutSettings()
	notifier, err := notify.New(o)
	if err == nil {
		err = notifier.Notify(ctx, noticeEvent(n))
	}
	r.meter.Notified(string(n.Kind), err == nil)
	if err != nil {
		r.log.Warn("somebody could not be told", "event", string(n.Kind), "schedule", n.Schedule.Name, "attempt", n.Attempt, "error", err)
	}
	return err
}

// noticeEvent is a notice in the form in which it is sent.
func noticeEvent(n jobs.Notice) notify.Event {
	e := notify.Event{
		ID: n.ID, Kind: notify.Kind(n.Kind), Time: n.At, Schedule: n.Schedule.Name, Simulated: n.Schedule.Realm == jobs.Simulated, Run: n.Run,
	}
	switch n.Kind {
	case jobs.PINAppeared:
		e.Message = lang.Text("The PIN is there, and was delivered.")
	case jobs.PINChanged:
		e.Message = lang.Text("The PIN is another one than before, and was delivered.")
	case jobs.PortalUnavailable:
		e.Message = lang.Text("No session has reached the portal since %s; the last one tried at %s.", when(n.Since), when(n.Last))
		if !n.Until.IsZero() {
			e.Message = lang.Text("The portal says that it is closed until %s. Nobody is signed in before that.", when(n.Until))
		}
	case jobs.ScheduleFinished:
		e.Message = lang.Text("Every row has its PIN. The schedule does not run any more.")
	}
	if row := n.Row; row != nil {
		e.Employer = row.Label()
		e.User = &notify.User{GivenName: row.GivenName, FamilyName: row.FamilyName, Email: row.Email}
	}
	if n.Code != "" {
		e.Code, e.Message, e.Hint = string(n.Code), n.Message, n.Hint
	}
	return e
}
