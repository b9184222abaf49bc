package secret

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"irccpin/automation/lang"
)

// Origin is a web origin: scheme, host and port. Two origins are the same if and only if they are equal with ==.
type Origin struct {
	Scheme string // always "https"
	Host   string // lower-case ASCII, without a trailing dot; an internationalised name in its xn-- form
	Port   uint16 // never 0; 443 when the URL names none
}

// String returns the origin as a browser writes it: without the default port.
func (o Origin) String() string {
	if o.Port == 443 {
		return o.Scheme + "://" + o.Host
	}
	return o.Scheme + "://" + o.Host + ":" + strconv.Itoa(int(o.Port))
}

// ParseOrigin returns the origin of an absolute https URL. It refuses whatever could be read in two ways: user
// information, backslashes, white space and control characters, percent signs and letters beyond ASCII in the host, a
// trailing dot, an empty port. A browser reports its URLs in a form that has none of these.
//
// Its errors do not quote the URL: paths, queries and user information can carry secrets.
func ParseOrigin(rawURL string) (Origin, error) {
	for _, r := range rawURL {
		if r <= ' ' || r == '\\' || r == 0x7f {
			return Origin{}, lang.NewError("the address holds white space, a control character or a backslash")
		}
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return Origin{}, lang.NewError("the address is not a URL")
	}
	if u.Scheme != "https" {
		return Origin{}, lang.NewError("the address is not https")
	}
	if u.Opaque != "" || !strings.HasPrefix(rawURL[len("https"):], "://") {
		return Origin{}, lang.NewError("the address has no host")
	}
	if u.User != nil {
		return Origin{}, lang.NewError("the address holds user information before its host")
	}
	if strings.HasSuffix(u.Host, ":") {
		return Origin{}, lang.NewError("the address has an empty port")
	}
	port := uint16(443)
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != text {
			return Origin{}, lang.NewError("the address has no valid port")
		}
		port = uint16(n)
	}
	host := strings.ToLower(u.Hostname())
	if err := plainHost(host); err != nil {
		return Origin{}, err
	}
	return Origin{Scheme: "https", Host: host, Port: port}, nil
}

// plainHost accepts a DNS name or an IPv4 address in ASCII. Nothing the portal uses is an IPv6 address.
func plainHost(host string) error {
	if host == "" {
		return lang.NewError("the address has no host")
	}
	if strings.HasSuffix(host, ".") {
		return lang.NewError("the host ends in a dot")
	}
	for _, c := range []byte(host) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return lang.NewError("the host holds something else than ASCII letters, digits, dots and hyphens")
		}
	}
	return nil
}

// Bound is a secret together with the only origins it may be typed at.
type Bound struct {
	Value   Value
	Name    string   // the settings key, for messages: "GCKEY_PASSWORD"
	Origins []Origin // none: it may be typed nowhere
}

// Bind returns v bound to the origins of the given https URLs. It fails on a URL that [ParseOrigin] refuses.
func Bind(v Value, name string, origins ...string) (Bound, error) {
	b := Bound{Value: v, Name: name}
	for _, raw := range origins {
		origin, err := ParseOrigin(raw)
		if err != nil {
			return Bound{}, lang.Errorf("binding %s to %q: %w", name, raw, err)
		}
		b.Origins = append(b.Origins, origin)
	}
	return b, nil
}

// AllowedAt returns nil if the secret may be typed on the page at rawURL, the full URL of a live top frame as the
// browser reports it. Otherwise it returns an [*OriginError].
func (b Bound) AllowedAt(rawURL string) error {
	seen, err := ParseOrigin(rawURL)
	if err != nil {
		return &OriginError{Name: b.Name, Allowed: b.Origins, Reason: err.Error()}
	}
	for _, allowed := range b.Origins {
		if seen == allowed {
			return nil
		}
	}
	return &OriginError{Name: b.Name, Allowed: b.Origins, Seen: seen, Reason: lang.Text("the page is at %s", seen.String())}
}

// OriginError happens when a secret was about to be typed at an origin that is not on its list.
type OriginError struct {
	Name    string   // the secret's name
	Allowed []Origin // where it may be typed
	Seen    Origin   // where the page is; zero when its address has no usable origin
	Reason  string   // what is wrong, without the page's path or query
}

func (e *OriginError) Error() string {
	allowed := make([]string, len(e.Allowed))
	for i, o := range e.Allowed {
		allowed[i] = o.String()
	}
	where := lang.Text("may be typed nowhere")
	if len(allowed) > 0 {
		where = lang.Text("may be typed only at %s", strings.Join(allowed, ", "))
	}
	return fmt.Sprintf("%s %s: %s", lang.Word(e.Name), where, e.Reason)
}
