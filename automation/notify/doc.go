// Package notify tells people what happened while nobody looked: a PIN appeared,
// a captcha waits, the portal has been down all morning.
//
// It exists because a schedule runs unattended, and what needs a person must
// reach one. A notification never holds a secret: an [Event] has no field for
// one, and PINs go the way that was chosen for them.
//
//	n, err := notify.New(notify.Options{Command: "mail-me", Webhook: "https://example.com/hook", Key: key, Environ: environ})
//	…
//	err = n.Notify(ctx, notify.Event{Kind: notify.PINAppeared, Employer: "Alpha", …})
//
// # What is sent
//
// One JSON object, on a command's standard input or as the body of a POST:
//
//	{"schema":1,"id":"5f0c…","event":"pin_appeared","time":"2026-11-22T12:00:00Z",
//	 "simulated":false,"schedule":"mornings","employer":"Alpha Farm",
//	 "user":{"given_name":"Zoé","family_name":"Tremblay","email":"zoe@example.com"},
//	 "run":"…","code":"","message":"…","hint":""}
//
// schema changes when a field changes its meaning. id is the same in every
// attempt to deliver one event: a receiver that has seen it can drop it. A worker
// goes on with a webhook for a day, also after it was started again; it runs a
// command once. user is
// absent when the event is about no one user; other fields are empty when they
// are not known.
//
// # How a receiver checks a webhook
//
// X-Irccpin-Timestamp is the time of the attempt in seconds since 1970.
// X-Irccpin-Signature is "sha256=" and, in hex, the HMAC-SHA256 of the timestamp,
// a full stop, and the body as it came, under the key that both sides know. A
// receiver compares in constant time ([Verify] does), and refuses a timestamp
// that is more than a few minutes old.
//
// Where to go next: event.go says what an event holds, command.go and webhook.go
// the two ways to people.
package notify
