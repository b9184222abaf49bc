package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"irccpin/automation/lang"
)

// Categories of flags in the help of a command.
const (
	catWho      = "The user"
	catWhat     = "What is done"
	catWhen     = "When"
	catDelivery = "Where the PIN goes"
	catNotice   = "Who is told"
	catSession  = "The session"
	catOutput   = "What is told"
	catCapture  = "Captured pages"
)

func valueFlag(name, value, usage, category string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Usage: "`" + lang.Word(value) + "`: " + lang.Word(usage), Category: category}
}

func boolFlag(name, usage, category string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: lang.Word(usage), Category: category}
}

// outputFlags are those of every command.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		boolFlag("json", "print one JSON document on stdout, and nothing else there", catOutput),
		boolFlag("quiet", "tell less on stderr", catOutput),
		boolFlag("verbose", "tell more on stderr", catOutput),
	}
}

// ledgerFlags say where the ledger and the settings that tell of it are.
func ledgerFlags() []cli.Flag {
	return []cli.Flag{
		valueFlag("env-file", "FILE", "the employer's settings; .env in the working directory unless told [$IRCCPIN_ENV_FILE]", catSession),
		valueFlag("employer", "NAME", "take the employer's secrets from the system's keychain under this name", catSession),
		valueFlag("state-dir", "DIR", "ledger, runs and browser profiles [$IRCCPIN_STATE_DIR]", catSession),
		valueFlag("database-url", "URL", "postgres://…, a ledger shared by a team; an SQLite file in the state directory unless told [$IRCCPIN_DATABASE_URL]", catSession),
	}
}

// settingsFlags are those of every command that needs an employer's settings.
func settingsFlags() []cli.Flag {
	return append(ledgerFlags(),
		valueFlag("selectors", "DIR", "corrected catalog files, laid over the built-in ones [$IRCCPIN_SELECTORS]", catSession),
		boolFlag("no-input", "never ask; what needs a person ends with exit code 4 [$IRCCPIN_NO_INPUT]", catSession))
}

// windowFlags say which browser is started, and whether it is seen.
func windowFlags() []cli.Flag {
	return []cli.Flag{
		valueFlag("browser", "PATH", "the Chrome, Chromium, Edge or headless shell to start [$IRCCPIN_BROWSER]", catSession),
		boolFlag("headless", "hide the browser [$IRCCPIN_HEADLESS]", catSession),
		boolFlag("show", "show the browser; the default where a person is there, at a terminal with a display", catSession),
		valueFlag("timeout", "DURATION", "for the session, such as 90s or 10m; 5m unless told, more when a person takes part [$IRCCPIN_TIMEOUT]", catSession),
	}
}

// captureFlags keep the pages that are met.
func captureFlags() []cli.Flag {
	return []cli.Flag{valueFlag("capture", "DIR", "save every page that is met in this new folder, with everybody's data made up", catCapture)}
}

// portalFlags are those of every command that opens the portal.
func portalFlags() []cli.Flag {
	return slices.Concat(settingsFlags(), windowFlags(), []cli.Flag{
		valueFlag("simulator", "HOST:PORT", "go to a simulated portal on this machine instead [$IRCCPIN_SIMULATOR]", catSession),
		valueFlag("simulator-spki", "BASE64", "the simulated portal's public key, as it prints it [$IRCCPIN_SIMULATOR_SPKI]", catSession),
		boolFlag("attend", "leave the sign-in to a person at the window, through a Sign-In Partner too; only what follows is automated", catSession),
		valueFlag("browser-url", "URL", "use a Chrome that runs elsewhere: its ws://, wss:// or http://HOST:PORT address, or several with commas between them [$IRCCPIN_BROWSER_URL]", catSession),
		boolFlag("trust-remote-browser", "accept what cannot be enforced there", catSession),
		boolFlag("allow-no-sandbox", "type credentials even into a browser without its sandbox", catSession),
	}, outputFlags())
}

// deliveryFlags say where a PIN goes instead of stdout.
func deliveryFlags() []cli.Flag {
	return deliveryFlagsWith(valueFlag("out", "FILE", "write the JSON result there, for you alone (mode 0600); stdout then shows no PIN", catDelivery))
}

// deliveryFlagsWith are the same with another --out: a batch keeps a table there.
func deliveryFlagsWith(out cli.Flag) []cli.Flag {
	return []cli.Flag{
		out,
		boolFlag("force", "let --out replace a file that exists", catDelivery),
		valueFlag("out-command", "COMMAND", "run it with the JSON result on its standard input, without a shell; stdout then shows no PIN", catDelivery),
		&cli.StringSliceFlag{Name: "encrypt-to", Usage: lang.Text("`RECIPIENT`: encrypt what goes to --out to this age1… key; can be repeated"), Category: catDelivery},
	}
}

// personFlags tell one secondary user apart.
func personFlags() []cli.Flag {
	return []cli.Flag{
		valueFlag("given-name", "NAME", "given name(s), as in the portal", catWho),
		valueFlag("family-name", "NAME", "family name, as in the portal", catWho),
		valueFlag("email", "ADDRESS", "e-mail address", catWho),
	}
}
