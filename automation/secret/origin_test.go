package secret

import (
	"errors"
	"strings"
	"testing"
)

func TestAllowedAt(t *testing.T) {
	bound, err := Bind(New(sentinel), "GCKEY_PASSWORD", "https://clegc-gckey.gc.ca", "https://login.example.com:8443/")
	if err != nil {
		t.Fatal(err)
	}
	for _, allowed := range []string{
		"https://clegc-gckey.gc.ca", "https://clegc-gckey.gc.ca/", "https://clegc-gckey.gc.ca:443/j/eng/l?ReqID=1#x",
		"https://CLEGC-GCKey.gc.ca/j/eng/l", "https://login.example.com:8443/a", "https://clegc-gckey.gc.ca/@evil.example/",
		"https://clegc-gckey.gc.ca/?u=a@b",
	} {
		if err := bound.AllowedAt(allowed); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
	}
	for name, refused := range map[string]string{
		"http":                "http://clegc-gckey.gc.ca/",
		"suffix":              "https://clegc-gckey.gc.ca.evil.example/",
		"prefix":              "https://evil-clegc-gckey.gc.ca/",
		"subdomain":           "https://a.clegc-gckey.gc.ca/",
		"parent":              "https://gc.ca/",
		"port":                "https://clegc-gckey.gc.ca:8443/",
		"default of another":  "https://login.example.com/",
		"empty port":          "https://clegc-gckey.gc.ca:/",
		"port zero":           "https://clegc-gckey.gc.ca:0/",
		"port with zeros":     "https://clegc-gckey.gc.ca:0443/",
		"port too high":       "https://clegc-gckey.gc.ca:65979/",
		"user":                "https://clegc-gckey.gc.ca@evil.example/",
		"user on good host":   "https://user@clegc-gckey.gc.ca/",
		"empty user":          "https://@clegc-gckey.gc.ca/",
		"user and password":   "https://clegc-gckey.gc.ca:443@evil.example/",
		"backslash":           `https://evil.example\@clegc-gckey.gc.ca/`,
		"backslashes":         `https:\\clegc-gckey.gc.ca/`,
		"trailing dot":        "https://clegc-gckey.gc.ca./",
		"cyrillic":            "https://clegc-gckеy.gc.ca/",
		"full width":          "https://clegc-gckey．gc.ca/",
		"soft hyphen":         "https://clegc-\u00adgckey.gc.ca/",
		"punycode look-alike": "https://xn--clegc-gcky-fcf.gc.ca/",
		"percent":             "https://clegc-gckey%2egc.ca/",
		"percent slash":       "https://clegc-gckey.gc.ca%2f.evil.example/",
		"tab":                 "https://clegc-gckey.gc.ca\t.evil.example/",
		"newline":             "https://clegc-gckey.gc.ca\n/",
		"space":               " https://clegc-gckey.gc.ca/",
		"NUL":                 "https://clegc-gckey.gc.ca\x00.evil.example/",
		"opaque":              "https:clegc-gckey.gc.ca",
		"one slash":           "https:/clegc-gckey.gc.ca/",
		"three slashes":       "https:///clegc-gckey.gc.ca/",
		"no scheme":           "//clegc-gckey.gc.ca/",
		"blob":                "blob:https://clegc-gckey.gc.ca/1",
		"view-source":         "view-source:https://clegc-gckey.gc.ca/",
		"about":               "about:blank",
		"data":                "data:text/html,https://clegc-gckey.gc.ca/",
		"IPv6":                "https://[::1]/",
		"empty":               "",
	} {
		err := bound.AllowedAt(refused)
		var origin *OriginError
		if !errors.As(err, &origin) {
			t.Errorf("%s: %q is allowed", name, refused)
			continue
		}
		if !strings.Contains(err.Error(), "GCKEY_PASSWORD may be typed only at https://clegc-gckey.gc.ca, https://login.example.com:8443: ") {
			t.Errorf("%s: unclear: %v", name, err)
		}
	}
	if err := bound.AllowedAt("https://evil.example/steal?token=abc"); !strings.HasSuffix(err.Error(), "the page is at https://evil.example") {
		t.Errorf("the error shows too little or too much: %v", err)
	}
	if err := (Bound{Name: "X"}).AllowedAt("https://clegc-gckey.gc.ca/"); err == nil {
		t.Error("a secret without origins may be typed somewhere")
	}
}

func TestBindRefusesBadOrigins(t *testing.T) {
	if _, err := Bind(New(sentinel), "X", "http://clegc-gckey.gc.ca"); err == nil || shows(err.Error()) {
		t.Errorf("http origin: %v", err)
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{"https://clegc-gckey.gc.ca/", "https://a@b", "https://a:1", "https://a\\b", "https://[::1]", "https://a%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		origin, err := ParseOrigin(raw)
		if err != nil {
			return
		}
		// What was accepted is written back as a URL of the same origin, and raw began with it.
		again, err := ParseOrigin(origin.String())
		if err != nil || again != origin {
			t.Fatalf("%q: %v is read back as %v, %v", raw, origin, again, err)
		}
		rest, found := strings.CutPrefix(strings.ToLower(raw), "https://"+origin.Host)
		if !found || (rest != "" && !strings.ContainsRune(":/?#", rune(rest[0]))) {
			t.Fatalf("%q is taken for %v", raw, origin)
		}
	})
}
