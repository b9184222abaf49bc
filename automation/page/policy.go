package page

import (
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"

	"irccpin/automation/browser"
	"irccpin/automation/lang"
	"irccpin/selectors"
)

// Refusal is a request that was stopped before it left the browser.
type Refusal struct {
	// Host is where it wanted to go.
	Host string
	// Kin tells that the host looks like another sign-in service of the same
	// government and not like an attack.
	Kin bool
	// Why says which rule it broke.
	Why string

	// late is set where no rule was broken: the permission to commit ran out.
	late *Stop
}

func (r *Refusal) Error() string { return r.Why }

// policy judges every document and every post before it leaves, and knows
// what is on its way: which secrets may be in it, and whether it commits.
type policy struct {
	catalog *selectors.Catalog
	// seal lets a request to a host go out once at most; see browser.Gate.Seal.
	seal func(host string, still func() bool) (release func())
	// abroad opens the gate to hosts outside the catalog; see abroad.go.
	abroad func() (back func())

	mu sync.Mutex
	// away is a person's journey to a bank.
	away away
	// origins are where a post may go while secrets are on a page; nil when
	// none are.
	origins []string
	// sent is set when the page that holds them is being replaced.
	sent bool
	// secrets are the values that must not stand in any address.
	secrets []string
	// committing is set from the committing click until the next page.
	committing bool
	// posted is set once a post has left since the committing click, and flying
	// while one of the page itself that commits or holds secrets is on its way.
	posted, flying bool
	// left is set once anything but a question (GET) has left since the last Submit.
	left bool
	// stirred is set once a document was asked for, or a script posted, since the last
	// press.
	stirred bool
	// still is the permission to commit; see Driver.Permit.
	still func() *Stop
	// release ends the seal of a committing post that has left; nil before, and once
	// all that left under it is being answered.
	release func()
	// sealed counts the seals, and under the posts on their way under the present one.
	// calls are those of them that scripts make.
	sealed, under, calls int
}

// carry notes that secrets were typed that may go to these origins only.
func (p *policy) carry(origins, values []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.origins, p.sent = origins, false
	p.secrets = append(p.secrets, values...)
}

// landed notes that another page is shown: what was typed is gone from it.
func (p *policy) landed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.origins, p.secrets = nil, nil
	p.unseal()
}

// answered notes that the request that was sealed has ended, one way or the other.
func (p *policy) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying = false
	if p.release != nil {
		p.unseal()
	}
}

// calm notes that the committing click did not land after all.
func (p *policy) calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unseal()
}

// unseal ends the commit. p.mu is held.
func (p *policy) unseal() {
	p.committing, p.flying = false, false
	if p.release != nil {
		p.release()
		p.release = nil
	}
	p.under, p.calls = 0, 0
}

func (p *policy) commit(still func() *Stop) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.committing, p.still = true, still
	p.posted, p.flying = false, false
}

// pressing notes that something is about to be pressed.
func (p *policy) pressing() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stirred = false
}

// hasStirred tells whether the last press led to a request that is judged.
func (p *policy) hasStirred() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stirred
}

// submitting notes that a form with secrets is about to be sent.
func (p *policy) submitting() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = false
}

// hasLeft tells whether any post left since the last Submit.
func (p *policy) hasLeft() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}

// inFlight tells whether what commits, or holds secrets, is on its way: as a post of
// the page itself, until another page is there, or of a script, until it is answered.
func (p *policy) inFlight() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flying || p.calls > 0
}

// tense tells whether something is at stake on the page that is shown: a commit,
// or secrets that stand on it.
func (p *policy) tense() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.committing || p.origins != nil
}

// hasPosted tells whether anything was posted since the committing click.
func (p *policy) hasPosted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.posted
}

// judge is asked for every document request and for every post of a script.
func (p *policy) judge(r browser.Request) error {
	u, err := url.Parse(r.URL)
	if err != nil {
		return &Refusal{Why: lang.Text("an address that cannot be read")}
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Scheme != "https":
		return &Refusal{Host: host, Why: lang.Text("an address without https (%s://%s)", u.Scheme, host)}
	case u.User != nil:
		return &Refusal{Host: host, Why: lang.Text("an address with a user name in it (at %s)", host)}
	case u.Port() != "" && u.Port() != "443":
		return &Refusal{Host: host, Why: lang.Text("an unusual port (%s:%s)", host, u.Port())}
	case !p.catalog.Allows(host) && !p.lets(host):
		return &Refusal{Host: host, Kin: p.catalog.IsKin(host), Why: lang.Text("the host %s, which does not belong to this sign-in", host)}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stirred = true
	// A post with a secret in it must reach the portal once, like one that
	// commits: a repeat by the browser counts as a second try there.
	once := p.committing || p.origins != nil && !p.sent
	if p.origins != nil {
		if err := p.judgeCarried(r, u, host); err != nil {
			return err
		}
	}
	document := r.Kind == browser.KindDocument && r.TopFrame
	p.left = p.left || r.Method != "GET" && r.Method != "HEAD"
	if !once || !p.committing && !document || r.Method == "GET" || r.Method == "HEAD" {
		return nil
	}
	var still func() bool
	// A redirect goes on with what has left: only that needed the permission.
	if permitted := p.still; p.committing && permitted != nil && !(p.posted && r.Redirected) {
		if stop := permitted(); stop != nil {
			return &Refusal{Host: host, Why: stop.Message, late: stop}
		}
		still = func() bool { return permitted() == nil }
	}
	p.posted, p.flying = p.posted || p.committing, p.flying || document
	if p.release != nil {
		return nil
	}
	if p.seal != nil {
		p.release = p.seal(host, still)
		p.sealed++
		p.under, p.calls = 0, 0
	}
	return nil
}

// await is for browser.TabOptions.Await. Once the answers begin to all that left under
// a seal, the browser has nothing left to repeat, and the server may have ended the
// connection with its answer: what the page asks for next needs another one.
func (p *policy) await(r browser.Request) (begun func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.release == nil || r.Method == "GET" || r.Method == "HEAD" {
		return nil
	}
	which, call := p.sealed, p.committing && (r.Kind == browser.KindXHR || r.Kind == browser.KindFetch)
	p.under++
	if call {
		p.calls++
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.release == nil || p.sealed != which {
			return
		}
		if p.under--; p.under == 0 {
			p.release()
			p.release = nil
		}
		if call {
			p.calls--
		}
	}
}

func (p *policy) isCaptcha(host string) bool {
	return slices.ContainsFunc(p.catalog.Site.Hosts, func(h selectors.Host) bool {
		return h.Name == "captcha" && (host == h.Host || (h.Subdomains && strings.HasSuffix(host, "."+h.Host)))
	})
}

// judgeCarried judges a request while secrets stand on the page, or are on
// their way from it. p.mu is held.
func (p *policy) judgeCarried(r browser.Request, u *url.URL, host string) error {
	if carries(u, p.secrets) {
		return &Refusal{Host: host, Why: lang.Text("an address with a secret in it")}
	}
	top := r.Kind == browser.KindDocument && r.TopFrame
	if r.Method != "GET" && r.Method != "HEAD" && (!p.sent || r.Redirected) {
		allowed := slices.Contains(p.origins, "https://"+host) || (!top && p.isCaptcha(host))
		if !allowed {
			return &Refusal{Host: host, Why: lang.Text("a post to %s while a secret was on the page", host)}
		}
	}
	if top && !r.Redirected {
		// The page that held the secrets is being replaced. What follows,
		// other than a redirect of this very request, comes from other pages:
		// the hand-over between the hosts posts as well.
		p.sent = true
	}
	return nil
}

// longSecret is the length from which a secret is looked for anywhere in an
// address; shorter ones occur in innocent ids, and count as whole values only.
const longSecret = 10

// carries tells whether an address holds one of the values.
func carries(u *url.URL, values []string) bool {
	whole, err := url.QueryUnescape(u.RawQuery)
	if err != nil {
		whole = u.RawQuery
	}
	parts := strings.Split(u.Path, "/")
	for _, list := range u.Query() {
		parts = append(parts, list...)
	}
	parts = append(parts, u.Path+"?"+whole)
	// A form's fields are written in the charset of its page.
	for _, part := range parts {
		if latin, err := charmap.Windows1252.NewDecoder().String(part); err == nil {
			parts = append(parts, latin)
		}
	}
	for _, value := range values {
		if slices.ContainsFunc(parts, func(part string) bool {
			return part == value || len(value) >= longSecret && strings.Contains(part, value)
		}) {
			return true
		}
	}
	return false
}
