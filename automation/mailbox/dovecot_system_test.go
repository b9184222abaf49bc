//go:build system

package mailbox

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"irccpin/automation/mailbox/mailtest"
)

// dovecot is a real mail server, of Debian's package dovecot-imapd.
type dovecot struct {
	number string
	dir    string
	uid    int
}

// dovecotConfig is a server of one mailbox, with all its files in one directory.
const dovecotConfig = `
protocols = imap
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
ssl = required
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
mail_location = maildir:%[1]s/mail
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%u %[1]s/users
}
userdb {
  driver = static
  args = uid=%[2]d gid=%[2]d home=%[1]s/home
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = %[3]s
    ssl = yes
  }
}
`

func serveDovecot(t *testing.T, hostname string) server {
	t.Helper()
	// Its mails belong to another user when root runs it, as it insists.
	d := &dovecot{dir: t.TempDir(), uid: os.Getuid(), number: freePort(t)}
	config := dovecotConfig
	if d.uid == 0 {
		d.uid = 65534 // nobody
	} else {
		me := strconv.Itoa(d.uid)
		config += "default_internal_user = #" + me + "\ndefault_login_user = #" + me + "\nservice anvil {\n chroot =\n}\nservice imap-login {\n chroot =\n}\n"
	}
	for dir := d.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"mail/new", "mail/cur", "mail/tmp", "home", "run"} {
		if err := os.MkdirAll(filepath.Join(d.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"mail", "mail/new", "mail/cur", "mail/tmp", "home"} {
		if err := os.Chown(filepath.Join(d.dir, dir), d.uid, d.uid); err != nil {
			t.Fatal(err)
		}
	}
	cert, key, err := authority.Certificate(hostname)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"cert.pem": cert, "key.pem": key,
		"users":        []byte(mailtest.User + ":{PLAIN}" + mailtest.Password + "\n"),
		"dovecot.conf": fmt.Appendf(nil, config, d.dir, d.uid, d.number),
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var complaints bytes.Buffer
	cmd := exec.Command("dovecot", "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; Debian has it in the package dovecot-imapd", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Logf("dovecot says: %s%s", &complaints, log)
		}
	})
	for until := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", "localhost:"+d.number)
		if err == nil {
			_ = conn.Close()
			return d
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("dovecot ended: %v: %s", err, &complaints)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(until) {
			t.Fatalf("dovecot does not answer: %v", err)
		}
	}
}

func freePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func (d *dovecot) port() string { return d.number }

// deliver does what a mail server's delivery does: write, then move.
func (d *dovecot) deliver(t *testing.T, mail []byte) {
	name := strconv.FormatInt(time.Now().UnixNano(), 10) + "." + rand.Text() + ".localhost"
	draft := filepath.Join(d.dir, "mail", "tmp", name)
	if err := os.WriteFile(draft, mail, 0o644); err != nil {
		t.Error(err)
	}
	if err := os.Chown(draft, d.uid, d.uid); err != nil {
		t.Error(err)
	}
	if err := os.Rename(draft, filepath.Join(d.dir, "mail", "new", name)); err != nil {
		t.Error(err)
	}
}

// changed reads the names of the mails' files, which end with their flags.
func (d *dovecot) changed(t *testing.T) bool {
	mails := 0
	for _, dir := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(d.dir, "mail", dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			mails++
			if _, flags, _ := strings.Cut(e.Name(), ":2,"); flags != "" {
				t.Logf("a mail has the flags %q", flags)
				return true
			}
		}
	}
	if mails == 0 {
		t.Error("the mailbox is empty")
	}
	return false
}

func TestDovecot(t *testing.T) { testMailbox(t, serveDovecot) }
