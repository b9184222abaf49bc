package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"irccpin/fixtures"
	"irccpin/fixtures/leaks"
)

// The redaction proof: the program is run with secrets that nothing else looks
// like, through all its commands and to many ends, and every byte that it wrote
// is searched for them, in any form. That the search finds what there is to find
// is proved in package fixtures/leaks, and in automation's TestEchoes, which
// runs it with the redactor switched off.

// sentinels is an account whose secrets are as odd as the portal's fields take
// them: sixteen characters on GCKey's page, windows-1252 in an answer.
func sentinels(username string, second fixtures.TwoFactor) fixtures.Account {
	a := fixtures.DefaultAccount("en")
	a.Username, a.TwoFactor = username, second
	a.Password = `Zq7"&<x>%+ w\rd$`
	a.TOTPSecret = "ZQSENTINELTOTPKEYXYZ234567ZQXYZ2"
	for i := range a.Questions {
		a.Questions[i].Answer = fmt.Sprintf("Zq Réponse «%d» & <Co> %d", i, 4471+i)
	}
	a.Users = []fixtures.User{
		{GivenName: "Jorge", FamilyName: "Rivera", Email: "jorge.rivera@example.com", PIN: "Zq7TsP"},
		{GivenName: "Amina", FamilyName: "Haddad", Email: "amina@example.com", PIN: "bQ4mXz"},
	}
	return a
}

// proof is a portal, a home for the program, and what it wrote.
type proof struct {
	t       *testing.T
	portal  *fixtures.Portal
	account string
	binary  string
	// home is searched; the settings and chosen outputs lie in private, which is not.
	home, private string
	environ       []string
	began         time.Time
	calls         int
	// roster has one row, of the employer.
	roster string
	// everybody are the PINs of all users, also of those that were deleted.
	everybody map[string]string
}

func newProof(t *testing.T, account fixtures.Account) *proof {
	t.Helper()
	portal, err := fixtures.Start(fixtures.Options{Seed: 11, Light: true, Accounts: []fixtures.Account{account}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := portal.Close(); err != nil {
			t.Error(err)
		}
	})
	binary, err := exec.LookPath("irccpin") // put on the PATH by TestMain
	if err != nil {
		t.Fatal(err)
	}
	p := &proof{t: t, portal: portal, account: account.Username, binary: binary, home: t.TempDir(), private: t.TempDir(), began: time.Now(), everybody: map[string]string{}}
	env := filepath.Join(p.private, "employer.env")
	if err := portal.WriteEnvFile(env, account.Username); err != nil {
		t.Fatal(err)
	}
	p.roster = filepath.Join(p.private, "roster.csv")
	roster := "employer,env_file,given_name,family_name,email,authorized_by\nNorthern Lantern,employer.env,Fola,Okafor,fola@example.com,Rosa Delgado\n"
	if err := os.WriteFile(p.roster, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(p.home, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	p.environ = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "TMPDIR=" + tmp, "LANG=C.UTF-8", "IRCCPIN_STATE_DIR=" + filepath.Join(p.home, "state"),
		"IRCCPIN_ENV_FILE=" + env, "IRCCPIN_SIMULATOR=" + portal.Addr, "IRCCPIN_SIMULATOR_SPKI=" + portal.SPKI, "IRCCPIN_SETTLE=1s",
	}
	return p
}

// withoutCode lets a sign-in go without a passcode of the app: one counts once,
// and the next is half a minute away.
const withoutCode = "2fa-off"

func (p *proof) misbehave(name string) {
	p.t.Helper()
	if err := p.portal.Misbehave(fixtures.Misbehaviour{Name: name}); err != nil {
		p.t.Fatal(err)
	}
}

// secrets are those that nobody may see anywhere; pins, those that a command may
// print.
func (p *proof) secrets() (secrets, pins map[string]string) {
	secrets, pins = map[string]string{}, map[string]string{}
	for _, a := range p.portal.Accounts() {
		secrets["username"], secrets["password"] = a.Username, a.Password
		if a.TwoFactor == fixtures.TwoFactorApp {
			secrets["authenticator secret"] = a.TOTPSecret
			for at := p.began.Add(-30 * time.Second); at.Before(time.Now().Add(60 * time.Second)); at = at.Add(30 * time.Second) {
				secrets[fmt.Sprintf("passcode of %s", at.Format("15:04:05"))] = appCode(p.t, a.TOTPSecret, at)
			}
		}
		for i, q := range a.Questions {
			secrets[fmt.Sprintf("answer %d", i+1)] = q.Answer
		}
		for _, u := range a.Users {
			p.everybody["PIN of "+u.GivenName] = u.PIN
		}
	}
	maps.Copy(pins, p.everybody)
	for i, mail := range p.portal.Witness().Mails {
		secrets[fmt.Sprintf("mailed passcode %d", i+1)] = mail.Code
	}
	return secrets, pins
}

// call is one command line, and what is known of its end.
type call struct {
	args []string
	exit int
	// showsPIN says that a PIN is to be on stdout.
	showsPIN bool
	// environ is added to the program's.
	environ []string
	// meanwhile runs beside the program, and gets its process id.
	meanwhile func(ctx context.Context, pid int)
}

// run runs the program and searches what it wrote: stdout, stderr, its command
// line's own home, and the state directory with runs and database. It returns
// stdout.
func (p *proof) run(c call) string {
	p.t.Helper()
	p.calls++
	cmd := exec.CommandContext(p.t.Context(), p.binary, c.args...)
	cmd.Dir, cmd.Env = p.home, slices.Concat(p.environ, c.environ)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c.meanwhile != nil {
			c.meanwhile(ctx, cmd.Process.Pid)
		}
	}()
	_ = cmd.Wait() // its exit code is looked at
	stop()
	<-done
	name := strings.Join(c.args, " ")
	if got := cmd.ProcessState.ExitCode(); got != c.exit && c.exit != anyExit {
		p.t.Errorf("irccpin %s ended with %d, want %d:\n%s%s", name, got, c.exit, &stdout, &stderr)
	}

	secrets, pins := p.secrets()
	everything := maps.Clone(secrets)
	maps.Copy(everything, pins)
	search := leaks.For(everything)
	found := search.In("stderr", stderr.Bytes())
	if c.showsPIN {
		found = append(found, leaks.For(secrets).In("stdout", stdout.Bytes())...)
		if leaks.For(pins).In("stdout", stdout.Bytes()) == nil {
			p.t.Errorf("irccpin %s shows no PIN: %s", name, &stdout)
		}
	} else {
		found = append(found, search.In("stdout", stdout.Bytes())...)
	}
	under, err := search.Under(p.home)
	if err != nil {
		p.t.Error(err)
	}
	for _, leak := range append(found, under...) {
		p.t.Errorf("irccpin %s: %s", name, leak)
	}
	return stdout.String()
}

// looking are the commands that read what was kept.
func (p *proof) looking() []call {
	var calls []call
	for _, args := range [][]string{
		{"runs", "list"},
		{"runs", "list", "--json"},
		{"runs", "show"},
		{"runs", "show", "--json", "--verbose"},
		{"runs", "show", "--html"},
		{"runs", "show", "--html", "--out", filepath.Join(p.home, fmt.Sprintf("report-%d.html", p.calls))},
		{"runs", "export"},
		{"runs", "export", "--json"},
		{"credentials", "list"},
		{"credentials", "list", "--json"},
		{"ledger", "backup"},
		{"doctor"},
		{"doctor", "--json", "--verbose"},
	} {
		calls = append(calls, call{args: args})
	}
	return calls
}

// look lets every command that reads what was kept show it.
func (p *proof) look() {
	p.t.Helper()
	for _, c := range p.looking() {
		p.run(c)
	}
}

func create(given string, more ...string) []string {
	return append([]string{"create", "--given-name", given, "--family-name", "Okafor", "--email", strings.ToLower(given) + "@example.com", "--authorized-by", "Rosa Delgado"}, more...)
}

// full makes the proof go through everything that the simulated portal can do;
// without it, through a few of each kind.
func full() bool { return os.Getenv("IRCCPIN_TEST_REDACTION") == "full" }

// working are the commands that open the portal, and what follows from them.
func (p *proof) working() []call {
	out := func(name string) string { return filepath.Join(p.private, name) }
	return []call{
		{args: []string{"list", "--show-pins", "--json"}, showsPIN: true},
		{args: []string{"pin", "--email", "amina@example.com", "--verbose"}, showsPIN: true},
		{args: create("Dana", "--dry-run", "--json", "--verbose")},
		{args: create("Ebele", "--json", "--out", out("ebele.json"), "--out-command", "true")},
		// The user is there now, and the PIN reaches nobody.
		{args: create("Ebele", "--out-command", "false"), exit: 16},
		{args: []string{"pin", "--given-name", "Nobody", "--family-name", "Here"}, exit: 14},
		{args: []string{"delete", "--email", "jorge.rivera@example.com", "--confirm", "--json", "--verbose"}},
		{args: []string{"credentials", "release", "--all"}},
		{args: []string{"ledger", "backup", "--out", filepath.Join(p.home, "backup.jsonl")}},
		{args: []string{"ledger", "restore", filepath.Join(p.home, "backup.jsonl")}, exit: 15},
		{args: []string{"ledger", "prune"}},
		{args: []string{"capture", "--signed-in", "--to", filepath.Join(p.home, "captured"), "--verbose"}},
		{args: []string{"replay", filepath.Join(p.home, "captured")}, exit: anyExit},
		{args: []string{"batch", "create", p.roster, "--out", out("created.csv"), "--start-pause", "0s"}},
		{args: []string{"batch", "pins", p.roster, "--json", "--start-pause", "0s"}, showsPIN: true},
		{args: []string{"schedule", "add", "spring", "--every", "6h", "--roster", p.roster, "--out", out("spring.csv"), "--notify-command", "tee " + filepath.Join(p.home, "told.json")}},
		{args: []string{"schedule", "pause", "spring"}},
		{args: []string{"schedule", "resume", "spring"}},
		{args: []string{"schedule", "run", "spring"}},
		{args: []string{"worker", "--start-pause", "0s", "--verbose"}, meanwhile: p.untilDelivered(out("spring.csv"))},
		{args: []string{"schedule", "list", "--json"}},
		{args: []string{"schedule", "remove", "spring"}},
	}
}

// untilDelivered interrupts a worker as soon as its file has a PIN in it.
func (p *proof) untilDelivered(file string) func(context.Context, int) {
	return func(ctx context.Context, pid int) {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			text, _ := os.ReadFile(file)
			_, pins := p.secrets()
			if len(leaks.For(pins).In(file, text)) > 0 {
				break
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		if worker, err := os.FindProcess(pid); err == nil {
			_ = worker.Signal(os.Interrupt)
		}
	}
}

// TestRedactionOfCommands runs every command that ends well.
func TestRedactionOfCommands(t *testing.T) {
	p := newProof(t, sentinels("ZqSentinelUser77", fixtures.TwoFactorApp))
	p.run(call{args: []string{"list", "--verbose"}})
	p.misbehave(withoutCode)
	ebele := ""
	for _, c := range p.working() {
		p.run(c)
		if users := p.portal.Accounts()[0].Users; len(users) > 2 && ebele == "" {
			ebele = users[2].PIN
		}
	}
	if text, err := os.ReadFile(filepath.Join(p.private, "ebele.json")); err != nil || ebele == "" || !bytes.Contains(text, []byte(ebele)) {
		t.Errorf("the PIN is not in the chosen output: %s, %v", text, err)
	}
	p.look()
}

// TestRedactionIsOfEveryCommand: a command that is new is proved as well, or it
// is said why it needs no proof.
func TestRedactionIsOfEveryCommand(t *testing.T) {
	unproved := map[string]string{
		"demo":              "knows no secrets but those that it made up",
		"simulate":          "is the portal, not its client",
		"help":              "says what is written in the program",
		"completion":        "says what is written in the program",
		"version":           "says what is written in the program",
		"batch template":    "writes the names of columns",
		"credentials store": "is proved by TestStoreAtATerminal",
	}
	var p proof
	calls := append(p.working(), p.looking()...)
	var walk func(before string, commands []*cli.Command)
	walk = func(before string, commands []*cli.Command) {
		for _, c := range commands {
			name := strings.TrimSpace(before + " " + c.Name)
			if len(c.Subcommands) > 0 {
				walk(name, c.Subcommands)
				continue
			}
			words := strings.Fields(name)
			proved := slices.ContainsFunc(calls, func(c call) bool { return len(c.args) >= len(words) && slices.Equal(c.args[:len(words)], words) })
			if _, known := unproved[name]; proved == known {
				t.Errorf("irccpin %s is not run by the redaction proof. Add it to working or looking, or say in unproved why not", name)
			}
		}
	}
	walk("", (&program{out: io.Discard, err: io.Discard, now: time.Now, columns: func() int { return 80 }}).app().Commands)
}

// TestRedactionOfEndings drives the program to many ends, among them every one
// that quotes the portal.
func TestRedactionOfEndings(t *testing.T) {
	names := map[string]int{ // and their exit codes
		"wrong-credentials": 5, "2fa-wrong-code": 5, "wrong-answer": 5, "create-validation-error": 14, "hostile-question": 12, "http-500": 10,
	}
	if full() {
		names = map[string]int{}
		for _, m := range fixtures.Misbehaviours() {
			names[m.Name] = anyExit
		}
	}
	p := newProof(t, sentinels("ZqSentinelUser77", fixtures.TwoFactorApp))
	for i, name := range slices.Sorted(maps.Keys(names)) {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.portal.Reset()
			p.misbehave(name)
			if !strings.HasPrefix(name, "2fa") {
				p.misbehave(withoutCode)
			}
			args := create(fmt.Sprintf("Gita%c", 'a'+i%26), "--verbose", "--out", filepath.Join(p.private, name+".json"))
			if i%2 == 0 {
				args = append(args, "--json")
			}
			p.run(call{args: args, exit: names[name]})
			if full() || i == 0 {
				p.look()
			}
			p.run(call{args: []string{"credentials", "release", "--all", "--json"}})
		})
	}
	if !full() {
		return
	}
	for i, kind := range fixtures.FaultKinds() {
		t.Run("fault "+string(kind), func(t *testing.T) {
			p.t = t
			p.portal.Reset()
			p.misbehave(withoutCode)
			if err := p.portal.Fault(fixtures.Fault{Kind: kind, Page: fixtures.PageCreate, Method: "POST", Acted: i%2 == 0, Delay: time.Second}); err != nil {
				t.Fatal(err)
			}
			args := create(fmt.Sprintf("Hana%c", 'a'+i%26), "--verbose", "--json", "--out", filepath.Join(p.private, "fault-"+string(kind)+".json"))
			p.run(call{args: args, exit: anyExit})
			p.look()
			p.run(call{args: []string{"credentials", "release", "--all"}})
		})
	}
}

// anyExit lets a command end as it likes.
const anyExit = -1

// TestRedactionOfMailedPasscode: a passcode that a command prints is typed, and
// told nobody.
func TestRedactionOfMailedPasscode(t *testing.T) {
	p := newProof(t, sentinels("ZqSentinelMail77", fixtures.TwoFactorEmail))
	code := filepath.Join(p.private, "code")
	script := filepath.Join(p.private, "passcode.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nwhile [ ! -s "+code+" ]; do sleep 0.05; done\ncat "+code+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "GCKEY_OTP_COMMAND='%s'\n", script)
	env, err := os.OpenFile(filepath.Join(p.private, "employer.env"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.WriteString(lines.String()); err != nil {
		t.Fatal(err)
	}
	if err := env.Close(); err != nil {
		t.Fatal(err)
	}
	// The mail comes while the program waits for the command.
	deliver := func(ctx context.Context, _ int) {
		for {
			if mails := p.portal.Witness().Mails; len(mails) > 0 {
				if err := os.WriteFile(code+".new", []byte(mails[len(mails)-1].Code+"\n"), 0o600); err != nil {
					t.Error(err)
				}
				if err := os.Rename(code+".new", code); err != nil {
					t.Error(err)
				}
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	p.run(call{args: []string{"list", "--json", "--verbose"}, meanwhile: deliver})
	if err := os.Remove(code); err != nil {
		t.Fatal(err)
	}
	p.misbehave("2fa-wrong-code")
	before := len(p.portal.Witness().Mails)
	p.run(call{args: []string{"list", "--verbose"}, exit: 5, meanwhile: func(ctx context.Context, pid int) {
		for len(p.portal.Witness().Mails) == before {
			select {
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
		deliver(ctx, pid)
	}})
	p.run(call{args: []string{"credentials", "list"}})
	p.run(call{args: []string{"runs", "show", "--html"}})
}

// TestRedactionOfBadSettings: what is wrong with a settings file is told without
// its values.
func TestRedactionOfBadSettings(t *testing.T) {
	p := newProof(t, sentinels("ZqSentinelUser77", fixtures.TwoFactorApp))
	const password = `Zq7Password-$HOME`
	search := leaks.For(map[string]string{"password": password, "name of a secret": "ZqSentinelUser77"})
	for name, text := range map[string]string{
		"a dollar":         "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD=" + password + "\n",
		"no equals sign":   "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD " + password + "\n",
		"an open quote":    "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD='" + password + "\n",
		"an unknown key":   "GCKEY_USERNAME=ZqSentinelUser77\n" + password + "=x\n",
		"a mistyped key":   "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWROD='" + password + "'\n",
		"a file for value": "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD_FILE='" + password + "'\n",
		"a bad command":    "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD_COMMAND='false " + password + "'\n",
		"a bad secret":     "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD='" + password + "'\nGCKEY_TOTP_SECRET='" + password + "'\n",
		"a bad mailbox":    "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD='x'\nGCKEY_OTP_IMAP_URL='imaps://u:" + password + "@h'\nGCKEY_OTP_IMAP_PASSWORD='x'\n",
		"a bad database":   "GCKEY_USERNAME=ZqSentinelUser77\nGCKEY_PASSWORD='x'\nIRCCPIN_DATABASE_URL='mysql://u:" + password + "@h'\n",
	} {
		t.Run(name, func(t *testing.T) {
			env := filepath.Join(t.TempDir(), "bad.env")
			if err := os.WriteFile(env, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"list", "--env-file", env, "--json"}, {"list", "--env-file", env, "--verbose"}, {"doctor", "--env-file", env}} {
				cmd := exec.Command(p.binary, args...)
				cmd.Dir, cmd.Env = p.home, p.environ
				output, err := cmd.CombinedOutput()
				if cmd.ProcessState.ExitCode() != 2 {
					t.Errorf("%s ended with %v: %s", args[0], err, output)
				}
				for _, leak := range search.In(args[0], output) {
					t.Errorf("%s: %s", leak, output)
				}
				if args[2] == "--json" && !json.Valid(output) {
					t.Errorf("not a document: %s", output)
				}
			}
		})
	}
	if entries, err := os.ReadDir(filepath.Join(p.home, "state", "browsers")); err == nil && len(entries) > 0 {
		t.Error("a browser was started")
	}
}

// appCode is what an authenticator app shows at a moment (RFC 6238).
func appCode(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, uint64(at.Unix()/30)) // a hash takes everything
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:])&0x7fffffff%1_000_000)
}
