package portal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"irccpin/automation/browser"
	"irccpin/automation/page"
	"irccpin/selectors"
)

// bench is a desk at a fake portal, on a fake clock.
type bench struct {
	*fakePortal
	desk *Desk
	book *book
	// signIns counts the sign-ins after a doubt; refuse is asked before each.
	signIns int
	refuse  func(n int) error
}

var (
	zoe   = Person{"Zoé Maude", "O'Neil", "zoe@example.com"}
	jorge = User{GivenName: "Jorge", FamilyName: "Rivera", Email: "jorge@example.com", PIN: "k7TqP2"}
	order = Order{Person: zoe, AuthorizedBy: "Primary User"}
)

func newBench(t *testing.T, users ...User) *bench {
	t.Helper()
	catalog, err := selectors.Load("")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{fakePortal: newFake(catalog, users...), book: &book{settle: time.Minute, fails: map[string]error{}}}
	b.desk = &Desk{
		Intents: b.book, Settle: time.Minute, PINPatience: 20 * time.Second, Reserve: time.Minute,
		Clock: func(context.Context) (time.Time, error) { return time.Now(), nil },
		Return: func(ctx context.Context) (*page.Driver, *page.Snapshot, error) {
			b.signIns++
			if b.refuse != nil {
				if err := b.refuse(b.signIns); err != nil {
					return nil, nil, err
				}
			}
			return b.signIn(ctx, t)
		},
	}
	b.desk.Driver, b.desk.Home, err = b.signIn(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signIn is a new tab at the home page.
func (b *bench) signIn(ctx context.Context, t *testing.T) (*page.Driver, *page.Snapshot, error) {
	t.Helper()
	for len(b.events) > 0 {
		<-b.events
	}
	d := page.New(page.Options{Catalog: b.catalog, Observer: mute{}})
	d.Take(b)
	var err error
	if b.tab, err = d.TabOptions(); err != nil {
		t.Fatal(err)
	}
	b.show("home")
	home, err := d.Next(ctx, "home")
	return d, home, err
}

type mute struct{}

func (mute) Recognised(*page.Snapshot)            {}
func (mute) Acted(string, string, string, string) {}
func (mute) Warned(page.Warning)                  {}
func (mute) Asked(string, time.Time)              {}
func (mute) Waiting(string, time.Time)            {}

// ends says in one word how something ended.
func ends(out Outcome, err error) string {
	switch {
	case err == nil && out.Reconciled:
		return string(out.Result) + ", reconciled"
	case err == nil:
		return string(out.Result)
	case page.CodeOf(err) != "":
		return string(page.CodeOf(err))
	}
	return err.Error()
}

var (
	down   = &page.Stop{Code: page.PortalUnavailable, Page: "landing", Message: "down"}
	noRoom = &page.Stop{Code: page.StateUnavailable, Message: "the disk is full"}
	// stoodStill is what a permission says that ran out.
	stoodStill = &page.Stop{Code: page.CredentialBusy, Message: "stood still"}
)

// TestCreate is the table of doubts: what happens on the way, and what is made
// of it. Whatever it is, "Create account" is pressed once at most.
func TestCreate(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(b *bench)
		want    string
		ending  Ending // empty: the intent stays open, or there is none
		clicks  int
	}{
		"all is well": {func(*bench) {}, "created", EndCreated, 1},
		"no confirmation page, home at once": {func(b *bench) {
			b.onCreate = func() { b.create(); b.show("home") }
		}, "created", EndCreated, 1},
		"no answer, and the user is there": {func(b *bench) {
			b.onCreate = func() { b.create(); b.breakDown() }
		}, "created, reconciled", EndReconciled, 1},
		"no answer, and the user is not there": {func(b *bench) {
			b.onCreate = b.breakDown
		}, "not_created", EndNotCreated, 1},
		"no answer, and the server commits late": {func(b *bench) {
			b.onCreate = func() { b.breakDown(); time.AfterFunc(30*time.Second, b.create) }
		}, "created, reconciled", EndReconciled, 1},
		"the answer hangs, and the user is there": {func(b *bench) {
			b.onCreate = b.create
		}, "created, reconciled", EndReconciled, 1},
		"the session ends with the click": {func(b *bench) {
			b.onCreate = func() { b.show("session-expired") }
		}, "not_created", EndNotCreated, 1},
		"confirmed, and the way home is lost": {func(b *bench) {
			b.onContinue = b.breakDown
		}, "created, reconciled", EndReconciled, 1},
		"confirmed, and the table does not agree": {func(b *bench) {
			b.onCreate = func() { b.show("confirm-create-user") }
		}, "outcome_unknown", "", 1},
		"confirmed, and the table agrees later": {func(b *bench) {
			b.onCreate = func() { b.show("confirm-create-user"); time.AfterFunc(30*time.Second, b.create) }
		}, "created, reconciled", EndReconciled, 1},
		"the form is back with a message": {func(b *bench) {
			b.onCreate = func() { b.show("create-user", "Family Name: not allowed") }
		}, "rejected_by_portal", EndRejected, 1},
		"the form is back with a message, and the user is there": {func(b *bench) {
			b.onCreate = func() { b.create(); b.show("create-user", "This user exists") }
		}, "created", EndCreated, 1},
		"the form is back without a word": {func(b *bench) {
			b.onCreate = func() { b.show("create-user") }
		}, "not_created", EndNotCreated, 1},
		"the form is back with the banner of every page": {func(b *bench) {
			b.banner = "Maintenance-on-Sunday"
			b.onCreate = func() { b.show("create-user") }
		}, "not_created", EndNotCreated, 1},
		"the browser's own box says why, and the page stays": {func(b *bench) {
			b.onCreate = func() { b.says(browser.DialogAlert, "Family Name: not allowed", true) }
		}, "rejected_by_portal", EndRejected, 1},
		"the browser's own box says something, and the page goes on": {func(b *bench) {
			b.onCreate = func() {
				b.says(browser.DialogAlert, "One moment", true)
				time.AfterFunc(2*time.Second, func() { b.create(); b.show("confirm-create-user") })
			}
		}, "created", EndCreated, 1},
		"the browser's own box asks what nobody answered": {func(b *bench) {
			b.onCreate = func() { b.says(browser.DialogConfirm, "This user exists already. Create anyway?", false) }
		}, "not_created", EndNotCreated, 1},
		"a script sends the form, and says so": {func(b *bench) {
			b.onCreate = func() {
				b.posts(browser.KindXHR)
				b.tell("create-user", "Sending")
				time.AfterFunc(30*time.Second, b.create)
			}
		}, "created, reconciled", EndReconciled, 1},
		"a script sends the form, and tells the portal's no": {func(b *bench) {
			b.onCreate = func() { b.posts(browser.KindXHR); b.tell("create-user", "Family Name: not allowed") }
		}, "rejected_by_portal", EndNotCreated, 1},
		"the page says that it sends, and is answered later": {func(b *bench) {
			b.onCreate = func() {
				b.posts(browser.KindDocument)
				b.tell("create-user", "Sending")
				time.AfterFunc(10*time.Second, func() { b.create(); b.show("confirm-create-user") })
			}
		}, "created", EndCreated, 1},
		"the page says that it is about to send": {func(b *bench) {
			b.onCreate = func() {
				b.tell("create-user", "Wait")
				time.AfterFunc(time.Second, func() { b.posts(browser.KindDocument) })
				time.AfterFunc(8*time.Second, func() { b.create(); b.show("confirm-create-user") })
			}
		}, "created", EndCreated, 1},
		"a script sends the form as it is left": {func(b *bench) {
			b.onCreate = func() { b.tell("create-user", "Wait") }
			b.onReturn = func() { b.posts(browser.KindXHR); b.show("home"); time.AfterFunc(20*time.Second, b.create) }
		}, "created, reconciled", EndReconciled, 1},
		"confirmed, and the address is another": {func(b *bench) {
			b.onCreate = func() { b.sent.Email = "hidden"; b.create(); b.show("confirm-create-user") }
		}, "created", EndCreated, 1},
		"no answer, and the address is another": {func(b *bench) {
			b.onCreate = func() { b.sent.Email = "hidden"; b.create(); b.breakDown() }
		}, "conflicting_user", EndNotCreated, 1},
		"two users from one click": {func(b *bench) {
			b.onCreate = func() { b.create(); b.create(); b.show("confirm-create-user") }
		}, "ambiguous_user", EndDuplicated, 1},
		"two users from one click, found later": {func(b *bench) {
			b.onCreate = func() { b.create(); b.create(); b.breakDown() }
		}, "ambiguous_user", EndDuplicated, 1},
		"the table cannot be read": {func(b *bench) {
			b.onCreate, b.refuse = b.breakDown, func(int) error { return down }
		}, "outcome_unknown", "", 1},
		"the table can be read at the third sign-in": {func(b *bench) {
			b.onCreate = func() { b.create(); b.breakDown() }
			b.refuse = func(n int) error {
				if n < 3 {
					return down
				}
				return nil
			}
		}, "created, reconciled", EndReconciled, 1},
		"the portal changes the names": {func(b *bench) {
			b.onCreate = func() { b.sent.GivenName = "ZOE M"; b.create(); b.show("confirm-create-user") }
		}, "created", EndCreated, 1},
		"somebody else is made at the same time": {func(b *bench) {
			b.onCreate = func() {
				b.create()
				b.users = append(b.users, User{GivenName: "Zoé", FamilyName: "Oneil", PIN: "x"}, User{GivenName: "Ann", FamilyName: "Lee"})
				b.show("confirm-create-user")
			}
		}, "created", EndCreated, 1},
		"only somebody else is made": {func(b *bench) {
			b.onCreate = func() { b.users = append(b.users, User{GivenName: "Ann", FamilyName: "Lee"}); b.breakDown() }
		}, "not_created", EndNotCreated, 1},
		"the intent cannot be written": {func(b *bench) { b.book.fails["Begin"] = noRoom }, "state_unavailable", "", 0},
		"the click is not permitted":   {func(b *bench) { b.book.fails["MayClick"] = noRoom }, "state_unavailable", "", 0},
		"nothing more can be written, and the user is there": {func(b *bench) {
			b.onCreate = func() {
				b.create()
				b.breakDown()
				b.book.fails = map[string]error{"Looked": noRoom, "Close": noRoom, "Known": noRoom, "Confirmed": noRoom}
			}
		}, "created, reconciled", "", 1},
		"nothing more can be written, all is well": {func(b *bench) {
			b.book.fails = map[string]error{"Close": noRoom, "Confirmed": noRoom}
		}, "created", "", 1},
		"nothing more can be written, and the user is not there": {func(b *bench) {
			b.book.fails["Looked"], b.onCreate = noRoom, b.breakDown
		}, "outcome_unknown", "", 1},
		"the guard stops the click": {func(b *bench) {
			b.book.onMayClick = func() { b.guard = "text changed" }
		}, "page_changed", EndNotPressed, 0},
		"the permission runs out before the click": {func(b *bench) {
			b.book.still = func() *page.Stop { return stoodStill }
		}, "credential_busy", EndNotPressed, 0},
		"the permission holds": {func(b *bench) {
			b.book.still = func() *page.Stop { return nil }
		}, "created", EndCreated, 1},
		"the PIN comes late": {func(b *bench) {
			b.onCreate = func() { b.create(); b.users[1].PIN = ""; b.show("confirm-create-user") }
			loads := 0
			b.onReload = func() {
				if loads++; loads == 3 {
					b.users[1].PIN = "late12"
				}
				b.show("home")
			}
		}, "created", EndCreated, 1},
		"the PIN comes late to a page that answers a post": {func(b *bench) {
			b.onCreate = func() { b.create(); b.users[1].PIN = ""; b.show("confirm-create-user") }
			b.onContinue = func() {
				b.post = true
				b.show("home")
				b.post = false
				time.AfterFunc(time.Second/2, func() { b.users[1].PIN = "late12" })
			}
			b.onReload = b.breakDown // never: it would post again
		}, "created", EndCreated, 1},
		"nothing is heard of the click, and the PIN comes late": {func(b *bench) {
			b.deaf = true
			b.onCreate = func() {
				b.create()
				b.users[1].PIN = ""
				time.AfterFunc(15*time.Second, func() { b.users[1].PIN = "late12" })
			}
		}, "created, reconciled", EndReconciled, 1},
		"the PIN does not come": {func(b *bench) {
			b.onCreate = func() { b.create(); b.users[1].PIN = ""; b.show("confirm-create-user") }
		}, "pin_pending", EndCreated, 1},
		"the PIN cannot be read again": {func(b *bench) {
			b.onCreate = func() { b.create(); b.users[1].PIN = ""; b.show("confirm-create-user") }
			b.onReload = b.breakDown
		}, "pin_pending", EndCreated, 1},
		"the user is there already": {func(b *bench) {
			b.users = append(b.users, User{GivenName: "zoé  maude", FamilyName: "O'NEIL", PIN: "abc"})
		}, "already_exists", "", 0},
		"a namesake is there": {func(b *bench) {
			b.users = append(b.users, User{GivenName: "Zoé Maude", FamilyName: "O'Neil", Email: "other@example.com"})
		}, "conflicting_user", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, jorge)
				c.prepare(b)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				b.desk.Driver, b.desk.Home, _ = b.signIn(ctx, t)
				out, err := b.desk.Create(ctx, order)
				if got := ends(out, err); got != c.want {
					t.Errorf("ended as %s, want %s: %v", got, c.want, err)
				}
				if err == nil && (out.User.PIN == "" || out.User.PIN == "x") {
					t.Errorf("the PIN is %q", out.User.PIN)
				}
				if b.commits != c.clicks {
					t.Errorf("%d clicks, want %d", b.commits, c.clicks)
				}
				if got := b.ending(); got != c.ending {
					t.Errorf("the intent ended as %q, want %q", got, c.ending)
				}
			})
		})
	}
}

// ending is what came of the only intent; empty when it is open.
func (b *bench) ending() Ending {
	if len(b.book.entries) == 0 {
		return ""
	}
	return b.book.entries[0].ending
}

// TestCreateAllowed: another person of the same name is made on demand.
func TestCreateAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, User{GivenName: "Zoé Maude", FamilyName: "O'Neil", Email: "other@example.com", PIN: "1"})
		allowed := order
		allowed.AllowConflict = true
		b.onCreate = func() { b.create(); b.breakDown() }
		out, err := b.desk.Create(t.Context(), allowed)
		if got := ends(out, err); got != "created, reconciled" || out.User.Email != zoe.Email {
			t.Errorf("ended as %s with %+v: %v", got, out.User, err)
		}
	})
}

// TestCreateAskedBack: a box that asks once more is not answered, and is told of.
func TestCreateAskedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, jorge)
		b.onCreate = func() { b.box("create-user", "Are you sure?") }
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		_, err := b.desk.Create(ctx, order)
		if page.CodeOf(err) != page.NotCreated || !strings.Contains(err.Error(), "Are you sure?") || b.commits != 1 {
			t.Errorf("ended with %v after %d clicks", err, b.commits)
		}
	})
}

// TestRestless: a page that never keeps still, such as one with a carousel, is
// judged all the same: known ones are read, and others said to be unknown.
func TestRestless(t *testing.T) {
	for name, c := range map[string]struct {
		show func(t *testing.T, b *bench)
		want page.Code // empty: the user is created
	}{
		"the form":        {func(_ *testing.T, b *bench) { b.onForm = func() { b.show("create-user"); b.stir("create-user") } }, ""},
		"the home page":   {func(_ *testing.T, b *bench) { b.stir("home") }, ""},
		"an unknown page": {func(_ *testing.T, b *bench) { b.onForm = func() { b.show(""); b.stir("") } }, page.PageUnknown},
		"an empty table": {func(t *testing.T, b *bench) {
			b.users, b.speechless = nil, true
			b.desk.Driver, b.desk.Home, _ = b.signIn(t.Context(), t)
			b.stir("home")
		}, page.PageChanged},
		"a form in pieces": {func(_ *testing.T, b *bench) {
			b.lacks = "email"
			b.onForm = func() { b.show("create-user"); b.stir("create-user") }
		}, page.PageChanged},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, jorge)
				c.show(t, b)
				defer b.still()
				_, err := b.desk.Create(t.Context(), order)
				if page.CodeOf(err) != c.want {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// TestCreateUnauthorised: nothing is pressed for a user whom nobody authorises.
func TestCreateUnauthorised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, jorge)
		if _, err := b.desk.Create(t.Context(), Order{Person: zoe}); page.CodeOf(err) != page.Unsafe || b.docs > 1 {
			t.Errorf("ended with %v after %d pages", err, b.docs)
		}
	})
}

// TestSecretsAreNotTriedAgain: a sign-in that ended where a secret was given is
// not repeated by the same run.
func TestSecretsAreNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, jorge)
		b.onCreate = b.breakDown
		b.refuse = func(int) error {
			return &page.Stop{Code: page.PortalUnavailable, Page: "gckey-sign-in", Message: "again"}
		}
		_, err := b.desk.Create(t.Context(), order)
		if page.CodeOf(err) != page.OutcomeUnknown || b.signIns != 1 {
			t.Errorf("%d sign-ins, ended with %v", b.signIns, err)
		}
	})
}

// TestInterrupted: an interruption before the click presses nothing, one after
// it waits for the outcome.
func TestInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		when   func(b *bench, cancel func())
		want   string
		ending Ending
		clicks int
	}{
		"with the permission": {func(b *bench, cancel func()) { b.book.onMayClick = cancel }, context.Canceled.Error(), EndNotPressed, 0},
		"with the click": {func(b *bench, cancel func()) {
			b.onCreate = func() { cancel(); b.create(); b.show("confirm-create-user") }
		}, "created", EndCreated, 1},
		"in doubt": {func(b *bench, cancel func()) {
			b.onCreate = func() { cancel(); b.breakDown() }
		}, "not_created", EndNotCreated, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, jorge)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.when(b, cancel)
				out, err := b.desk.Create(ctx, order)
				if got := ends(out, err); got != c.want || b.commits != c.clicks || b.ending() != c.ending {
					t.Errorf("ended as %s (%q) after %d clicks, want %s (%q) after %d", got, b.ending(), b.commits, c.want, c.ending, c.clicks)
				}
			})
		})
	}
}

// TestReserve: at the end of its time a session still reads what came of the
// click, and does not begin to wait for what it cannot wait for.
func TestReserve(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(b *bench)
		want   string
		ending Ending
	}{
		"the answer hangs, the user is there":     {func(b *bench) { b.create() }, "created, reconciled", EndReconciled},
		"the answer hangs, the user is not there": {func(b *bench) {}, "outcome_unknown", ""},
		"no answer, the user is not there":        {func(b *bench) { b.breakDown() }, "outcome_unknown", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, jorge)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				b.onCreate = func() { c.answer(b) }
				began := time.Now()
				out, err := b.desk.Create(ctx, order)
				if got := ends(out, err); got != c.want || b.ending() != c.ending {
					t.Errorf("ended as %s (%q), want %s (%q): %v", got, b.ending(), c.want, c.ending, err)
				}
				if took := time.Since(began); took > time.Minute {
					t.Errorf("took %s, more than the reserve", took)
				}
			})
		})
	}
}

// TestResume: what an earlier session left in doubt.
func TestResume(t *testing.T) {
	made := zoe.user()
	made.PIN = "a1B2c3"
	type look = struct {
		at    time.Time
		found int
	}
	for name, c := range map[string]struct {
		deed     Deed
		now      []User
		prepare  func(e *entry)
		patience bool
		want     string
		ending   Ending
		nothing  bool // the error says that nothing came of it
	}{
		"there":                     {now: []User{jorge, made}, want: "created, reconciled", ending: EndReconciled},
		"there, without a PIN":      {now: []User{jorge, zoe.user()}, want: "created, reconciled", ending: EndReconciled},
		"not there, no patience":    {now: []User{jorge}, want: "outcome_unknown"},
		"not there":                 {now: []User{jorge}, patience: true, want: "not_created", ending: EndNotCreated, nothing: true},
		"not there for a long time": {now: []User{jorge}, prepare: func(e *entry) { e.looks = []look{{time.Now().Add(-time.Hour), 0}} }, want: "not_created", ending: EndNotCreated, nothing: true},
		"seen, and gone since":      {now: []User{jorge}, prepare: func(e *entry) { e.looks = []look{{time.Now().Add(-time.Hour), 1}} }, want: "not_created", ending: EndReconciled, nothing: true},
		"confirmed, and not there":  {now: []User{jorge}, prepare: func(e *entry) { e.confirmed = time.Now().Add(-time.Hour) }, patience: true, want: "outcome_unknown"},
		"confirmed, and not there for days": {
			now: []User{jorge}, prepare: func(e *entry) { e.confirmed = time.Now().Add(-25 * time.Hour) },
			want: "not_created", ending: EndReconciled, nothing: true,
		},
		"twice":                   {now: []User{jorge, made, made}, want: "ambiguous_user", ending: EndDuplicated},
		"deletion, gone":          {deed: Deletion, now: []User{jorge}, want: "deleted, reconciled", ending: EndDeleted},
		"deletion, still there":   {deed: Deletion, now: []User{jorge, made}, patience: true, want: "portal_unavailable", ending: EndNotDeleted, nothing: true},
		"deletion, no patience":   {deed: Deletion, now: []User{jorge, made}, want: "outcome_unknown"},
		"deletion, another there": {deed: Deletion, now: []User{jorge, {GivenName: "Zoé Maude", FamilyName: "O'Neil"}}, want: "deleted, reconciled", ending: EndDeleted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, c.now...)
				in := Intent{Deed: Creation, Person: zoe, Before: []User{jorge}}
				if c.deed == Deletion {
					in = Intent{Deed: Deletion, Person: zoe, Before: []User{jorge, made}}
				}
				id, _ := b.book.Begin(t.Context(), in)
				_, _ = b.book.MayClick(t.Context(), id)
				if c.prepare != nil {
					c.prepare(b.book.entries[0])
				}
				out, err := b.desk.Resume(t.Context(), id, c.patience, errors.New("the process was killed"))
				if got := ends(out, err); got != c.want || b.ending() != c.ending || errors.Is(err, ErrNoEffect) != c.nothing {
					t.Errorf("ended as %s (%q), want %s (%q): %v", got, b.ending(), c.want, c.ending, err)
				}
				if b.commits > 0 {
					t.Error("something was pressed")
				}
			})
		})
	}
}

// TestNotice: a table that was read for another reason closes a doubt by what it
// shows, never by what it does not, and nothing is read again for that.
func TestNotice(t *testing.T) {
	made := zoe.user()
	made.PIN = "a1B2c3"
	for name, c := range map[string]struct {
		deed    Deed
		now     []User
		prepare func(e *entry)
		want    string
		ending  Ending
	}{
		"there":       {Creation, []User{jorge, made}, nil, "", EndReconciled},
		"not there":   {Creation, []User{jorge}, nil, "outcome_unknown", ""},
		"twice":       {Creation, []User{jorge, made, made}, nil, "ambiguous_user", EndDuplicated},
		"gone":        {Deletion, []User{jorge}, nil, "", EndDeleted},
		"still there": {Deletion, []User{jorge, made}, nil, "outcome_unknown", ""},
		"not there, as an hour ago": {Creation, []User{jorge}, func(e *entry) {
			e.looks = append(e.looks, struct {
				at    time.Time
				found int
			}{time.Now().Add(-time.Hour), 0})
		}, "outcome_unknown", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, jorge)
				in := Intent{Deed: c.deed, Person: zoe, Before: []User{jorge}}
				if c.deed == Deletion {
					in.Before = []User{jorge, made}
				}
				id, _ := b.book.Begin(t.Context(), in)
				_, _ = b.book.MayClick(t.Context(), id)
				if c.prepare != nil {
					c.prepare(b.book.entries[0])
				}
				pages, began := b.docs, time.Now()
				err := b.desk.Notice(t.Context(), id, c.now, errors.New("the process was killed"))
				if got := string(page.CodeOf(err)); got != c.want || b.ending() != c.ending {
					t.Errorf("ended as %q (%q), want %q (%q): %v", got, b.ending(), c.want, c.ending, err)
				}
				if b.docs != pages || !time.Now().Equal(began) {
					t.Error("something was read again, or waited for")
				}
			})
		})
	}
}

func TestDelete(t *testing.T) {
	made := zoe.user()
	for name, c := range map[string]struct {
		person  Person
		prepare func(b *bench)
		want    string
		ending  Ending
	}{
		"all is well":  {zoe, func(*bench) {}, "deleted", EndDeleted},
		"by e-mail":    {Person{Email: "ZOE@example.com"}, func(*bench) {}, "deleted", EndDeleted},
		"nobody asks":  {zoe, func(b *bench) { b.onDelete = func() { b.users = b.users[:1]; b.show("home") } }, "deleted", EndDeleted},
		"asks by name": {zoe, func(b *bench) { b.asks = "Are you sure? " + zoe.GivenName + " " + zoe.FamilyName }, "deleted", EndDeleted},
		"asks of another": {zoe, func(b *bench) {
			b.asks = "Are you sure? " + jorge.GivenName + " " + jorge.FamilyName
		}, "unsafe", EndNotPressed},
		"not there":      {Person{Email: "x@example.com"}, func(*bench) {}, "not_present", ""},
		"two of them":    {zoe, func(b *bench) { b.users = append(b.users, made) }, "ambiguous_user", ""},
		"lost, gone":     {zoe, func(b *bench) { b.onDelete = func() { b.users = b.users[:1]; b.breakDown() } }, "deleted, reconciled", EndDeleted},
		"lost, not gone": {zoe, func(b *bench) { b.onDelete = b.breakDown }, "portal_unavailable", EndNotDeleted},
		"not permitted":  {zoe, func(b *bench) { b.book.fails["MayClick"] = noRoom }, "state_unavailable", ""},
		"too late":       {zoe, func(b *bench) { b.book.still = func() *page.Stop { return stoodStill } }, "credential_busy", EndNotPressed},
		"unreadable":     {zoe, func(b *bench) { b.onDelete, b.refuse = b.breakDown, func(int) error { return down } }, "outcome_unknown", ""},
		"wrong page":     {zoe, func(b *bench) { b.onDelete = func() { b.show("create-user") } }, "portal_unavailable", EndNotDeleted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, jorge, made)
				c.prepare(b)
				b.desk.Driver, b.desk.Home, _ = b.signIn(t.Context(), t)
				out, err := b.desk.Delete(t.Context(), c.person)
				if got := ends(out, err); got != c.want || b.ending() != c.ending {
					t.Errorf("ended as %s (%q), want %s (%q): %v", got, b.ending(), c.want, c.ending, err)
				}
				if !slices.ContainsFunc(b.users, func(u User) bool { return u.Person() == jorge.Person() }) {
					t.Error("somebody else was deleted")
				}
			})
		})
	}
}
