package secret

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// memoryKeychain is a keychain without a system.
type memoryKeychain map[string]Document

func (k memoryKeychain) Get(_ context.Context, employer string) (Document, error) {
	if d, there := k[employer]; there {
		return d, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNotInKeychain, employer)
}

func (k memoryKeychain) Set(_ context.Context, employer string, d Document) error {
	k[employer] = d
	return nil
}

func (k memoryKeychain) Delete(_ context.Context, employer string) error {
	delete(k, employer)
	return nil
}

// noCommands fails the test when a command is run.
func noCommands(t *testing.T) CommandRunner {
	return func(context.Context, Invocation) ([]byte, error) {
		t.Error("a command was run")
		return nil, errors.New("no")
	}
}

// complaints returns "KEY@line: message" of every problem.
func complaints(t *testing.T, err error) []string {
	t.Helper()
	var bad *SettingsError
	if !errors.As(err, &bad) {
		t.Fatalf("no settings error: %v", err)
	}
	if strings.Contains(err.Error(), "Sentinel") {
		t.Errorf("the error shows a value: %v", err)
	}
	var all []string
	for _, p := range bad.Problems {
		all = append(all, fmt.Sprintf("%s@%d: %s", p.Key, p.Line, p.Message))
	}
	return all
}

const (
	fullFile = `GCKEY_USERNAME='Sentinel-user'
GCKEY_PASSWORD='Sentinel $pass#word'
GCKEY_TOTP_SECRET='otpauth://totp/GCKey?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
GCKEY_OTP_COMMAND='oathtool --totp "a b"'
IRCC_QUESTION_1="What is your pet's name?"
IRCC_ANSWER_1='Sentinel-answer-1'
IRCC_QUESTION_3='Where were you born?'
IRCC_ANSWER_3='Sentinel-answer-3'
GCKEY_OTP_IMAP_URL='imaps://otp@example.com@mail.example.com/Passcodes/IRCC'
GCKEY_OTP_IMAP_PASSWORD='Sentinel-mail'
IRCC_EMPLOYER='Maple Syrup Works'
IRCC_BUSINESS_NUMBER='123456789RP0001'
IRCC_EMPLOYER_NUMBER='A1234567'
IRCCPIN_STATE_DIR='/tmp/state'
`
)

func TestLoadFile(t *testing.T) {
	path := writeFile(t, t.TempDir(), "employer.env", fullFile)
	s, err := Load(t.Context(), LoadOptions{File: path, FileRequired: true, Run: noCommands(t), Environ: []string{"PATH=/bin", "GCKEY_OTHER=x", "GCKEY_PASSWORD="}})
	if err != nil {
		t.Fatal(err)
	}
	code, _, _ := s.TOTP.Code(time.Unix(59, 0))
	got := map[string]any{
		"source": s.Source, "file": s.File, "username": s.Username.Reveal(), "password": s.Password.Reveal(), "code": code.Reveal(),
		"command": s.OTPCommand.Words(), "questions": len(s.Questions), "second": s.Questions[1].Key + s.Questions[1].Text + s.Questions[1].Answer.Reveal(),
		"mail": s.IMAP.User + " " + s.IMAP.Host + " " + s.IMAP.Port + " " + s.IMAP.Folder + " " + s.IMAP.Password.Reveal(),
		"rest": s.Employer + s.BusinessNumber + s.EmployerNumber, "program": s.Program["IRCCPIN_STATE_DIR"].Reveal(),
	}
	want := map[string]any{
		"source": SourceFile, "file": path, "username": "Sentinel-user", "password": "Sentinel $pass#word", "code": "287082",
		"command": []string{"oathtool", "--totp", "a b"}, "questions": 2, "second": "IRCC_ANSWER_3Where were you born?Sentinel-answer-3",
		"mail": "otp@example.com mail.example.com 993 Passcodes/IRCC Sentinel-mail",
		"rest": "Maple Syrup Works123456789RP0001A1234567", "program": "/tmp/state",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	kinds := map[string]int{}
	for _, k := range s.Secrets() {
		kinds[k.Kind]++
	}
	if diff := cmp.Diff(map[string]int{"username": 1, "password": 1, "totp-secret": 3, "answer": 2, "mailbox-password": 1}, kinds); diff != "" {
		t.Error(diff)
	}
	s.Wipe()
	if !s.Password.IsZero() || !s.TOTP.IsZero() || s.OTPCommand.Words()[0] != "" {
		t.Error("secrets outlive Wipe")
	}
}

func TestLoadEnvironmentAndKeychain(t *testing.T) {
	dir := t.TempDir()
	secretFile := writeFile(t, dir, "password", "Sentinel-pass\n")
	environ := []string{"GCKEY_USERNAME=Sentinel-user", "GCKEY_PASSWORD_FILE=" + secretFile, "IRCC_EMPLOYER=Example", "PATH=/bin"}
	s, err := Load(t.Context(), LoadOptions{File: filepath.Join(dir, ".env"), Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != SourceEnvironment || s.File != "" || s.Username.Reveal() != "Sentinel-user" || s.Password.Reveal() != "Sentinel-pass" || s.Employer != "Example" {
		t.Error("environment read wrongly")
	}
	if diff := cmp.Diff([]string{"GCKEY_PASSWORD_FILE", "GCKEY_USERNAME", "IRCC_EMPLOYER"}, Exported(environ)); diff != "" {
		t.Error(diff)
	}

	chain := memoryKeychain{"Maple": {"GCKEY_USERNAME": New("Sentinel-user"), "GCKEY_PASSWORD": New("Sentinel-chain")}}
	// A settings file found by default gives way, but for the settings of the program.
	byDefault := writeFile(t, dir, "default.env", "GCKEY_USERNAME='other'\nGCKEY_PASSWORD='other'\nIRCCPIN_HEADLESS='true'\n")
	s, err = Load(t.Context(), LoadOptions{File: byDefault, Employer: "Maple", Keychain: chain})
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != SourceKeychain || s.Password.Reveal() != "Sentinel-chain" || s.Program["IRCCPIN_HEADLESS"].Reveal() != "true" {
		t.Error("keychain read wrongly")
	}
	chain["Odd"] = Document{"GCKEY_USERNAM": New("Sentinel"), "GCKEY_USERNAME": New("a"), "GCKEY_PASSWORD": New("b")}
	_, err = Load(t.Context(), LoadOptions{Employer: "Odd", Keychain: chain})
	if diff := cmp.Diff([]string{"GCKEY_USERNAM@0: in the keychain: is not a setting"}, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
	_, err = Load(t.Context(), LoadOptions{Employer: "Nobody", Keychain: chain})
	if !errors.Is(err, ErrNotInKeychain) || !strings.Contains(err.Error(), `"Nobody"`) {
		t.Errorf("unknown employer: %v", err)
	}
	_, err = Load(t.Context(), LoadOptions{Employer: "Maple"})
	if !errors.Is(err, ErrKeychainUnavailable) {
		t.Errorf("no keychain: %v", err)
	}
}

func TestSourcesAreNotMixed(t *testing.T) {
	path := writeFile(t, t.TempDir(), ".env", "GCKEY_USERNAME='Sentinel-user'\nGCKEY_PASSWORD='Sentinel-pass'\n")
	chain := memoryKeychain{"Maple": {"GCKEY_USERNAME": New("Sentinel-user"), "GCKEY_PASSWORD": New("Sentinel-pass")}}
	stray := []string{"GCKEY_PASSWORD_COMMAND=Sentinel-prog", "IRCC_EMPLOYER=Sentinel"}
	for name, c := range map[string]struct {
		options LoadOptions
		want    []string
	}{
		"file and environment": {
			LoadOptions{File: path, Environ: stray},
			[]string{"the settings file (GCKEY_PASSWORD, GCKEY_USERNAME)", "the process environment (GCKEY_PASSWORD_COMMAND, IRCC_EMPLOYER)"},
		},
		"keychain and environment": {
			LoadOptions{Employer: "Maple", Keychain: chain, Environ: stray},
			[]string{"the process environment (GCKEY_PASSWORD_COMMAND, IRCC_EMPLOYER)", "the keychain (GCKEY_PASSWORD, GCKEY_USERNAME)"},
		},
		"named file and keychain": {
			LoadOptions{File: path, FileRequired: true, Employer: "Maple", Keychain: chain},
			[]string{"the settings file (GCKEY_PASSWORD, GCKEY_USERNAME)", "the keychain (GCKEY_PASSWORD, GCKEY_USERNAME)"},
		},
	} {
		c.options.Run = noCommands(t)
		_, err := Load(t.Context(), c.options)
		if got := complaints(t, err); len(got) != 1 || !strings.Contains(got[0], "more than one place: "+strings.Join(c.want, " and ")) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestProblemsAreListedAtOnce(t *testing.T) {
	long := strings.Repeat("Sentinel", 32)
	path := writeFile(t, t.TempDir(), ".env", `GCKEY_USERNAME=Sentinel # me
GCKEY_TOTP_SECRET_FILE='a'
GCKEY_TOTP_SECRET_COMMAND='b | Sentinel'
GCKEY_OTP_COMMAND='$(Sentinel)'
IRCC_QUESTION_1='One?'
IRCC_ANSWER_2='Sentinel'
IRCC_QUESTION_3='Three?'
IRCC_ANSWER_3='`+long+`'
IRCC_QUESTION_4=' three ? '
IRCC_ANSWER_4='Sentinel'
GCKEY_OTP_IMAP_URL='imap://u@example.com'
OTHER_KEY='Sentinel'
`)
	_, err := Load(t.Context(), LoadOptions{File: path, Run: noCommands(t)})
	want := []string{
		"GCKEY_USERNAME@1: has a # after white space, which dotenv takes as a comment",
		"GCKEY_TOTP_SECRET_COMMAND@3: the same secret is given in several ways: GCKEY_TOTP_SECRET_FILE, GCKEY_TOTP_SECRET_COMMAND",
		"GCKEY_TOTP_SECRET_COMMAND@3: is not a command that can be run: it uses one of | & ; < > ( ), and there is no shell to carry that out; put it into a script and name the script",
		"GCKEY_OTP_COMMAND@4: is not a command that can be run: it uses $ or a backquote, and there is no shell to substitute; put them into single quotes if they are meant as text",
		"IRCC_QUESTION_1@5: has no answer: IRCC_ANSWER_1 is missing",
		"IRCC_ANSWER_2@6: has no question: IRCC_QUESTION_2 is missing",
		"IRCC_QUESTION_4@9: is the same question as IRCC_QUESTION_3",
		"GCKEY_OTP_IMAP_URL@11: is not an imaps:// URL; mail is read over TLS only",
		"OTHER_KEY@12: is not a setting",
		"GCKEY_PASSWORD@0: is missing",
		"GCKEY_OTP_IMAP_PASSWORD@0: is missing, while GCKEY_OTP_IMAP_URL is given",
	}
	if diff := cmp.Diff(want, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(err.Error(), "bad settings, 11 problems:\n  "+path+":1: GCKEY_USERNAME: ") {
		t.Errorf("unclear: %v", err)
	}
}

func TestProblemsOfValues(t *testing.T) {
	for text, want := range map[string]string{
		"GCKEY_TOTP_SECRET='123456'":                                             "GCKEY_TOTP_SECRET@3: is not an authenticator secret: it is not base32, which has the letters A to Z and the digits 2 to 7 only",
		"GCKEY_TOTP_SECRET='otpauth://totp/a?digits=8&secret=A'":                 "GCKEY_TOTP_SECRET@3: is not an authenticator secret: the otpauth:// URI asks for other than 6 digits; the portal takes 6",
		"IRCC_QUESTION_1='Q?'\nIRCC_ANSWER_1='" + strings.Repeat("😀", 128) + "'": "IRCC_ANSWER_1@4: is longer than the 255 characters that the portal's field takes",
		"GCKEY_OTP_IMAP_PASSWORD='Sentinel'":                                     "GCKEY_OTP_IMAP_URL@0: is missing, while GCKEY_OTP_IMAP_PASSWORD is given",
		"GCKEY_OTP_COMMAND=''":                                                   "",
		"IRCC_QUESTION_1='Q?'\nIRCC_ANSWER_1='" + strings.Repeat("é", 255) + "'": "",
	} {
		_, err := Load(t.Context(), LoadOptions{File: writeFile(t, t.TempDir(), ".env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD=b\n"+text+"\n"), Run: noCommands(t)})
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
		} else if got := complaints(t, err); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	// An environment can hold what a line of a file cannot.
	_, err := Load(t.Context(), LoadOptions{Environ: []string{"GCKEY_USERNAME=Sentinel\nx", "GCKEY_PASSWORD=Sentinel\xff", "IRCC_EMPLOYER=Sentinel\x01"}})
	want := []string{"GCKEY_USERNAME@0: has more than one line", "GCKEY_PASSWORD@0: is not valid UTF-8", "IRCC_EMPLOYER@0: holds a control character"}
	if diff := cmp.Diff(want, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestParseIMAP(t *testing.T) {
	for raw, want := range map[string]IMAP{
		"imaps://u@mail.example.com":                  {User: "u", Host: "mail.example.com", Port: "993", Folder: "INBOX"},
		"imaps://u%40example.com@mail.example.com/":   {User: "u@example.com", Host: "mail.example.com", Port: "993", Folder: "INBOX"},
		"imaps://u@mail.example.com:1993/A%20b/C":     {User: "u", Host: "mail.example.com", Port: "1993", Folder: "A b/C"},
		"imaps://u@example.com@mail.example.com/IRCC": {User: "u@example.com", Host: "mail.example.com", Port: "993", Folder: "IRCC"},
	} {
		got, err := parseIMAP(raw)
		if err != nil || got.User != want.User || got.Host != want.Host || got.Port != want.Port || got.Folder != want.Folder {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	for raw, want := range map[string]string{
		"mail.example.com": "not an imaps", "imaps://mail.example.com": "lacks a user", "imaps://u@": "lacks a user or a host",
		"imaps://u:Sentinel@mail.example.com": "holds a password", "imaps://u@h/f?Sentinel": "behind the folder", "imaps://u@h:Sentinel/": "not a URL",
	} {
		if _, err := parseIMAP(raw); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Sentinel") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	absent := filepath.Join(dir, ".env")
	_, err := Load(t.Context(), LoadOptions{File: absent})
	if diff := cmp.Diff([]string{"GCKEY_USERNAME@0: is missing", "GCKEY_PASSWORD@0: is missing"}, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(err.Error(), absent+": GCKEY_USERNAME: is missing (set GCKEY_USERNAME, GCKEY_USERNAME_FILE or GCKEY_USERNAME_COMMAND)") {
		t.Errorf("unclear: %v", err)
	}
	if s, err := Load(t.Context(), LoadOptions{File: absent, Attended: true}); err != nil || s.Source != SourceNone || !s.Username.IsZero() {
		t.Errorf("attended without settings: %v", err)
	}
	_, err = Load(t.Context(), LoadOptions{File: absent, FileRequired: true, Attended: true})
	if diff := cmp.Diff([]string{"@0: the settings file cannot be used: it does not exist"}, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
	_, err = Load(t.Context(), LoadOptions{File: dir, FileRequired: true})
	if diff := cmp.Diff([]string{"@0: the settings file cannot be used: it is not a regular file"}, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
	big := writeFile(t, dir, "big", strings.Repeat("#", maxSettingsSize+1))
	_, err = Load(t.Context(), LoadOptions{File: big, FileRequired: true})
	if diff := cmp.Diff([]string{"@0: the settings file cannot be used: it is larger than 1024 KiB"}, complaints(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestLoadProgram(t *testing.T) {
	path := writeFile(t, t.TempDir(), ".env", "GCKEY_PASSWORD_COMMAND='never run'\nIRCCPIN_STATE_DIR='a b'\nIRCCPIN_TIMEOUT=5m\n")
	got, err := LoadProgram(LoadOptions{File: path, Run: noCommands(t)})
	if err != nil || got["IRCCPIN_STATE_DIR"].Reveal() != "a b" || len(got) != 2 {
		t.Errorf("got %v, %v", slices.Sorted(maps.Keys(got)), err)
	}
	if _, err := LoadProgram(LoadOptions{File: writeFile(t, t.TempDir(), ".env", "NOPE_NOPE=1\n")}); err == nil {
		t.Error("a foreign key is accepted")
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"Sentinel":           "Sentinel",
		"Sentinel\n":         "Sentinel",
		"Sentinel\r\n":       "Sentinel",
		" $Sen 'tinel\\# \n": " $Sen 'tinel\\# ",
	} {
		writeFile(t, dir, "secrets/password", content)
		path := writeFile(t, dir, ".env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD_FILE='secrets/password'\n")
		s, err := Load(t.Context(), LoadOptions{File: path})
		if err != nil || s.Password.Reveal() != want {
			t.Errorf("%q: %v", content, err)
		}
	}
	for content, want := range map[string]string{
		"":                                    "the file that it names is empty",
		"\n":                                  "the file that it names is empty",
		"Sentinel\n\n":                        "the file that it names has more than one line",
		"Sentinel\nx\n":                       "the file that it names has more than one line",
		"\ufeffSentinel":                      "the file that it names starts with a byte order mark (BOM)",
		"\xff\xfeS\x00":                       "the file that it names starts with a byte order mark (BOM)",
		"Sentinel\xff":                        "the file that it names is not valid UTF-8",
		"Sentinel\x00":                        "the file that it names holds a control character",
		string(make([]byte, maxSecretSize+1)): "the file that it names cannot be used: it is larger than 64 KiB",
	} {
		writeFile(t, dir, "secrets/password", content)
		_, err := Load(t.Context(), LoadOptions{File: filepath.Join(dir, ".env")})
		if got := complaints(t, err); !slices.Equal(got, []string{"GCKEY_PASSWORD_FILE@2: " + want}) {
			t.Errorf("%.20q: %v", content, got)
		}
	}
	for name, want := range map[string]string{
		"Sentinel-not-a-file": "the file that it names cannot be used: it does not exist",
		"secrets":             "the file that it names cannot be used: it is not a regular file",
		"~/Sentinel":          "starts with ~, which is not expanded",
	} {
		path := writeFile(t, dir, ".env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD_FILE='"+name+"'\n")
		_, err := Load(t.Context(), LoadOptions{File: path})
		if got := complaints(t, err); !slices.Equal(got, []string{"GCKEY_PASSWORD_FILE@2: " + want}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSecretCommands(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, ".env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD_COMMAND='pass show \"my gckey\"'\n")
	environ := []string{
		"PATH=/bin", "HOME=/h", "LANG=fr_CA", "SSH_AUTH_SOCK=/s", "XDG_RUNTIME_DIR=/x", "DBUS_SESSION_BUS_ADDRESS=d",
		"AWS_SECRET=s", "OP_SESSION_x=s", "IRCCPIN_DATABASE_URL=s", "PATHOLOGY=s", "XDG_ANY=s",
	}
	answer, failure := "", error(nil)
	run := func(_ context.Context, in Invocation) ([]byte, error) {
		if diff := cmp.Diff(Invocation{Words: []string{"pass", "show", "my gckey"}, Environ: environ[:6], Dir: dir}, in); diff != "" {
			t.Error(diff)
		}
		return []byte(answer), failure
	}
	for _, output := range []string{"Sentinel", "Sentinel\n", "Sentinel\r\n\n"} {
		answer = output
		s, err := Load(t.Context(), LoadOptions{File: path, Environ: environ, Run: run})
		if err != nil || s.Password.Reveal() != "Sentinel" {
			t.Errorf("%q: %v", output, err)
		}
	}
	for output, want := range map[string]string{
		"": "its output is empty", "\n": "its output is empty", "Sentinel\nuser: x\n": "its output has more than one line",
	} {
		answer = output
		_, err := Load(t.Context(), LoadOptions{File: path, Environ: environ, Run: run})
		if got := complaints(t, err); !slices.Equal(got, []string{"GCKEY_PASSWORD_COMMAND@2: the command gave no secret: " + want}) {
			t.Errorf("%q: %v", output, got)
		}
	}
	answer, failure = "Sentinel", errors.New("it failed (exit status 2); run it in a terminal to see why")
	_, err := Load(t.Context(), LoadOptions{File: path, Environ: environ, Run: run})
	if got := complaints(t, err); len(got) != 1 || !strings.HasSuffix(got[0], "it failed (exit status 2); run it in a terminal to see why") || !errors.Is(err, failure) {
		t.Errorf("failed command: %v", got)
	}
}

// A command that never ends is given up after its time, without waiting for it here.
func TestSecretCommandTimesOut(t *testing.T) {
	path := writeFile(t, t.TempDir(), ".env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD_COMMAND=hang\n")
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		run := func(ctx context.Context, _ Invocation) ([]byte, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		_, err := Load(t.Context(), LoadOptions{File: path, Run: run})
		want := []string{"GCKEY_PASSWORD_COMMAND@2: the command gave no secret: it did not end within 30s"}
		if diff := cmp.Diff(want, complaints(t, err)); diff != "" {
			t.Error(diff)
		}
		if waited := time.Since(start); waited != CommandTimeout {
			t.Errorf("given up after %v", waited)
		}
	})
}

func TestOTPCommand(t *testing.T) {
	path := writeFile(t, t.TempDir(), ".env", "GCKEY_USERNAME=a\nGCKEY_PASSWORD=b\nGCKEY_OTP_COMMAND='otp -x'\n")
	s, err := Load(t.Context(), LoadOptions{File: path, Run: noCommands(t)})
	if err != nil {
		t.Fatal(err)
	}
	code, err := s.OTPCommand.Output(t.Context(), func(_ context.Context, in Invocation) ([]byte, error) {
		return []byte("123456\n"), nil
	}, nil)
	if err != nil || code.Reveal() != "123456" {
		t.Errorf("code: %v", err)
	}
	if _, err := (Command{}).Output(t.Context(), noCommands(t), nil); err == nil {
		t.Error("a missing command gives a code")
	}
}
