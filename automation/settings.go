package automation

import (
	"context"
	"errors"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

// Settings are the settings of one employer; they print as redacted.
type Settings = secret.Settings

// SettingsFrom says where the settings of one employer are.
type SettingsFrom struct {
	// File is the settings file; it must exist when FileNamed is set.
	File      string
	FileNamed bool
	// Employer takes the secrets from the system's keychain under this name.
	Employer string
	// Environ is the process environment.
	Environ []string
	// Attended lets user name and password be absent: a person signs in.
	Attended bool
	// Unasked runs no command that a setting names: what one would print stays
	// unknown, and is not checked.
	Unasked bool
}

// LoadSettings reads and checks the settings of one employer, before any
// browser starts. The error is bad_settings and names each key and line.
func LoadSettings(ctx context.Context, from SettingsFrom) (*Settings, error) {
	s, err := secret.Load(ctx, secret.LoadOptions{
		File: from.File, FileRequired: from.FileNamed, Environ: from.Environ,
		Employer: from.Employer, Keychain: secret.SystemKeychain(), ProgramKeys: ProgramKeys(), Attended: from.Attended,
		Unasked: from.Unasked,
	})
	return s, settingsError(err)
}

// ProgramSettings reads the IRCCPIN_* keys of a settings file alone.
func ProgramSettings(from SettingsFrom) (map[string]secret.Value, error) {
	settings, err := secret.LoadProgram(secret.LoadOptions{File: from.File, FileRequired: from.FileNamed, Environ: from.Environ, ProgramKeys: ProgramKeys()})
	return settings, settingsError(err)
}

// ProgramKeys are the settings of the program itself: in the environment, or
// in an employer's settings file.
func ProgramKeys() []string {
	return []string{
		"IRCCPIN_STATE_DIR", "IRCCPIN_DATABASE_URL", "IRCCPIN_HEADLESS", "IRCCPIN_BROWSER", "IRCCPIN_BROWSER_URL",
		"IRCCPIN_SIMULATOR", "IRCCPIN_SIMULATOR_SPKI", "IRCCPIN_SELECTORS", "IRCCPIN_TIMEOUT", "IRCCPIN_SETTLE", "IRCCPIN_NO_INPUT",
		"IRCCPIN_KEEP_DAYS", "IRCCPIN_KEEP_MIB", "IRCCPIN_LANG",
		"IRCCPIN_MAX_SESSIONS", "IRCCPIN_START_PAUSE", "IRCCPIN_RETRY_PAUSE", "IRCCPIN_MIN_INTERVAL",
		"IRCCPIN_LEDGER_KEY", "IRCCPIN_LEDGER_KEY_FILE", "IRCCPIN_LEDGER_KEY_COMMAND",
		"IRCCPIN_WEBHOOK_KEY", "IRCCPIN_WEBHOOK_KEY_FILE", "IRCCPIN_WEBHOOK_KEY_COMMAND",
	}
}

func settingsError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	hint := lang.Text("Correct the settings and run the command again. The portal was not opened.")
	return &Error{Code: BadSettings, Message: err.Error(), Hint: hint, Err: err}
}
