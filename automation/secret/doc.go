// Package secret keeps another person's credentials from going anywhere but into the one field they belong to.
//
// It exists because every other package needs to pass secrets along and none of them should have to think about it: a
// [Value] prints as "[redacted]" whatever is done to it, and leaves only through [Value.Reveal], a name that can be
// searched for. A [Bound] value knows the origins it may be typed at. [Load] reads the settings of one employer from
// exactly one source and reports everything that is wrong with them at once, before a browser starts. [TOTP] and
// [Questions] turn stored secrets into the passcode and the answer that the portal asks for. A [Redactor] removes
// every known secret, in every usual encoding, from what is written to disk or screen.
//
// Where to go next: value.go for the type, settings.go for the rules of a settings file, dotenv.go for what dotenv
// would silently do to a password, redactor.go for how redaction sees through encodings.
//
// The package knows no page of the portal, and imports no other package of the project but lang.
package secret
