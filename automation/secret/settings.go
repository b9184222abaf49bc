package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"irccpin/automation/lang"
)

// Source says where the settings of an employer came from.
type Source string

const (
	SourceNone        Source = ""            // no settings of an employer were found
	SourceFile        Source = "file"        // a settings file
	SourceEnvironment Source = "environment" // the process environment
	SourceKeychain    Source = "keychain"    // the system's keychain
)

// LoadOptions say where to look for the settings of one employer.
type LoadOptions struct {
	// File is the settings file; "" for none. Paths in it are relative to its directory.
	File string
	// FileRequired makes it an error that File does not exist: the user named it.
	FileRequired bool
	// Environ is the process environment as os.Environ gives it: a possible source, and what commands may see a part of.
	Environ []string
	// Employer takes the secrets from Keychain under this name, instead of a settings file that was only found by
	// default. With FileRequired the two are a mix, which is refused.
	Employer string
	// Keychain is used with Employer only.
	Keychain Keychain
	// Run runs the commands of KEY_COMMAND settings; nil means [RunCommand].
	Run CommandRunner
	// Attended lets user name and password be absent: a person signs in.
	Attended bool
	// Unasked leaves the commands of the settings alone, and takes whatever they would print for good.
	Unasked bool
	// ProgramKeys are the IRCCPIN_* names that a file may hold; nil allows any.
	ProgramKeys []string
}

// Settings are the settings of one employer. They format as [Redacted] as a whole.
type Settings struct {
	Source Source
	File   string // the settings file, if one was read, whatever the source

	Username       Value
	Password       Value
	TOTP           TOTP
	TOTPSecret     Value   // as given: what TOTP was made from
	OTPCommand     Command // prints the current passcode
	Questions      Questions
	IMAP           IMAP
	Employer       string // the name for reports, or ""
	BusinessNumber string // or ""
	EmployerNumber string // or ""

	keychain string // the name in the keychain, if they come from there

	// Program holds the IRCCPIN_* settings of the file, secret since the URL of a database can hold a password. Flags and
	// the environment go before them.
	Program map[string]Value
}

// IMAP is the mailbox that receives e-mailed passcodes. Its zero value means none.
type IMAP struct {
	User     string
	Host     string
	Port     string // "993" unless the URL names another
	Folder   string // "INBOX" unless the URL names another
	Password Value
}

// IsZero reports whether no mailbox is set.
func (m IMAP) IsZero() bool { return m.Host == "" }

// Origin is what a person knows the settings by, for questions: the name in the keychain, or the file's.
func (s *Settings) Origin() string {
	switch s.Source {
	case SourceKeychain:
		return s.keychain
	case SourceFile:
		return filepath.Base(s.File)
	}
	return ""
}

// Format implements [fmt.Formatter].
func (s Settings) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(Redacted)) }

// Secrets returns every secret of the settings under its kind, for a [Redactor].
func (s *Settings) Secrets() []Kinded {
	all := []Kinded{{"username", s.Username}, {"password", s.Password}, {"totp-secret", s.TOTPSecret}, {"totp-secret", s.TOTP.key}}
	if !s.TOTP.IsZero() {
		all = append(all, Kinded{"totp-secret", s.TOTP.base32()})
	}
	for _, q := range s.Questions {
		all = append(all, Kinded{"answer", q.Answer})
	}
	all = append(all, Kinded{"mailbox-password", s.IMAP.Password})
	return slices.DeleteFunc(all, func(k Kinded) bool { return k.Value.IsZero() })
}

// Kinded is a secret and what kind it is: "password", "pin".
type Kinded struct {
	Kind  string
	Value Value
}

// Wipe overwrites every secret of the settings.
func (s *Settings) Wipe() {
	for _, k := range s.Secrets() {
		k.Value.Wipe()
	}
	for _, word := range s.OTPCommand.words {
		word.Wipe()
	}
	for _, value := range s.Program {
		value.Wipe()
	}
}

// given is one setting as its source has it.
type given struct {
	value  Value
	line   int
	faulty bool // given, but its line was refused
}

// is reports whether the setting is given, faulty or not.
func (g given) is() bool { return g.faulty || !g.value.IsZero() }

// Load reads and checks the settings of one employer. Everything that is wrong is in one [*SettingsError]; it also
// unwraps to [ErrKeychainUnavailable] or [ErrNotInKeychain] where that is the trouble, and to the cause of ctx when that
// ended. No command of the settings is run when their form is already wrong.
func Load(ctx context.Context, o LoadOptions) (*Settings, error) {
	l := loader{LoadOptions: o, settings: &Settings{Program: map[string]Value{}}, all: map[string]given{}}
	if l.Run == nil {
		l.Run = RunCommand
	}
	if l.gather(ctx) {
		l.fill(ctx)
	}
	if err := l.found.err(); err != nil {
		l.settings.Wipe()
		return nil, err
	}
	return l.settings, nil
}

// LoadProgram returns the IRCCPIN_* settings of a settings file, without running commands or asking for the employer's
// secrets. The whole file is checked for its form and its privacy all the same.
func LoadProgram(o LoadOptions) (map[string]Value, error) {
	l := loader{LoadOptions: o, settings: &Settings{Program: map[string]Value{}}, all: map[string]given{}}
	employer, _ := l.readFile()
	for _, g := range employer {
		g.value.Wipe()
	}
	if err := l.found.err(); err != nil {
		return nil, err
	}
	return l.settings.Program, nil
}

// loader carries the state of one Load.
type loader struct {
	LoadOptions
	settings *Settings
	found    problems
	all      map[string]given // the chosen source, by full key, _FILE and _COMMAND forms included
	dir      string           // what relative paths of the chosen source are relative to
}

// gather finds the one source, and reports whether there is one or none: whether it makes sense to look closer.
func (l *loader) gather(ctx context.Context) bool {
	fromFile, readable := l.readFile()
	if l.Employer != "" && !l.FileRequired {
		// A file found by default gives way to the keychain that was asked for.
		fromFile = nil
	}
	fromEnviron := map[string]given{}
	for key, value := range employerKeys(l.Environ) {
		fromEnviron[key] = given{value: value}
	}
	fromKeychain := map[string]given{}
	if l.Employer != "" {
		var found bool
		fromKeychain, found = l.readKeychain(ctx)
		readable = readable && found
	}

	var sources []string
	for _, s := range []struct {
		source Source
		name   string
		keys   map[string]given
	}{
		{SourceFile, lang.Text("the settings file"), fromFile},
		{SourceEnvironment, lang.Text("the process environment"), fromEnviron},
		{SourceKeychain, lang.Text("the keychain"), fromKeychain},
	} {
		if len(s.keys) == 0 {
			continue
		}
		l.settings.Source, l.all = s.source, s.keys
		if s.source == SourceKeychain {
			l.settings.keychain = l.Employer
		}
		sources = append(sources, s.name+" ("+strings.Join(slices.Sorted(maps.Keys(s.keys)), ", ")+")")
	}
	if len(sources) > 1 {
		l.found.add(Problem{
			File:    l.settings.File,
			Message: lang.Text("the employer's settings come from more than one place: %s", strings.Join(sources, lang.Text(" and "))),
			Hint:    lang.Text("keep them in one place; a variable is removed from the environment with: unset NAME"),
		})
	}
	if l.settings.Source == SourceFile {
		l.dir = filepath.Dir(l.File)
	}
	return readable && len(sources) <= 1
}

// readFile reads the settings file, keeps its IRCCPIN_* settings, and returns the employer's. readable is false if the
// file is there and cannot be used at all.
func (l *loader) readFile() (employer map[string]given, readable bool) {
	if l.File == "" {
		return nil, true
	}
	data, err := readPrivate(l.File, maxSettingsSize)
	if errors.Is(err, fs.ErrNotExist) && !l.FileRequired {
		return nil, true
	}
	l.settings.File = l.File
	if err != nil {
		l.found.add(filePrivacy(Problem{File: l.File, Message: lang.Text("the settings file cannot be used: ")}, err, l.File))
		return nil, false
	}
	defer clear(data)
	forms := allForms()
	known := append(slices.Clone(forms), l.ProgramKeys...)
	employer = map[string]given{}
	for _, e := range parseDotenv(data, l.File, &l.found) {
		switch {
		case slices.Contains(forms, e.key):
			if g := (given{value: e.value, line: e.line, faulty: e.faulty}); g.is() {
				employer[e.key] = g
			}
		case strings.HasPrefix(e.key, programPrefix) && (l.ProgramKeys == nil || slices.Contains(l.ProgramKeys, e.key)):
			l.settings.Program[e.key] = e.value
		default:
			shown, message, hint := unknownKey(e.key, known)
			l.found.add(Problem{Key: shown, File: l.File, Line: e.line, Message: message, Hint: hint})
		}
	}
	return employer, true
}

func (l *loader) readKeychain(ctx context.Context) (keys map[string]given, found bool) {
	if l.Keychain == nil {
		l.found.addCause(Problem{Message: ErrKeychainUnavailable.Error()}, ErrKeychainUnavailable)
		return nil, false
	}
	document, err := l.Keychain.Get(ctx, l.Employer)
	if err != nil {
		problem := Problem{Message: err.Error()}
		switch {
		case errors.Is(err, ErrNotInKeychain):
			problem.Hint = lang.Text("store them with: irccpin credentials store, or give a settings file")
		case errors.Is(err, ErrKeychainUnavailable):
			problem.Hint = lang.Text("give a settings file with --env-file instead")
		}
		l.found.addCause(problem, err)
		return nil, false
	}
	forms := allForms()
	keys = map[string]given{}
	for key, value := range document {
		switch {
		case !slices.Contains(forms, key):
			shown, message, hint := unknownKey(key, forms)
			l.found.add(Problem{Key: shown, Message: lang.Text("in the keychain: %s", message), Hint: hint})
		case !value.IsZero():
			keys[key] = given{value: value}
		}
	}
	return keys, true
}

// filePrivacy completes problem with what readPrivate found wrong with the file that a person knows as name.
func filePrivacy(problem Problem, err error, name string) Problem {
	var private errNotPrivate
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem.Message += lang.Text("it does not exist")
	case errors.As(err, &private):
		problem.Message += private.reason
		problem.Hint = private.hint + " " + name
	default:
		problem.Message += reasonOf(err)
	}
	return problem
}

// problem adds a fault of one setting.
func (l *loader) problem(key, message, hint string) {
	p := Problem{Key: key, Message: message, Hint: hint}
	if l.settings.Source == SourceFile || l.settings.Source == SourceNone {
		p.File = l.File
		p.Line = l.all[key].line
	}
	l.found.add(p)
}

// fill checks the form of the chosen source's settings, then runs their commands, then checks the values.
func (l *loader) fill(ctx context.Context) {
	for _, key := range SecretKeys() {
		l.checkWays(key)
	}
	for _, key := range Keys() {
		value := l.all[key].value.clear()
		if err := checkLine(value); err != nil {
			l.problem(key, err.Error(), "")
		}
		clear(value)
	}
	l.checkRequired()
	l.fillPlain()
	l.fillQuestions()
	if l.found.err() != nil {
		return
	}
	s := l.settings
	s.Username = l.resolve(ctx, KeyUsername)
	s.Password = l.resolve(ctx, KeyPassword)
	s.TOTPSecret = l.resolve(ctx, KeyTOTPSecret)
	s.IMAP.Password = l.resolve(ctx, KeyIMAPPassword)
	for i, q := range s.Questions {
		s.Questions[i].Answer = l.resolve(ctx, q.Key)
		if n := len(utf16.Encode([]rune(s.Questions[i].Answer.Reveal()))); n > maxAnswer {
			l.problem(l.form(q.Key), lang.Text("is longer than the %d characters that the portal's field takes", maxAnswer), "")
		}
	}
	if !s.TOTPSecret.IsZero() {
		var err error
		if s.TOTP, err = ParseTOTP(s.TOTPSecret); err != nil {
			l.problem(l.form(KeyTOTPSecret), lang.Text("is not an authenticator secret: %v", err),
				lang.Text("copy the text key that the authenticator set-up page shows"))
		}
	}
}

// form returns the one form (KEY, KEY_FILE or KEY_COMMAND) in which a secret is given, or "".
func (l *loader) form(key string) string {
	for _, form := range []string{key, key + fileSuffix, key + commandSuffix} {
		if l.all[form].is() {
			return form
		}
	}
	return ""
}

// checkWays finds a secret given in several ways, and commands that cannot be split.
func (l *loader) checkWays(key string) {
	var ways []string
	for _, form := range []string{key, key + fileSuffix, key + commandSuffix} {
		if l.all[form].is() {
			ways = append(ways, form)
		}
	}
	if len(ways) > 1 {
		l.problem(ways[1], lang.Text("the same secret is given in several ways: %s", strings.Join(ways, ", ")), lang.Text("keep one of them"))
	}
	l.command(key + commandSuffix)
}

// command returns the command of a setting, or a zero one.
func (l *loader) command(form string) Command {
	line := l.all[form].value
	if line.IsZero() {
		return Command{}
	}
	words, err := SplitCommand(line.Reveal())
	if err != nil {
		l.problem(form, lang.Text("is not a command that can be run: %v", err), "")
		return Command{}
	}
	command := Command{dir: l.dir}
	for _, word := range words {
		command.words = append(command.words, New(word))
	}
	return command
}

// checkRequired finds settings that are missing.
func (l *loader) checkRequired() {
	if l.Attended {
		return
	}
	for _, key := range []string{KeyUsername, KeyPassword} {
		if l.form(key) == "" {
			l.problem(key, lang.Text("is missing"), lang.Text("set %s, %s%s or %s%s", key, key, fileSuffix, key, commandSuffix))
		}
	}
}

// fillPlain takes over what is not secret.
func (l *loader) fillPlain() {
	s := l.settings
	s.Employer = l.all[KeyEmployer].value.Reveal()
	s.BusinessNumber = l.all[KeyBusinessNumber].value.Reveal()
	s.EmployerNumber = l.all[KeyEmployerNumber].value.Reveal()
	s.OTPCommand = l.command(KeyOTPCommand)

	address, password := l.all[KeyIMAPURL], l.form(KeyIMAPPassword)
	switch {
	case !address.is() && password == "":
		return
	case !address.is():
		l.problem(KeyIMAPURL, lang.Text("is missing, while %s is given", password), lang.Text("give both or none"))
		return
	case password == "":
		l.problem(KeyIMAPPassword, lang.Text("is missing, while %s is given", KeyIMAPURL), lang.Text("give both or none"))
	}
	if address.faulty {
		return
	}
	var err error
	if s.IMAP, err = parseIMAP(address.value.Reveal()); err != nil {
		l.problem(KeyIMAPURL, err.Error(), lang.Text("write imaps://user@host/folder; the password goes into %s", KeyIMAPPassword))
	}
}

// parseIMAP reads imaps://user@host[:port][/folder]. An e-mail address as user may be written plainly.
func parseIMAP(raw string) (IMAP, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return IMAP{}, lang.NewError("is not a URL")
	}
	if u.Scheme != "imaps" {
		return IMAP{}, lang.NewError("is not an imaps:// URL; mail is read over TLS only")
	}
	if u.Hostname() == "" || u.User.Username() == "" {
		return IMAP{}, lang.NewError("lacks a user or a host")
	}
	if _, set := u.User.Password(); set {
		return IMAP{}, lang.NewError("holds a password")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return IMAP{}, lang.NewError("has something behind the folder")
	}
	m := IMAP{User: u.User.Username(), Host: u.Hostname(), Port: u.Port(), Folder: strings.Trim(u.Path, "/")}
	if m.Port == "" {
		// The registered port of IMAP over TLS (RFC 8314).
		m.Port = "993"
	}
	if m.Folder == "" {
		m.Folder = "INBOX"
	}
	return m, nil
}

// fillQuestions pairs questions and answers; the answers are fetched later.
func (l *loader) fillQuestions() {
	seen := map[string]string{}
	for n := 1; n <= questionCount; n++ {
		text, answer := l.all[QuestionKey(n)], l.form(AnswerKey(n))
		switch {
		case !text.is() && answer == "":
			continue
		case !text.is():
			l.problem(answer, lang.Text("has no question: %s is missing", QuestionKey(n)), lang.Text("give both or none"))
			continue
		case answer == "":
			l.problem(QuestionKey(n), lang.Text("has no answer: %s is missing", AnswerKey(n)), lang.Text("give both or none"))
			continue
		case text.faulty:
			continue
		}
		q := Question{Key: AnswerKey(n), Text: text.value.Reveal()}
		normal := normalQuestion(q.Text)
		if first, twice := seen[normal]; twice {
			l.problem(QuestionKey(n), lang.Text("is the same question as %s", first), lang.Text("remove one of the two"))
			continue
		}
		seen[normal] = QuestionKey(n)
		l.settings.Questions = append(l.settings.Questions, q)
	}
}

// resolve returns the secret that a key stands for, from wherever it is.
func (l *loader) resolve(ctx context.Context, key string) Value {
	form := l.form(key)
	switch form {
	case key:
		return l.all[key].value
	case key + fileSuffix:
		return l.secretFile(form)
	case key + commandSuffix:
		if l.Unasked {
			return Value{}
		}
		v, err := l.command(form).Output(ctx, l.Run, l.Environ)
		if err != nil {
			l.problem(form, lang.Text("the command gave no secret: %v", err), "")
			l.found.causes = append(l.found.causes, err)
		}
		return v
	}
	return Value{}
}

// secretFile reads the file that a _FILE setting names. The path stays out of messages, as a secret may stand there by
// mistake.
func (l *loader) secretFile(form string) Value {
	path := l.all[form].value.Reveal()
	if strings.HasPrefix(path, "~") {
		l.problem(form, lang.Text("starts with ~, which is not expanded"), lang.Text("write the whole path"))
		return Value{}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	data, err := readPrivate(path, maxSecretSize)
	if err != nil {
		p := filePrivacy(Problem{Message: lang.Text("the file that it names cannot be used: ")}, err, lang.Text("that file"))
		l.problem(form, p.Message, p.Hint)
		return Value{}
	}
	v, err := oneLine(trimLineEnd(data))
	if err != nil {
		clear(data)
		l.problem(form, lang.Text("the file that it names %v", err), "")
	}
	return v
}
