package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// encoding is one way in which a secret may turn up. Those with undo are undone letter by letter and so are found
// under a second one as well.
type encoding struct {
	name   string
	encode func(string) string
	undone bool
}

func perByte(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
}

func perRune(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text[1 : len(text)-1])
}

func within(encode func([]byte) string, before, after string) func(string) string {
	return func(s string) string { return encode([]byte(before + s + after)) }
}

func utf16Text(s string, big bool) string {
	little, bigEndian := utf16Bytes(s)
	if big {
		return string(bigEndian)
	}
	return string(little)
}

func encodings() []encoding {
	std, raw, web, rawWeb := base64.StdEncoding.EncodeToString, base64.RawStdEncoding.EncodeToString, base64.URLEncoding.EncodeToString, base64.RawURLEncoding.EncodeToString
	all := []encoding{
		{"raw", func(s string) string { return s }, true},
		{"upper case", strings.ToUpper, true},
		{"NFD", norm.NFD.String, true},
		{"query", url.QueryEscape, true},
		{"path", url.PathEscape, true},
		{"percent, all, upper", perByte("%%%02X"), true},
		{"percent, all, lower", perByte("%%%02x"), true},
		{"JSON", jsonText, true},
		{"JSON, all", func(s string) string {
			var b strings.Builder
			for _, unit := range utf16.Encode([]rune(s)) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
			return b.String()
		}, true},
		{"Go string", func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] }, true},
		{"JavaScript bytes", perByte(`\x%02X`), false},
		{"JavaScript runes", perRune(`\u{%x}`), true},
		{"HTML", html.EscapeString, true},
		{"HTML, decimal", perRune("&#%d;"), true},
		{"HTML, hexadecimal", perRune("&#x%X;"), true},
		{"HTML, zeros", perRune("&#%06d;"), true},
		{"HTML, no semicolon", perRune("&#%d"), false},
		{"hexadecimal", func(s string) string { return hex.EncodeToString([]byte(s)) }, false},
		{"HEXADECIMAL", func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }, false},
		{"spaced hexadecimal", func(s string) string { return fmt.Sprintf("% x", s) }, false},
		{"Go bytes", func(s string) string { return fmt.Sprint([]byte(s)) }, false},
		{"JSON bytes", func(s string) string { return strings.ReplaceAll(fmt.Sprint([]byte(s)), " ", ",") }, false},
		{"UTF-16LE", func(s string) string { return utf16Text(s, false) }, false},
		{"UTF-16BE", func(s string) string { return utf16Text(s, true) }, false},
		{"base64 of UTF-16", func(s string) string { return std([]byte("x" + utf16Text(s, false))) }, false},
		{"windows-1252", func(s string) string {
			out, err := charmap.Windows1252.NewEncoder().String(s)
			if err != nil {
				return s
			}
			return out
		}, false},
		{"zero width", func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") }, true},
		{"white space", func(s string) string { return strings.Join(strings.Split(s, ""), " \n\t") }, false},
		{"tags", func(s string) string {
			return "<b>" + strings.Join(strings.Split(s, ""), `</b><b class="x">`) + "</b>"
		}, false},
		{"MIME lines", func(s string) string {
			text := std([]byte("Basic: " + s + " and more"))
			return strings.Join(slices.Collect(chunks(text, 16)), "\r\n")
		}, false},
		{"base64 in a URL", func(s string) string { return url.QueryEscape(std([]byte("?>" + s + "<?"))) }, false},
	}
	for _, before := range []string{"", "u", "u:", "uv:"} {
		for _, after := range []string{"", "x", "xy", "xyz"} {
			for name, encode := range map[string]func([]byte) string{"std": std, "raw std": raw, "url": web, "raw url": rawWeb} {
				all = append(all, encoding{fmt.Sprintf("base64 %s, %d before, %d after", name, len(before), len(after)), within(encode, before, after), false})
			}
		}
	}
	return all
}

func chunks(s string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for ; len(s) > n; s = s[n:] {
			if !yield(s[:n]) {
				return
			}
		}
		yield(s)
	}
}

var longSecrets = []string{
	"Sentinel-Passw0rd", `S3ntinel "q" 'a' <&> \b/ %41 + #;=`, "Sentinelle à l'été", "пароль-часовой", "страж😀мир", "  spaced out  ", "aaaaaaaaaaaa", "12345678901",
	"sentinel%2Bx%2F", `sentinel\u0041\n`, "sentinel&amp;&#65;", "=?sentinel?=",
}

// leaks reports whether out still holds the encoded secret, or its letters unencoded.
func leaks(out, encoded, secret string) bool {
	return strings.Contains(out, encoded) || strings.Contains(strings.ToLower(out), strings.ToLower(secret))
}

func TestRedactorFindsEveryEncoding(t *testing.T) {
	for _, secret := range longSecrets {
		var r Redactor
		r.Add("password", New(secret))
		for _, e := range encodings() {
			if strings.TrimSpace(secret) != secret && (e.name == "white space" || e.name == "tags") {
				continue // its outer spaces cannot be told from what splits it
			}
			encoded := e.encode(secret)
			text := "before {" + encoded + "} after"
			out := r.String(text)
			if leaks(out, encoded, secret) || !strings.Contains(out, Mark("password")) {
				t.Errorf("%q as %s: %q stays %q", secret, e.name, text, out)
			}
			if !strings.HasPrefix(out, "before {") || !strings.HasSuffix(out, "} after") {
				t.Errorf("%q as %s: too much is gone: %q", secret, e.name, out)
			}
		}
	}
}

func TestRedactorFindsTwoEncodings(t *testing.T) {
	for _, secret := range longSecrets {
		var r Redactor
		r.Add("password", New(secret))
		for _, inner := range encodings() {
			for _, outer := range encodings() {
				if !inner.undone || !outer.undone || outer.name == "zero width" || outer.name == "upper case" || outer.name == "NFD" {
					continue
				}
				encoded := outer.encode(inner.encode(secret))
				if out := r.String("{" + encoded + "}"); strings.Contains(out, encoded) || !strings.Contains(out, Mark("password")) {
					t.Errorf("%q as %s in %s: %q stays", secret, inner.name, outer.name, out)
				}
			}
		}
	}
}

func TestRedactorFindsMixtures(t *testing.T) {
	const secret = "Sentinel <P@ss> & co"
	var r Redactor
	r.Add("password", New(secret))
	letters := []func(string) string{
		func(s string) string { return s }, perByte("%%%02x"), perByte("%%%02X"), perRune("&#%d;"), perRune("&#x%x;"), perRune(`\u%04X`), perByte(`\x%02x`), html.EscapeString, url.PathEscape,
	}
	rapid.Check(t, func(t *rapid.T) {
		// Each letter plain or in an encoding of one family; a text mixes families only in layers.
		family := rapid.SampledFrom([][]int{{0, 1, 2, 8}, {0, 3, 4, 7}, {0, 5, 6}}).Draw(t, "family")
		var b strings.Builder
		for _, c := range secret {
			b.WriteString(letters[rapid.SampledFrom(family).Draw(t, "letter")](string(c)))
		}
		text := rapid.StringN(0, 20, -1).Draw(t, "before") + " " + b.String() + " " + rapid.StringN(0, 20, -1).Draw(t, "after")
		if out := r.String(text); !strings.Contains(out, Mark("password")) {
			t.Fatalf("%q stays %q", text, out)
		}
	})
}

func TestShortSecretsAreWholeWords(t *testing.T) {
	var r Redactor
	r.Add("code", New("123456"))
	r.Add("pin", New("7Kq2"))
	r.Add("answer", New("Rex"))
	for text, want := range map[string]string{
		"the code is 123456.":         "the code is [redacted:code].",
		"123456":                      "[redacted:code]",
		"<td>123456</td>":             "<td>[redacted:code]</td>",
		`{"otp_value":123456,"a":1}`:  `{"otp_value":"[redacted:code]","a":1}`,
		`{"x": 123456}`:               `{"x": "[redacted:code]"}`,
		`{"x":"123456"}`:              `{"x":"[redacted:code]"}`,
		"c%3D123456%26":               "c%3D[redacted:code]%26",
		`line\n123456\nline`:          `line\n[redacted:code]\nline`,
		"&nbsp;123456&nbsp;":          "&nbsp;[redacted:code]&nbsp;",
		"123 456":                     "[redacted:code]",
		"123-456":                     "[redacted:code]",
		"1 2 3 4 5 6":                 "[redacted:code]",
		"<i>1</i><i>2</i><i>34</i>56": "<i>[redacted:code]",
		"123\u200b456":                "[redacted:code]",
		"%31%32%33%34%35%36":          "[redacted:code]",
		"MTIzNDU2":                    "[redacted:code]",
		"q=MTIzNDU2&":                 "q=[redacted:code]&",
		base64.StdEncoding.EncodeToString([]byte(`{"otp":"123456"}`)): "eyJvdHAiOiI[redacted:code]YifQ==",
		"313233343536":                   "[redacted:code]",
		"pin 7kQ2, pin (7Kq2)":           "pin [redacted:pin], pin ([redacted:pin])",
		"7Kq2_1":                         "[redacted:pin]_1",
		"my dog Rex!":                    "my dog [redacted:answer]!",
		"1\x002\x003\x004\x005\x006\x00": "[redacted:code]",
		// Not as a part of something else.
		"1234567":               "1234567",
		"0123456":               "0123456",
		"a123456":               "a123456",
		"123456é":               "123456é",
		"17Kq2":                 "17Kq2",
		"T-Rexes":               "T-Rexes",
		"hydrex":                "hydrex",
		"2026-11-22 12:34:56.7": "2026-11-22 12:34:56.7",
	} {
		if got := r.String(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	var tiny Redactor
	tiny.Add("answer", New("ab"))
	tiny.Add("answer", Value{})
	if got := tiny.String("ab"); got != "ab" {
		t.Errorf("two letters are looked for: %q", got)
	}
}

func TestRedactorLeavesTheRest(t *testing.T) {
	var r Redactor
	for _, secret := range longSecrets {
		r.Add("password", New(secret))
	}
	for _, text := range []string{
		"", "nothing to see", `<p class="x">50&nbsp;% of 100%</p>`, `{"code":"bad_settings","exit_code":2,"error":{"code":"page_changed"}}`,
		"\\ & % < \\u & &# %u %zz \\x", `{"code":503,"pin":null,"answer":true}`, "Sentinel", "\xff\xfe\x00",
		`<label for="answer">Answer</label><input id="answer" name="answer" type="text" value="">`, "irccpin pin --email a@example.com",
	} {
		if got := r.String(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestFieldsAreHiddenUnknown(t *testing.T) {
	var r Redactor
	for text, want := range map[string]string{
		`{"pin":"A1b2","name":"x"}`: `{"pin":"[redacted:pin]","name":"x"}`,
		`{"PIN" : "a\"b" }`:         `{"PIN" : "[redacted:pin]" }`,
		`{"pin": 1234}`:             `{"pin": "[redacted:pin]"}`,
		`{"passcode":"1","answer":"blue","password":"p","token1":"u","token2":"p","username":"u"}`: `{"passcode":"[redacted:passcode]","answer":"[redacted:answer]","password":"[redacted:password]","token1":"[redacted:token1]","token2":"[redacted:token2]","username":"[redacted:username]"}`,
		`{"code":"123456"}`:                                          `{"code":"[redacted:code]"}`,
		`{"code":123456}`:                                            `{"code":"[redacted:code]"}`,
		`{"msg":"{\"pin\":\"A1b2\"}"}`:                               `{"msg":"{\"pin\":\"[redacted:pin]\"}"}`,
		"token1=user&token2=pass&x=1":                                "token1=[redacted:token1]&token2=[redacted:token2]&x=1",
		"body: answer=my+dog&_csrf=1":                                "body: answer=[redacted:answer]&_csrf=1",
		"GCKEY_PASSWORD='pa ss'":                                     "GCKEY_PASSWORD='[redacted:password]'",
		`<input type="text" id="answer" value="Rex">`:                `<input type="text" id="answer" value="[redacted:answer]">`,
		`<input value='Rex' name=answer>`:                            `<input value='[redacted:answer]' name=answer>`,
		`<INPUT NAME="token2" VALUE="p&amp;q">x`:                     `<INPUT NAME="token2" VALUE="[redacted:token2]">x`,
		`<input name="other" value="x"><input name="pin" value="9">`: `<input name="other" value="x"><input name="pin" value="[redacted:pin]">`,
	} {
		if got := r.String(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
		if again := r.String(want); again != want {
			t.Errorf("%s is redacted again: %s", want, again)
		}
	}
}

func TestRedactedJSONStaysJSON(t *testing.T) {
	var r Redactor
	r.Add("password", New(`quo"te\back`))
	r.Add("code", New("123456"))
	text, err := json.Marshal(map[string]any{"a": `quo"te\back`, "b": []any{"x", 1, map[string]any{"c": 123456, "pin": 77}}, "d": "123456", `quo"te\back`: 1})
	if err != nil {
		t.Fatal(err)
	}
	if out := r.Bytes(text); !json.Valid(out) || bytes.Contains(out, []byte("123456")) || bytes.Contains(out, []byte("quo")) {
		t.Errorf("got %s", out)
	}
}

func TestRedactorOfSettings(t *testing.T) {
	s, err := loadText(t, fullFile)
	if err != nil {
		t.Fatal(err)
	}
	var r Redactor
	r.AddAll(s.Secrets())
	out := r.String(fullFile + "gezd gnbv gy3t qojq gezd gnbv gy3t qojq " + hex.EncodeToString([]byte("12345678901234567890")))
	for _, leak := range []string{"Sentinel", "pass#word", "GEZD", "gezd", "3132"} {
		if strings.Contains(out, leak) {
			t.Errorf("%s is left: %s", leak, out)
		}
	}
	if !strings.Contains(out, "Maple Syrup Works") {
		t.Error("too much is gone")
	}
}

func TestBytesAcrossWindows(t *testing.T) {
	const secret = "Sentinel-Passw0rd"
	var r Redactor
	r.Add("password", New(secret))
	for _, at := range []int{windowSize - windowOverlap - 5, windowSize - windowOverlap, windowSize - 5, windowSize, 2*windowSize - windowOverlap - 60} {
		for _, encoded := range []string{secret, perByte("%%%02x")(secret), strings.Join(strings.Split(secret, ""), "</b><b>")} {
			text := []byte(strings.Repeat(".", at) + encoded + strings.Repeat(".", 2*windowSize-at))
			want := strings.Repeat(".", at) + Mark("password") + strings.Repeat(".", 2*windowSize-at)
			before := bytes.Clone(text)
			if got := r.Bytes(text); string(got) != want || !bytes.Equal(before, text) {
				t.Errorf("at %d: %d bytes, want %d", at, len(got), len(want))
			}
		}
	}
}

// The writer gives what Bytes gives of each line, however the text is cut into writes.
func TestWriterIsCutAnywhere(t *testing.T) {
	const secret = "Sentinel-Passw0rd"
	var r Redactor
	r.Add("password", New(secret))
	r.Add("code", New("123456"))
	pieces := []string{secret, perByte("%%%02x")(secret), "123456", "1234567", " ", "\n", "text", "é", "<b>", jsonText(`"x"`), base64.StdEncoding.EncodeToString([]byte("a" + secret))}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "text"), "")
		var out bytes.Buffer
		w := r.Writer(&out)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatal(got, err)
			}
			rest = rest[n:]
			// Lines do not wait for what comes after them.
			if written := text[:len(text)-len(rest)]; strings.HasSuffix(written, "\n") && !strings.HasSuffix(out.String(), "\n") {
				t.Fatalf("a whole line is held back: %q", written)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), secret) || strings.Contains(out.String(), "%53%65") || bytes.Count(out.Bytes(), []byte("\n")) != strings.Count(text, "\n") {
			t.Fatalf("%q becomes %q", text, &out)
		}
	})
}

func TestWriterOfAnEndlessLine(t *testing.T) {
	const secret = "Sentinel-Passw0rd"
	var r Redactor
	r.Add("password", New(secret))
	filler := strings.Repeat("x-", 3000)
	var out bytes.Buffer
	w := r.Writer(&out)
	var want strings.Builder
	for i := range 100 {
		text := filler[:i*37] + secret + filler
		half := i * 37
		for _, part := range []string{text[:half+8], text[half+8:]} {
			if _, err := w.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		want.WriteString(filler[:i*37] + Mark("password") + filler)
	}
	if out.Len() < want.Len()-3*windowOverlap {
		t.Errorf("only %d of %d bytes are passed on", out.Len(), want.Len())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out.String() != want.String() {
		t.Error("the line is not what it should be")
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriterReportsErrors(t *testing.T) {
	var r Redactor
	broken := errors.New("disk full")
	w := r.Writer(brokenWriter{broken})
	if _, err := w.Write([]byte("held")); err != nil {
		t.Error(err)
	}
	if _, err := w.Write([]byte("line\n")); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := w.Write([]byte("held")); err != nil {
		t.Error(err)
	}
	if err := w.Close(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type leakyError struct{ text string }

func (e leakyError) Error() string { return e.text }

type leakyValuer struct{}

func (leakyValuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("inner", sentinel), slog.Any("bytes", []byte(sentinel)))
}

func TestHandler(t *testing.T) {
	var r Redactor
	r.Add("password", New(sentinel))
	r.Add("code", New("123456"))
	for name, make := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler {
			return slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelInfo})
		},
		"JSON": func(b *bytes.Buffer) slog.Handler {
			return slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelInfo})
		},
	} {
		var out bytes.Buffer
		log := slog.New(r.Handler(make(&out)))
		log.Debug("too low " + sentinel)
		log.With("with", sentinel).WithGroup("group-"+sentinel).With(slog.Group("g", "h", sentinel)).Info("message "+sentinel,
			"string", "x"+sentinel, "bytes", []byte(sentinel), "error", leakyError{"failed: " + sentinel}, "wrapped", fmt.Errorf("a: %w", leakyError{sentinel}),
			"struct", struct{ A, b string }{sentinel, sentinel}, "pointer", &struct{ A string }{sentinel}, "map", map[string]any{"k": []string{sentinel}},
			"url", &url.URL{Scheme: "https", Host: "example.com", RawQuery: "p=" + url.QueryEscape(sentinel)}, "valuer", leakyValuer{}, "number", 123456,
			"pin", "9", "code", "4321", sentinel, "key", "nil", nil, "kept", 42, "list", []int{1, 2})
		text := out.String()
		if shows(text) || strings.Contains(text, "123456") || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(sentinel))) || strings.Contains(text, "4321") {
			t.Errorf("%s log shows a secret: %s", name, text)
		}
		for _, want := range []string{"42", "[redacted:password]", "[redacted:code]", "[redacted:pin]", "failed: "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s log lacks %s: %s", name, want, text)
			}
		}
		if name == "JSON" && !json.Valid(out.Bytes()) {
			t.Errorf("broken JSON: %s", text)
		}
	}
}

// The handler keeps the rules of package slog.
func TestHandlerConforms(t *testing.T) {
	var r Redactor
	r.Add("password", New(sentinel))
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return r.Handler(slog.NewJSONHandler(&out, nil))
	}, func(t *testing.T) map[string]any {
		var record map[string]any
		if err := json.Unmarshal(out.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		return record
	})
}

func TestRedactorIsSafeForConcurrentUse(t *testing.T) {
	var r Redactor
	var out bytes.Buffer
	w := r.Writer(&out)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			secret := fmt.Sprintf("Sentinel-Passw0rd-%d", i)
			r.Add("password", New(secret))
			if got := r.String("x " + secret); got != "x "+Mark("password") {
				t.Errorf("got %q", got)
			}
			if _, err := w.Write([]byte(secret + "\n")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := out.String(); got != strings.Repeat(Mark("password")+"\n", 8) {
		t.Errorf("got %q", got)
	}
}

func TestKindsAreReducedToPlainWords(t *testing.T) {
	var r Redactor
	r.Add(`<Odd "Kind">`, New(sentinel))
	if got := r.String(sentinel); got != "[redacted:-odd--kind--]" {
		t.Errorf("got %s", got)
	}
}

func FuzzRedactor(f *testing.F) {
	for _, seed := range []string{"", "%41", "&#65", "&amp;#x41;", `\u0041`, `\ud83d\ude00`, "<b", "<<>>", "&#99999999999;", `\u{110000}`, "\x00", "\xff", `{"pin":"`, `"pin":"\`, "pin=", "<input name=pin value="} {
		f.Add(seed, "Sentinel-Passw0rd")
		f.Add(seed, "é\u0301 😀 %&\\")
	}
	f.Fuzz(func(t *testing.T, text, secret string) {
		var r Redactor
		r.Add("x", New(secret))
		if out := r.String(text); len(secret) >= shortSecret && !strings.ContainsAny(secret, "\r\n") && strings.Contains(out, secret) && !strings.Contains(Mark("x"), secret) {
			t.Fatalf("%q is left in %q", secret, out)
		}
		// A secret is found whatever stands around it.
		if len([]rune(secret)) >= shortSecret && !strings.ContainsAny(secret, "\r\n") {
			if out := r.String(text + secret + text); !strings.Contains(out, "[redacted:") {
				t.Fatalf("%q is not found in %q", secret, text+secret+text)
			}
		}
	})
}

// page is two megabytes of the kind of HTML that the portal serves.
func page() []byte {
	row := `<tr><td class="a b">Jean-Fran&ccedil;ois &amp; Co</td><td><a href="/mycic/x?id=%20%41&amp;y=1">Manage</a></td><td>&nbsp;</td></tr>` +
		"\n<script>var s = \"a\\n\\u0041\";</script>\n"
	return bytes.Repeat([]byte(row), (2<<20)/len(row))
}

func BenchmarkRedactor(b *testing.B) {
	for name, text := range map[string][]byte{
		"page": page(), "letters": bytes.Repeat([]byte("a"), 2<<20), "openings": bytes.Repeat([]byte("<a"), 1<<20),
		"escapes": bytes.Repeat([]byte(`\\&amp;%25`), 200<<10), "fields": bytes.Repeat([]byte(`name="pin"`), 200<<10),
	} {
		b.Run(name, func(b *testing.B) {
			var r Redactor
			for _, secret := range longSecrets {
				r.Add("password", New(secret))
			}
			for i := range 100 {
				r.Add("pin", New(fmt.Sprintf("%06d", i*7919)))
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.Bytes(text)
			}
		})
	}
}
