package secret

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// writeFile writes a private file and returns its path.
func writeFile(t interface{ Fatal(...any) }, dir, name, text string) string {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// loadText loads a settings file with this text.
func loadText(t *testing.T, text string) (*Settings, error) {
	t.Helper()
	return Load(t.Context(), LoadOptions{File: writeFile(t, t.TempDir(), ".env", text), FileRequired: true, Attended: true})
}

// nastyPasswords are values that one dotenv rule or another would change.
var nastyPasswords = []string{
	"plain", "pa$word", "pa$WORD", "pa$$WORD", "${HOME}", "$HOME", "$", "$$", "$(id)", "a$1b", `pa\$WORD`, `$\{A}`,
	"#hash", "a#b", "a #b", "a  # b #", "# a", "#", " #",
	"it's", "'", "''", "'a'", "a'b'c", `"`, `""`, `"a"`, `say "hi"`, `a"b'c`, `'a"`, `it's "so"`, `it's $HOME`, `it's #1`,
	`a\b`, `a\\b`, `a\nb`, `\n`, `\`, `a\`, `a\'`, `a\'b`, `a\"b`, `a\"`, `it's\`, `\$A`, `\\$A`,
	" leading", "trailing ", "  both  ", "\ttab\t", "in side", " ", "\u00a0nbsp\u00a0", "nel\u0085",
	"a=b", "=", "a:b", ":a", "export", "export A=b", "KEY=value", "a;b", "a&b|c", "`id`", "!history", "~", "*", "{a,b}", "a,b", "%41", "&amp;",
	"pässwörd", "пароль", "密码密码", "😀😀", "e\u0301", "\ufeffbom", "zero\u200bwidth", "\u2028", "\ufffd",
	strings.Repeat("long ", 500), "null", "true", "0012", "1e3",
}

// unquotable are the ones among them that no dotenv file can hold.
var unquotable = []string{`'a"`, `it's $HOME`}

func TestNastyPasswordsSurviveOrAreRefusedByName(t *testing.T) {
	for _, password := range nastyPasswords {
		forms := map[string]string{"single": "'" + password + "'", "double": `"` + password + `"`, "bare": password}
		quoted, err := Quote(password)
		if err == nil {
			forms["quoted"] = quoted
		}
		for name, raw := range forms {
			settings, err := loadText(t, "# settings\nGCKEY_USERNAME='user'\nGCKEY_PASSWORD="+raw+"\nIRCC_EMPLOYER='Example'\n")
			if err == nil {
				outerQuotes := name == "bare" && strings.ContainsAny(raw[:1], `"'`) // and so another password
				if settings.Password.Reveal() != password && !outerQuotes {
					t.Errorf("%s: %q was silently read as %q", name, raw, settings.Password.Reveal())
				}
				if settings.Username.Reveal() != "user" || settings.Employer != "Example" {
					t.Errorf("%s: %q spoils its neighbours", name, raw)
				}
				continue
			}
			var bad *SettingsError
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			p := bad.Problems[0]
			if len(bad.Problems) != 1 || p.Key != "GCKEY_PASSWORD" || p.Line != 3 || filepath.Base(p.File) != ".env" || p.Message == "" || p.Hint == "" {
				t.Errorf("%s: %q: %+v", name, raw, bad.Problems)
			}
			if len(password) > 4 && password != "plain" && strings.Contains(err.Error(), password) && !strings.Contains("export", password) {
				t.Errorf("%s: the error quotes the value %q: %v", name, password, err)
			}
			if name == "quoted" {
				t.Errorf("what Quote wrote for %q is refused: %v", password, err)
			}
		}
	}
}

func TestQuoteHoldsWhatDotenvCanHold(t *testing.T) {
	var refused []string
	for _, password := range nastyPasswords {
		if _, err := Quote(password); errors.Is(err, ErrUnquotable) {
			refused = append(refused, password)
		}
	}
	if diff := cmp.Diff(unquotable, refused); diff != "" {
		t.Errorf("refused: %s", diff)
	}
	for password, want := range map[string]string{
		"": "''", "a b": "'a b'", "$HOME": "'$HOME'", "it's": `"it's"`, "it's #1": `"it's #1"`, `a\`: `"a\`, `it"s`: `'it"s'`,
	} {
		if password == `a\` {
			want = `a\`
		}
		if got, err := Quote(password); err != nil || got != want {
			t.Errorf("Quote(%q) = %s, %v, want %s", password, got, err, want)
		}
	}
	for _, password := range []string{"a\nb", "a\rb", "a\x00b", "\xff", "a\x7f"} {
		if got, err := Quote(password); !errors.Is(err, ErrUnquotable) {
			t.Errorf("Quote(%q) = %s, %v", password, got, err)
		}
	}
}

// Whatever a value is: what Quote writes reads back the same, through the real Load, or is refused; never altered.
func TestQuoteRoundTrip(t *testing.T) {
	dir := t.TempDir()
	alphabet := rapid.SampledFrom([]rune("aZ09$#'\"\\ \t=:{}()_KHOME\u00a0é😀\u0085\n\r\x00"))
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.StringOfN(alphabet, 0, 12, -1), rapid.String()).Draw(t, "value")
		quoted, err := Quote(value)
		if err != nil {
			if !errors.Is(err, ErrUnquotable) {
				t.Fatal(err)
			}
			return
		}
		path := writeFile(t, dir, ".env", "GCKEY_USERNAME=first\nGCKEY_PASSWORD="+quoted+"\nIRCC_EMPLOYER='last'\n")
		settings, err := Load(t.Context(), LoadOptions{File: path, FileRequired: true, Attended: true})
		if err != nil {
			t.Fatalf("%q, written as %s: %v", value, quoted, err)
		}
		if got := settings.Password.Reveal(); got != value {
			t.Fatalf("%q, written as %s, is read as %q", value, quoted, got)
		}
		if settings.Username.Reveal() != "first" || settings.Employer != "last" {
			t.Fatalf("%q, written as %s, spoils its neighbours", value, quoted)
		}
	})
}

// Whatever stands behind "=": it is read as a person reads it, or refused by key and line.
func TestAnyLineIsReadLiterallyOrRefused(t *testing.T) {
	dir := t.TempDir()
	alphabet := rapid.SampledFrom([]rune("aZ$#'\"\\ \t=:{}(_KEY"))
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringOfN(alphabet, 0, 10, -1).Draw(t, "raw")
		path := writeFile(t, dir, ".env", "GCKEY_USERNAME=first\nGCKEY_PASSWORD="+raw+"\nIRCC_EMPLOYER='last'\n")
		settings, err := Load(t.Context(), LoadOptions{File: path, FileRequired: true, Attended: true})
		var bad *SettingsError
		if errors.As(err, &bad) {
			for _, p := range bad.Problems {
				if p.Key != "GCKEY_PASSWORD" || p.Line != 2 {
					t.Fatalf("%q: %v", raw, err)
				}
			}
			return
		}
		want := strings.TrimRight(raw, " \t")
		if n := len(want); n > 1 && (want[0] == '\'' || want[0] == '"') {
			want = want[1 : n-1]
		} else {
			want = raw
		}
		if settings.Password.Reveal() != want || settings.Username.Reveal() != "first" || settings.Employer != "last" {
			t.Fatalf("%q is read as %q", raw, settings.Password.Reveal())
		}
	})
}

func TestFaultsOfForm(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Problem
	}{
		"export":              {"export GCKEY_PASSWORD='Sentinel'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "export"}},
		"yaml":                {"GCKEY_PASSWORD: Sentinel", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "colon"}},
		"space before =":      {"GCKEY_PASSWORD ='Sentinel'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "white space around"}},
		"space after =":       {"GCKEY_PASSWORD= Sentinel", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "white space around"}},
		"trailing space":      {"GCKEY_PASSWORD=Sentinel ", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "white space at the end"}},
		"comment":             {"GCKEY_PASSWORD=Sentinel # mine", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "comment"}},
		"comment after quote": {"GCKEY_PASSWORD='Sentinel' # mine", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "behind the closing quote"}},
		"variable":            {"GCKEY_PASSWORD=Sen$TINEL", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "variable"}},
		"variable in quotes":  {`GCKEY_PASSWORD="Sen$TINEL"`, Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "variable"}},
		"escape":              {`GCKEY_PASSWORD="Sen\tinel"`, Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "escape"}},
		"open quote":          {"GCKEY_PASSWORD='Sentinel\nGCKEY_USERNAME='a'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "not closed"}},
		"open double quote":   {"GCKEY_PASSWORD=\"Sentinel\nGCKEY_USERNAME=\"a\"", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "not closed"}},
		"quote in quotes":     {"GCKEY_PASSWORD='Sen'tinel'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "single quote inside"}},
		"last backslash":      {`GCKEY_PASSWORD='Sentinel\'`, Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "backslash"}},
		"BOM":                 {"\ufeffGCKEY_PASSWORD='Sentinel'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "byte order mark"}},
		"UTF-16":              {"\xff\xfeG\x00", Problem{Line: 1, Message: "UTF-16"}},
		"CR LF":               {"# a\r\nGCKEY_PASSWORD='Sentinel'\r\n", Problem{Line: 1, Message: "CR LF"}},
		"CR LF by key":        {"GCKEY_PASSWORD='Sentinel'\r\n\r\n", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "CR LF"}},
		"CR inside":           {"GCKEY_PASSWORD='Sen\rtinel'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "control character"}},
		"NUL":                 {"\n\nGCKEY_PASSWORD='Sen\x00tinel'", Problem{Key: "GCKEY_PASSWORD", Line: 3, Message: "NUL"}},
		"invalid UTF-8":       {"GCKEY_PASSWORD='Sen\xfftinel'", Problem{Key: "GCKEY_PASSWORD", Line: 1, Message: "UTF-8"}},
		"twice":               {"GCKEY_PASSWORD='Sentinel'\n\nGCKEY_PASSWORD='Sentinel2'", Problem{Key: "GCKEY_PASSWORD", Line: 3, Message: "first time in line 1"}},
		"no setting":          {"GCKEY_USERNAME=a\nSentinel", Problem{Line: 2, Message: "not of the form"}},
		"no name":             {"='Sentinel'", Problem{Line: 1, Message: "not of the form"}},
		"slip":                {"GCKEY_PASWORD='Sentinel'", Problem{Key: "GCKEY_PASWORD", Line: 1, Message: "not a setting", Hint: "did you mean GCKEY_PASSWORD?"}},
		"case":                {"gckey_password='Sentinel'", Problem{Key: "gckey_password", Line: 1, Message: "not a setting", Hint: "did you mean GCKEY_PASSWORD?"}},
		"slip in form":        {"GCKEY_PASSWORD_FIL='Sentinel'", Problem{Key: "GCKEY_PASSWORD_FIL", Line: 1, Message: "not a setting", Hint: "did you mean GCKEY_PASSWORD_FILE?"}},
		"foreign key":         {"AWS_SECRET_ACCESS_KEY='Sentinel'", Problem{Key: "AWS_SECRET_ACCESS_KEY", Line: 1, Message: "not a setting"}},
		"foreign word":        {"FOO='Sentinel'", Problem{Key: "FOO", Line: 1, Message: "not a setting"}},
		"wrapped secret":      {"GCKEY_TOTP_SECRET=JBSWY3DPEHPK3PXP\nSentinelKRSXG5CTMVRXEZLU====", Problem{Line: 2, Message: "not shown"}},
		"question file":       {"IRCC_QUESTION_1_FILE='Sentinel'", Problem{Key: "IRCC_QUESTION_1_FILE", Line: 1, Message: "not a setting"}},
		"program key":         {"IRCCPIN_HEADLES='Sentinel'", Problem{Key: "IRCCPIN_HEADLES", Line: 1, Message: "not a setting", Hint: "did you mean IRCCPIN_HEADLESS?"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, t.TempDir(), ".env", c.text)
			_, err := Load(t.Context(), LoadOptions{File: path, FileRequired: true, Attended: true, ProgramKeys: []string{"IRCCPIN_HEADLESS"}})
			var bad *SettingsError
			if !errors.As(err, &bad) {
				t.Fatalf("no settings error: %v", err)
			}
			if len(bad.Problems) != 1 {
				t.Errorf("%d problems: %v", len(bad.Problems), err)
			}
			p := bad.Problems[0]
			if p.Key != c.want.Key || p.File != path || p.Line != c.want.Line || !strings.Contains(p.Message, c.want.Message) || !strings.Contains(p.Hint, c.want.Hint) || p.Hint == "" {
				t.Errorf("got %+v, want %+v", p, c.want)
			}
			if strings.Contains(err.Error(), "Sentinel") || strings.Contains(err.Error(), "TINEL") {
				t.Errorf("the error quotes the file: %v", err)
			}
		})
	}
}

func TestGoodFile(t *testing.T) {
	settings, err := loadText(t, strings.Join([]string{
		"# A comment", "", "   # another", "GCKEY_USERNAME=user", "GCKEY_PASSWORD='pa$W #\"\\x'  ", "IRCC_EMPLOYER=\"O'Brien & Sons\"",
		"  IRCC_BUSINESS_NUMBER=123456789", "GCKEY_TOTP_SECRET=", "IRCC_ANSWER_1=''", "IRCCPIN_TIMEOUT='3m'",
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if settings.Username.Reveal() != "user" || settings.Password.Reveal() != "pa$W #\"\\x" || settings.Employer != "O'Brien & Sons" ||
		settings.BusinessNumber != "123456789" || !settings.TOTP.IsZero() || len(settings.Questions) != 0 ||
		len(settings.Program) != 1 || settings.Program["IRCCPIN_TIMEOUT"].Reveal() != "3m" || settings.Source != SourceFile {
		t.Error("read wrongly")
	}
}

func FuzzParseDotenv(f *testing.F) {
	for _, seed := range []string{"A=b", "A='b", "A=\"b\\\"\nC=d", "\ufeffA=b\r\n", "export A=b", "A: b", "A=$B\nB=c", "A='b' # c", "\x00", "A=''b''"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var found problems
		entries := parseDotenv([]byte(text), "f", &found)
		if found.err() == nil && !dotenvAgrees([]byte(text), entries) {
			t.Fatalf("%q is read differently by dotenv", text)
		}
		for _, p := range found.list {
			if p.File != "f" || p.Message == "" || p.Hint == "" {
				t.Fatalf("%q: %+v", text, p)
			}
		}
	})
}
