package automation

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"irccpin/automation/evidence"
	"irccpin/automation/lang"
	"irccpin/automation/ledger"
	"irccpin/automation/secret"
)

// State says where the ledger is: see the fields of the same names of [Config].
type State struct {
	Dir         string
	DatabaseURL string
	Key         []byte
}

// NewRunID returns the id of a run that begins now. Ids sort by time.
func NewRunID(now time.Time) string { return evidence.NewID(now) }

// CheckState opens the ledger, which makes it when there is none, and closes it
// again. The error is state_unavailable or bad_settings.
func CheckState(ctx context.Context, at State) error {
	l, err := openState(ctx, at)
	if err != nil {
		return err
	}
	return stateError(l.Close())
}

func openState(ctx context.Context, at State) (*ledger.Ledger, error) {
	l, err := ledger.Open(ctx, ledger.Options{Dir: at.Dir, URL: at.DatabaseURL, Key: at.Key})
	return l, stateError(err)
}

// LedgerKey finds the key of a shared ledger: IRCCPIN_LEDGER_KEY, or the file or
// the command named by its _FILE and _COMMAND forms, in the environment or else
// among the program's settings of a settings file, whose directory dir is what
// relative paths in it are relative to. Nil when there is none. The error is
// bad_settings.
func LedgerKey(ctx context.Context, environ []string, program map[string]Secret, dir string) ([]byte, error) {
	return programKey(ctx, "IRCCPIN_LEDGER_KEY", lang.Text("The key must be the same on all machines that share the database."), environ, program, dir)
}

// WebhookKey finds the key that signs notifications, IRCCPIN_WEBHOOK_KEY or its
// _FILE and _COMMAND forms, in the same places as LedgerKey. The error is
// bad_settings.
func WebhookKey(ctx context.Context, environ []string, program map[string]Secret, dir string) (Secret, error) {
	key, err := programKey(ctx, "IRCCPIN_WEBHOOK_KEY", lang.Text("It is the key that the receiver checks signatures with."), environ, program, dir)
	return secret.Own(key), err
}

// programKey finds a key of the program by its name in the environment or else in
// a settings file. Nil when there is none.
func programKey(ctx context.Context, base, hint string, environ []string, program map[string]Secret, dir string) ([]byte, error) {
	exported := map[string]Secret{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value != "" && strings.HasPrefix(name, base) {
			exported[name] = secret.New(value)
		}
	}
	for _, source := range []struct {
		values map[string]Secret
		dir    string
	}{{exported, ""}, {program, dir}} {
		key, name, err := programKeyFrom(ctx, base, source.values, source.dir, environ)
		if err != nil {
			return nil, &Error{Code: BadSettings, Message: name + ": " + err.Error(), Err: err, Hint: hint}
		}
		if name != "" {
			return key, nil
		}
	}
	return nil, nil
}

// programKeyFrom looks in one source. name is the setting that was found, or "".
func programKeyFrom(ctx context.Context, base string, values map[string]Secret, dir string, environ []string) (key []byte, name string, err error) {
	var found []string
	for _, name := range []string{base, base + "_FILE", base + "_COMMAND"} {
		if !values[name].IsZero() {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil, "", nil
	}
	name = found[0]
	if len(found) > 1 {
		return nil, name, lang.Errorf("the key is given in several ways: %s", strings.Join(found, ", "))
	}
	switch value := values[name]; name {
	case base + "_FILE":
		path := value.Reveal()
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		read, err := secret.ReadFile(path)
		if err != nil {
			return nil, name, lang.Errorf("the file that it names cannot be used: %w", err)
		}
		return []byte(read.Reveal()), name, nil
	case base + "_COMMAND":
		words, err := secret.SplitCommand(value.Reveal())
		if err != nil {
			return nil, name, err
		}
		// As long as any command of the settings may take.
		limited, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		out, err := secret.RunCommand(limited, secret.Invocation{Words: words, Environ: secret.CommandEnviron(environ), Dir: dir})
		if err != nil {
			return nil, name, lang.Errorf("the command gave no key: %w", err)
		}
		return []byte(strings.TrimRight(string(out), "\r\n")), name, nil
	default:
		return []byte(value.Reveal()), name, nil
	}
}
