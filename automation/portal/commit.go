package portal

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"irccpin/automation/lang"
	"irccpin/automation/page"
)

// undoTime bounds writing that a click did not happen. It follows an answer of
// the ledger, or the lack of one, and must not hold up the end for long.
const undoTime = 10 * time.Second

// steps are what a deed consists of.
type steps struct {
	// click presses what cannot be taken back; pressed tells whether that may
	// have reached the page.
	click func(ctx context.Context) (pressed bool, err error)
	// outcome reads what came of it, once the click has landed.
	outcome func(ctx context.Context, id string) (Outcome, error)
}

// press is the part of the protocol that cannot be taken back: intent, click,
// outcome, and the wait for the PIN of a user who was created.
func (k *Desk) press(ctx context.Context, in Intent, do steps) (Outcome, error) {
	id, err := k.Intents.Begin(ctx, in)
	if err != nil {
		return Outcome{}, err
	}
	still, err := k.Intents.MayClick(ctx, id)
	if err != nil {
		// Nothing was pressed, and this run knows it.
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
		defer cancel()
		return Outcome{}, errors.Join(err, k.Intents.Abandon(bounded, id, "the click was not permitted"))
	}
	k.Driver.Permit(still)
	// From here on an interruption is heeded only once the outcome is read, and
	// there is always time left to read it.
	after := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		if least := time.Now().Add(k.Reserve); deadline.Before(least) {
			deadline = least
		}
		var cancel context.CancelFunc
		after, cancel = context.WithDeadline(after, deadline)
		defer cancel()
	}
	pressed, err := false, ctx.Err() // an interruption that came with the permission is still in time
	if err == nil {
		pressed, err = do.click(after)
	}
	var out Outcome
	switch {
	case err == nil:
		out, err = do.outcome(after, id)
	case pressed:
		d := k.doubt(id, in, err)
		d.box = cmp.Or(newBox(k.Home, k.Driver.Shot()), k.Driver.Unanswered())
		out, err = k.reconcile(after, d, true)
	default:
		// An intent that stays open says less than is known, and does no harm:
		// the next session looks at the table.
		err = errors.Join(err, k.Intents.Close(after, id, Closing{Ending: EndNotPressed, Detail: err.Error()}))
	}
	if err == nil && in.Deed == Creation {
		out.User, err = k.AwaitPIN(after, out.User)
	}
	return out, err
}

// doubt is what this very run knows of a click that it is not sure about.
func (k *Desk) doubt(id string, in Intent, cause error) doubt {
	return doubt{id: id, button: k.button(in.Deed), cause: cause, Known: Known{Deed: in.Deed, Person: in.Person, Before: k.digests(in.Before)}}
}

// commit creates the user whose values stand in the form.
func (k *Desk) commit(ctx context.Context, o Order, form *page.Snapshot, items []page.Item, before []User, employer Employer) (Outcome, error) {
	in := Intent{
		Deed: Creation, Person: o.Person, AuthorizedBy: o.AuthorizedBy, Attestation: form.Elements["attestation"].Text,
		Employer: employer, Before: before,
	}
	return k.press(ctx, in, steps{
		click: func(ctx context.Context) (bool, error) {
			return k.Driver.Commit(ctx, "create-user", "create-account", items...) // the one committing click
		},
		outcome: func(ctx context.Context, id string) (Outcome, error) { return k.outcome(ctx, id, in, form) },
	})
}

// outcome reads what came of the click: the confirmation page, then the table.
func (k *Desk) outcome(ctx context.Context, id string, in Intent, form *page.Snapshot) (Outcome, error) {
	d := k.doubt(id, in, nil)
	reconcile := func(cause error) (Outcome, error) {
		d.cause, d.box = cause, cmp.Or(newBox(form, k.Driver.Shot()), k.Driver.Unanswered())
		return k.reconcile(ctx, d, true)
	}
	shown, err := k.answer(ctx, k.the("confirm-create-user"))
	if now := k.Driver.Shot(); page.CodeOf(err) == page.PageChanged && now.Page() == "create-user" && len(fresh(form, now)) > 0 {
		// The form is back with messages that changed its labels: it will not be
		// filled again, so that does not matter.
		shown, err = now, nil
	}
	if err != nil {
		return reconcile(err)
	}
	switch shown.Page() {
	case "create-user":
		return k.rejected(ctx, id, in, form, shown)
	case "confirm-create-user":
		// The portal's word is kept, should the table not bear it out. Where it
		// cannot be written the table decides alone, as after a crash.
		d.Confirmed = cmp.Or(k.now(ctx), time.Now())
		if err := k.Intents.Confirmed(ctx, id, d.Confirmed); err != nil {
			k.warnLedger(lang.Text("the confirmation"), err)
		}
		if err := k.Driver.Press(ctx, "confirm-create-user", "continue"); err != nil {
			return reconcile(err)
		}
		if shown, err = k.answer(ctx, lang.Text("the home page")); err != nil {
			return reconcile(err)
		}
	}
	if shown.Page() != "home" {
		return reconcile(k.unexpected(shown, lang.Text("the home page")))
	}
	k.Home = shown
	users, err := Users(ctx, k.Driver, shown)
	if err != nil {
		return reconcile(err)
	}
	ours := d.made(k.newRows(d.Before, users))
	switch {
	case len(ours) == 1:
		return k.created(ctx, id, in.Person, ours[0], false), nil
	case len(ours) > 1:
		return Outcome{}, k.several(ctx, id, in.Person, ours)
	}
	return reconcile(lang.NewError("the new user is not in the table"))
}

// answer waits for the page that follows a committing click. It leaves enough
// time to ask the table instead: a page that hangs would use up all of it.
func (k *Desk) answer(ctx context.Context, what string) (*page.Snapshot, error) {
	return k.answerOr(ctx, what, "")
}

// answerOr is answer, and returns as well when a dialog of that name asks back.
func (k *Desk) answerOr(ctx context.Context, what, dialog string) (*page.Snapshot, error) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(left-lookTime, left/2))
		defer cancel()
	}
	return k.Driver.NextOr(ctx, what, dialog)
}

// fresh lists the messages that a page did not show before.
func fresh(before, now *page.Snapshot) []string {
	return slices.DeleteFunc(slices.Clone(now.Messages), func(text string) bool { return slices.Contains(before.Messages, text) })
}

// newBox is what a dialog says that lies over the page now and did not before.
func newBox(before, now *page.Snapshot) string {
	if before == nil || now == nil {
		return ""
	}
	for _, text := range now.Boxes {
		if !slices.Contains(before.Boxes, text) {
			return text
		}
	}
	return ""
}

// newRows are the rows of the table that were not there before, by digest: two
// identical rows count as two.
func (k *Desk) newRows(before []string, now []User) []User {
	count := map[string]int{}
	for _, digest := range before {
		count[digest]++
	}
	var fresh []User
	for _, u := range now {
		if digest := k.Intents.Digest(u); count[digest] > 0 {
			count[digest]--
			continue
		}
		fresh = append(fresh, u)
	}
	return fresh
}

// made keeps of the new rows those that the order can have made. The portal
// may have changed the names (case, accents, length); a row of somebody else,
// made by a person at the same time, is none of ours, and a row that keeps the
// names as they were sent leaves no room for one that does not.
func made(fresh []User, p Person) []User {
	if same, _ := Find(fresh, p); len(same) > 0 {
		return same
	}
	var ours []User
	for _, u := range fresh {
		if MayBe(u.Person(), p) && (u.Email == "" || p.Email == "" || sameMail(u.Email, p.Email)) {
			ours = append(ours, u)
		}
	}
	return ours
}

// made keeps of the new rows those that the click can have made. Once the portal
// has said that it created a user, the only new row of that name is theirs,
// whatever became of the address.
func (d doubt) made(fresh []User) []User {
	ours := made(fresh, d.Person)
	if len(ours) == 0 && !d.Confirmed.IsZero() && len(fresh) == 1 {
		return namesakes(fresh, d.Person)
	}
	return ours
}

// namesakes are the rows with a person's names, as the portal keeps them, and
// whatever address.
func namesakes(users []User, p Person) []User {
	return slices.DeleteFunc(slices.Clone(users), func(u User) bool { return !MayBe(u.Person(), p) })
}

// sameMail tells whether one e-mail address can be what the portal shows of the
// other: cut short, or with characters that are covered.
func sameMail(shown, sent string) bool {
	shown, sent = fold(shown), fold(sent)
	if bare, cut := strings.CutSuffix(strings.TrimSuffix(shown, "..."), "…"); cut || bare != shown {
		return len(bare) >= leastMail && strings.HasPrefix(sent, bare)
	}
	if strings.ContainsAny(shown, "*•") {
		var covered strings.Builder
		for _, r := range shown {
			if r == '*' || r == '•' {
				covered.WriteString(".*")
				continue
			}
			covered.WriteString(regexp.QuoteMeta(string(r)))
		}
		same, err := regexp.MatchString("^"+covered.String()+"$", sent)
		return err == nil && same
	}
	return shown == sent || len(shown) >= leastMail && strings.HasPrefix(sent, shown)
}

// covered tells whether a shown address visibly lacks something.
func covered(shown string) bool {
	return strings.ContainsAny(shown, "*•…") || strings.HasSuffix(shown, "...")
}

// leastMail is how much of a cut address must be there: less could be anybody's.
const leastMail = 6

// rowsOf counts the rows that read exactly as the one of p did.
func (k *Desk) rowsOf(p Person, users []User) int {
	n, digest := 0, k.Intents.Digest(p.user())
	for _, u := range users {
		if k.Intents.Digest(u) == digest {
			n++
		}
	}
	return n
}

// alike tells whether one name can be what the portal made of the other:
// equal without case, accents and punctuation, with letters written in plain
// ones, or cut short.
func alike(a, b string) bool {
	a, b = letters(a), letters(b)
	if a == "" || b == "" {
		return a == b
	}
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(plain.Replace(s)))
}

// plain writes letters that are no others with an accent as machine-readable
// parts of travel documents and old systems do.
var plain = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae", "ø", "o", "Ø", "o", "ß", "ss", "ẞ", "ss",
	"ð", "d", "Ð", "d", "þ", "th", "Þ", "th", "đ", "d", "Đ", "d", "ł", "l", "Ł", "l", "ı", "i")

func (k *Desk) digests(users []User) []string {
	var out []string
	for _, u := range users {
		out = append(out, k.Intents.Digest(u))
	}
	return out
}

// created closes the intent for a user that is in the table, and compares what
// the portal made of the values with what was sent. The PIN may not be there yet.
func (k *Desk) created(ctx context.Context, id string, sent Person, u User, reconciled bool) Outcome {
	for _, v := range []struct{ what, sent, kept string }{
		{lang.Text("given name"), sent.GivenName, u.GivenName}, {lang.Text("family name"), sent.FamilyName, u.FamilyName}, {lang.Text("e-mail address"), sent.Email, u.Email},
	} {
		if v.sent != v.kept {
			k.Driver.Warn(page.Warning{
				Code: "name_changed", Page: "home", Element: v.what,
				Detail: lang.Text("the portal keeps the %s as %q; %q was sent", v.what, v.kept, v.sent),
			})
		}
	}
	closing := Closing{Ending: EndCreated, User: u}
	if reconciled {
		closing.Ending = EndReconciled
	}
	k.close(ctx, id, closing)
	return Outcome{Result: Created, User: u, Reconciled: reconciled}
}

// close writes what came of an intent and was seen. Where it cannot be written
// it is reported all the same; the next session finds the open intent, and what
// was seen.
func (k *Desk) close(ctx context.Context, id string, c Closing) {
	if err := k.Intents.Close(ctx, id, c); err != nil {
		k.warnLedger(lang.Text("the outcome"), err)
	}
}

func (k *Desk) warnLedger(what string, err error) {
	k.Driver.Warn(page.Warning{Code: "ledger", Detail: lang.Text("%s could not be written down: %v", what, err)})
}

// several reports more than one new row for one click. It is never called created.
func (k *Desk) several(ctx context.Context, id string, p Person, rows []User) *page.Stop {
	stop := ambiguous(p, len(rows))
	var seen []string
	for _, u := range rows {
		seen = append(seen, describe(u.Person()))
	}
	stop.Message = lang.Text("after one click on %q %d new users stand in the table: %s", k.button(Creation), len(rows), strings.Join(seen, ", "))
	stop.Hint = lang.Text("One of them should be deleted by hand. Nothing more was pressed.")
	k.close(ctx, id, Closing{Ending: EndDuplicated, User: rows[0], Detail: stop.Message})
	return stop
}

// rejected reads the portal's validation message, and the table to be sure:
// a form that came back is a no only if it says so and the table agrees.
func (k *Desk) rejected(ctx context.Context, id string, in Intent, form, back *page.Snapshot) (Outcome, error) {
	// Where a script sent the form, what is said may be the answer or come before it.
	said, posted := fresh(form, back), k.Driver.Posted()
	stop := &page.Stop{
		Code: page.RejectedByPortal, Page: back.Page(),
		Message: lang.Text("the portal did not create the user and showed the form again"),
		Hint:    lang.Text("Correct the data and run the command again."),
	}
	if len(said) > 0 {
		stop.Message = lang.Text("the portal did not create the user; it says: %q", strings.Join(said, " / "))
	}
	d := k.doubt(id, in, stop)
	left := k.leaveForm(ctx)
	if posted = posted || k.Driver.Posted(); left != nil || k.Driver.Last() != "home" {
		return k.reconcile(ctx, d, true)
	}
	users, err := Users(ctx, k.Driver, k.Home)
	if err != nil {
		return k.reconcile(ctx, d, true)
	}
	ours := made(k.newRows(d.Before, users), in.Person)
	switch {
	case len(ours) == 1:
		return k.created(ctx, id, in.Person, ours[0], false), nil
	case len(ours) > 1:
		return Outcome{}, k.several(ctx, id, in.Person, ours)
	case len(said) == 0:
		// No word of why: that is a doubt, not an answer.
		return k.reconcile(ctx, d, true)
	case posted && back.Is("technical"):
		// Whoever says that something failed does not know what of it did not.
		return k.reconcile(ctx, d, true)
	case posted && back.Doc == form.Doc:
		d.no = stop
		return k.reconcile(ctx, d, true)
	}
	k.close(ctx, id, Closing{Ending: EndRejected, User: in.Person.user(), Detail: stop.Message})
	return Outcome{}, stop
}
