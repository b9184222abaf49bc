// Package mailbox reads the passcode that a portal sends by e-mail.
//
// A passcode is one try: the wrong one is refused, and the account is held. So
// the package would rather find nothing than the wrong thing. Mark remembers
// where the mailbox ends before the code is asked for; Code then reads only what
// came after that, only from senders that are known, and only a text in which
// exactly one number can be the code. The mailbox is opened for reading alone:
// nothing is moved, deleted, or marked as read. The line is TLS from its first
// byte, and the server must prove its name.
//
// It knows nothing of portals and browsers. Where to go next: watch.go looks at
// the mailbox, connect.go opens it, letter.go finds the code in a mail.
package mailbox
