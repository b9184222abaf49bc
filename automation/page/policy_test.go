package page

import (
	"errors"
	"strings"
	"testing"

	"irccpin/automation/browser"
	"irccpin/selectors"
)

func newPolicy(t *testing.T) *policy {
	t.Helper()
	catalog, err := selectors.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return &policy{catalog: catalog}
}

func document(method, url string) browser.Request {
	return browser.Request{URL: url, Method: method, Kind: browser.KindDocument, TopFrame: true}
}

// judged checks a verdict: an empty want lets the request go, any other stands
// in the reason of its refusal.
func judged(t *testing.T, p *policy, r browser.Request, want string) {
	t.Helper()
	err := p.judge(r)
	switch {
	case want == "" && err == nil:
	case want == "" || err == nil || !strings.Contains(err.Error(), want):
		t.Errorf("%s %s: %v, want %q", r.Method, r.URL, err, want)
	}
}

// TestAddresses: only the catalog's hosts, by https, at the usual port, spelt
// without tricks.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"https://clegc-gckey.gc.ca/j/eng/l":                                       "",
		"https://clegc-gckey.gc.ca:443/j/eng/l":                                   "",
		"https://CLEGC-GCKEY.GC.CA/j/eng/l":                                       "",
		"https://newassets.hcaptcha.com/":                                         "",
		"http://clegc-gckey.gc.ca/j/eng/l":                                        "without https",
		"ftp://clegc-gckey.gc.ca/":                                                "without https",
		"file:///etc/passwd":                                                      "without https",
		"data:text/html,<form>":                                                   "without https",
		"https:clegc-gckey.gc.ca":                                                 "does not belong",
		"//clegc-gckey.gc.ca/":                                                    "without https",
		"https://clegc-gckey.gc.ca:8443/":                                         "unusual port",
		"https://clegc-gckey.gc.ca:80/":                                           "unusual port",
		"https://clegc-gckey.gc.ca:0443/":                                         "unusual port",
		"https://clegc-gckey.gc.ca./":                                             "does not belong",
		"https://clegc-gckey.gc.ca@evil.example/":                                 "user name",
		"https://clegc-gckey.gc.ca:pw@evil.example/":                              "user name",
		"https://user@clegc-gckey.gc.ca/":                                         "user name",
		"https://@clegc-gckey.gc.ca/":                                             "user name",
		"https://clegc-gckey.gc.ca.evil.example/":                                 "does not belong",
		"https://evil-clegc-gckey.gc.ca/":                                         "does not belong",
		"https://clegc-gckey.gc.ca.evil.example./":                                "does not belong",
		"https://evil.example/clegc-gckey.gc.ca/j/eng/l":                          "does not belong",
		"https://evil.example/?https://clegc-gckey.gc.ca/":                        "does not belong",
		"https://evil.example#@clegc-gckey.gc.ca/":                                "does not belong",
		`https://evil.example\@clegc-gckey.gc.ca/`:                                "cannot be read",
		"https://clegc-gckey.gc.ca%2eevil.example/":                               "cannot be read",
		"https://clegc-gckey.gc.ca\u3002evil.example/":                            "does not belong",
		"https://xn--clegc-gcky-tcb.gc.ca/":                                       "does not belong",
		"https://clegc-gckеy.gc.ca/":                                              "does not belong", // a Cyrillic letter
		"https://clegc-gckey.gc.cа/":                                              "does not belong", // and another
		"https://ｃlegc-gckey.gc.ca/":                                              "does not belong", // a wide letter
		"https://sub.clegc-gckey.gc.ca/":                                          "does not belong",
		"https://gc.ca/":                                                          "does not belong",
		"https://hcaptcha.com.evil.example/":                                      "does not belong",
		"https://evilhcaptcha.com/":                                               "does not belong",
		"https://127.0.0.1/":                                                      "does not belong",
		"https://2130706433/":                                                     "does not belong",
		"https://[::1]/":                                                          "does not belong",
		"https://[::ffff:127.0.0.1]/":                                             "does not belong",
		"https://localhost/":                                                      "does not belong",
		"https:///j/eng/l":                                                        "does not belong",
		"https://clegc-gckey.gc.ca\x00.evil.example/":                             "cannot be read",
		"https://clegc-gckey.gc.ca\n.evil.example/":                               "cannot be read",
		"https://clegc-gckey.gc.ca .evil.example/":                                "cannot be read",
		"https://te-mfa.auth.canada.ca/":                                          "does not belong",
		"https://onlineservices-servicesenligne.cic.gc.ca.attacker.gc.ca.example": "does not belong",
	} {
		for _, method := range []string{"GET", "POST"} {
			judged(t, newPolicy(t), document(method, address), want)
		}
	}
}

// TestKin: another sign-in service of the government needs a person and is no
// attack; whoever only sounds like one is.
func TestKin(t *testing.T) {
	for address, kin := range map[string]bool{
		"https://te-mfa.auth.canada.ca/":            true,
		"https://clegc-sso.gc.ca/":                  true,
		"https://canada.ca.evil.example/":           false,
		"https://evilgc.ca/":                        false,
		"https://clegc-gckey.gc.ca.evil.example/":   false,
		"https://evil.example/gc.ca":                false,
		"http://mfa.auth.canada.ca/":                false,
		"https://user@sso.auth.canada.ca/":          false,
		"https://interac.example/":                  false,
		"https://xn--canad-yva.ca/":                 false,
		"https://xn--clegc-gcky-tcb.gc.ca/":         false,
		"https://mfa.xn--uth-fla.canada.ca/":        false,
		"https://evil.example/?x=https://canada.ca": false,
	} {
		var refusal *Refusal
		if err := newPolicy(t).judge(document("GET", address)); !errors.As(err, &refusal) || refusal.Kin != kin {
			t.Errorf("%s: %+v, want kin %t", address, err, kin)
		}
	}
}

const (
	gckey  = "https://clegc-gckey.gc.ca"
	portal = "https://onlineservices-servicesenligne.cic.gc.ca"
)

// TestPostsWhileSecretsStandOnThePage walks through what can leave a page that
// a secret was typed on.
func TestPostsWhileSecretsStandOnThePage(t *testing.T) {
	carrying := func() *policy {
		p := newPolicy(t)
		p.carry([]string{gckey}, []string{"RosaDelgado77", "pw", "Montréal", "à Montréal-Nord"})
		return p
	}
	fetch := browser.Request{URL: gckey + "/j/api", Method: "POST", Kind: browser.KindFetch, TopFrame: true}
	frame := browser.Request{URL: gckey + "/j/frame", Method: "POST", Kind: browser.KindDocument}
	captcha := browser.Request{URL: "https://api.hcaptcha.com/getcaptcha", Method: "POST", Kind: browser.KindXHR}
	for name, c := range map[string]struct {
		request browser.Request
		want    string
	}{
		"its own post":                      {document("POST", gckey+"/j/eng/l"), ""},
		"to another host of the catalog":    {document("POST", portal+"/mycic/x"), "a post to onlineservices-servicesenligne.cic.gc.ca while a secret was on the page"},
		"another method":                    {document("PUT", portal+"/mycic/x"), "while a secret was on the page"},
		"a script's own":                    {fetch, ""},
		"a script's to another":             {browser.Request{URL: portal + "/x", Method: "POST", Kind: browser.KindFetch, TopFrame: true}, "while a secret was on the page"},
		"a beacon":                          {browser.Request{URL: portal + "/x", Method: "POST", Kind: browser.KindBeacon, TopFrame: true}, "while a secret was on the page"},
		"a frame's own":                     {frame, ""},
		"a frame's to another":              {browser.Request{URL: portal + "/x", Method: "POST", Kind: browser.KindDocument}, "while a secret was on the page"},
		"the captcha's":                     {captcha, ""},
		"the whole page to the captcha":     {document("POST", "https://hcaptcha.com/"), "while a secret was on the page"},
		"a get":                             {document("GET", portal+"/mycic/home"), ""},
		"a get with the secret":             {document("GET", gckey+"/j/eng/l?token1=RosaDelgado77"), "an address with a secret in it"},
		"with the secret escaped":           {document("GET", gckey+"/j/eng/l?token1=%52osaDelgado77"), "an address with a secret in it"},
		"with the secret inside":            {document("GET", gckey+"/j/eng/l?q=xxRosaDelgado77xx"), "an address with a secret in it"},
		"with the secret in the path":       {document("GET", gckey+"/j/RosaDelgado77/l"), "an address with a secret in it"},
		"a short one as a whole value":      {document("GET", gckey+"/j/eng/l?token2=pw"), "an address with a secret in it"},
		"a short one within a word is none": {document("GET", gckey+"/j/eng/l?q=pwd"), ""},
		"a short one in the page's charset": {document("GET", gckey+"/j/eng/l?answer=Montr%E9al"), "an address with a secret in it"},
		"a long one in the page's charset":  {document("GET", gckey+"/j/eng/l?answer=x+%E0+Montr%E9al-Nord"), "an address with a secret in it"},
		"its own post with it in the query": {document("POST", gckey+"/j/eng/l?u=RosaDelgado77"), "an address with a secret in it"},
	} {
		t.Run(name, func(t *testing.T) { judged(t, carrying(), c.request, c.want) })
	}

	t.Run("redirected while it carries", func(t *testing.T) {
		p := carrying()
		judged(t, p, document("POST", gckey+"/j/eng/l"), "")
		// A redirect that keeps the method takes the body along.
		r := document("POST", portal+"/mycic/x")
		r.Redirected = true
		judged(t, p, r, "while a secret was on the page")
		r.Method = "GET"
		judged(t, p, r, "")
	})
	t.Run("the hand-over from the next page", func(t *testing.T) {
		p := carrying()
		judged(t, p, document("POST", gckey+"/j/eng/l"), "")
		judged(t, p, document("POST", portal+"/mycic/saml"), "")
	})
	t.Run("after the next page is shown", func(t *testing.T) {
		p := carrying()
		p.landed()
		judged(t, p, document("POST", portal+"/mycic/x"), "")
		judged(t, p, document("GET", gckey+"/j/eng/l?token1=RosaDelgado77"), "")
	})
	t.Run("two secrets on one page", func(t *testing.T) {
		p := carrying()
		p.carry([]string{gckey}, []string{"Another-One-9"})
		judged(t, p, document("GET", gckey+"/?q=RosaDelgado77"), "an address with a secret in it")
		judged(t, p, document("GET", gckey+"/?q=Another-One-9"), "an address with a secret in it")
	})
}

// TestRefusalsShowNoSecret: the reason is told to people and kept in evidence.
func TestRefusalsShowNoSecret(t *testing.T) {
	p := newPolicy(t)
	p.carry([]string{gckey}, []string{"RosaDelgado77"})
	for _, r := range []browser.Request{
		document("GET", gckey+"/?token1=RosaDelgado77"), document("GET", "https://evil.example/RosaDelgado77"),
		document("GET", "https://RosaDelgado77:RosaDelgado77@evil.example/"), document("POST", portal+"/?q=RosaDelgado77"),
		document("GET", "https://%zz/RosaDelgado77"), document("GET", "http://evil.example/?RosaDelgado77"),
	} {
		if err := p.judge(r); err == nil || strings.Contains(err.Error(), "RosaDelgado77") {
			t.Errorf("%s: %v", r.URL, err)
		}
	}
}

// TestOneSealForOneCommit: the committing post leaves once.
func TestOneSealForOneCommit(t *testing.T) {
	var sealed []string
	released := 0
	p := newPolicy(t)
	p.seal = func(host string, _ func() bool) func() { sealed = append(sealed, host); return func() { released++ } }
	judged(t, p, document("POST", portal+"/before"), "")
	p.commit(nil)
	judged(t, p, document("GET", portal+"/script"), "")
	judged(t, p, document("POST", portal+"/create"), "")
	judged(t, p, document("POST", portal+"/create"), "")
	if len(sealed) != 1 || released != 0 {
		t.Errorf("sealed %q, released %d times", sealed, released)
	}
	p.answered()
	p.answered()
	p.landed()
	p.calm()
	judged(t, p, document("POST", portal+"/after"), "")
	if len(sealed) != 1 || released != 1 {
		t.Errorf("sealed %q, released %d times", sealed, released)
	}
}

// TestPermissionRunsOut: what commits leaves while it is permitted, and is asked
// for again as its connection is there. What does not commit needs no permission.
func TestPermissionRunsOut(t *testing.T) {
	gone := &Stop{Code: CredentialBusy, Message: "stood still"}
	var answer *Stop
	var last func() bool
	p := newPolicy(t)
	p.seal = func(_ string, still func() bool) func() { last = still; return func() {} }
	p.commit(func() *Stop { return answer })
	answer = gone
	judged(t, p, document("GET", portal+"/script"), "")
	judged(t, p, document("POST", portal+"/create"), "stood still")
	if last != nil {
		t.Error("the way was sealed for a post that must not leave")
	}
	answer = nil
	judged(t, p, document("POST", portal+"/create"), "")
	if last == nil || !last() {
		t.Fatal("what is permitted does not leave")
	}
	if answer = gone; last() {
		t.Error("the post leaves, and the permission ran out while it was connecting")
	}
	p.landed()
	judged(t, p, document("POST", portal+"/after"), "")
}

// TestSealEndsAsTheAnswerBegins: what a page asks for because of an answer needs
// connections again. A post that the answer itself asks for is sealed anew, by the
// permission that the first one had.
func TestSealEndsAsTheAnswerBegins(t *testing.T) {
	sealed, released, asked := 0, 0, 0
	p := newPolicy(t)
	p.seal = func(string, func() bool) func() { sealed++; return func() { released++ } }
	if p.await(document("POST", portal+"/before")) != nil {
		t.Error("an answer is waited for that nothing hangs on")
	}
	p.commit(func() *Stop { asked++; return nil })
	judged(t, p, document("POST", portal+"/create"), "")
	if p.await(document("GET", portal+"/frame")) != nil {
		t.Error("the answer to something else ends the seal")
	}
	first := p.await(document("POST", portal+"/create"))
	if first == nil {
		t.Fatal("the answer is not waited for")
	}
	first()
	if released != 1 || !p.inFlight() || !p.tense() {
		t.Errorf("released %d times, in flight %t: the page that sent it is still shown", released, p.inFlight())
	}
	again := document("POST", portal+"/create/again")
	again.Redirected = true
	judged(t, p, again, "")
	first() // an old answer is not the new one's
	if sealed != 2 || released != 1 || asked != 1 {
		t.Errorf("sealed %d times, released %d, asked %d", sealed, released, asked)
	}
	p.landed()
	if released != 2 {
		t.Errorf("released %d times", released)
	}
}

// TestSealWaitsForAllAnswers: of two posts of a script, the answer to one tells nothing
// of the other.
func TestSealWaitsForAllAnswers(t *testing.T) {
	released := 0
	p := newPolicy(t)
	p.seal = func(string, func() bool) func() { return func() { released++ } }
	p.commit(nil)
	call := func(path string) browser.Request {
		return browser.Request{URL: portal + path, Method: "POST", Kind: browser.KindFetch, TopFrame: true}
	}
	judged(t, p, call("/alive"), "")
	alive := p.await(call("/alive"))
	judged(t, p, call("/create"), "")
	create := p.await(call("/create"))
	if alive(); released != 0 || !p.inFlight() {
		t.Errorf("released %d times, in flight %t", released, p.inFlight())
	}
	if create(); released != 1 || p.inFlight() {
		t.Errorf("released %d times, in flight %t", released, p.inFlight())
	}
}

// TestPermissionForEachPost: a post of a script that happens to leave first, such as
// one that keeps the session alive, uses up no permission.
func TestPermissionForEachPost(t *testing.T) {
	var answer *Stop
	p := newPolicy(t)
	p.seal = func(string, func() bool) func() { return func() {} }
	p.commit(func() *Stop { return answer })
	alive := browser.Request{URL: portal + "/alive", Method: "POST", Kind: browser.KindFetch, TopFrame: true}
	judged(t, p, alive, "")
	p.await(alive)()
	answer = &Stop{Code: CredentialBusy, Message: "stood still"}
	judged(t, p, document("POST", portal+"/create"), "stood still")
}
