package browser

import (
	"encoding/binary"
	"net"
)

// requestWatch is the far end of a tunnel. It notices, from the outside of TLS,
// when a client may begin to send requests: a handshake that came to nothing,
// because of a certificate or a connection that died early, carried none, and
// the client may open another connection for its request.
//
// A TLS record is a type, two bytes of version, two of length, and so many
// more bytes (RFC 8446, 5.1). Requests travel in records of the type
// application data, and so do, in TLS 1.3, a client's alerts; those are no
// longer than longestAlert.
type requestWatch struct {
	net.Conn
	// spend is called before the first request can leave, and before whatever follows,
	// since which request is the one that counts is not seen here; false stops it.
	spend func() bool

	spent bool
	head  []byte // of a record, while it is not complete
	body  int    // what is left of a record
}

const (
	recordHead      = 5
	applicationData = 23
	firstRecordType = 20 // change cipher spec
	lastRecordType  = 23
	// longestAlert is an encrypted alert: two bytes, their type, and the tag of
	// the cipher. The shortest other thing that a client sends encrypted, the
	// end of its handshake, is twice as long.
	longestAlert = 2 + 1 + 16
)

// Write implements net.Conn.
func (w *requestWatch) Write(p []byte) (int, error) {
	if w.spent || w.request(p) {
		if !w.spend() {
			return 0, net.ErrClosed
		}
		w.spent = true
	}
	return w.Conn.Write(p)
}

// request tells whether a request may begin in p.
func (w *requestWatch) request(p []byte) bool {
	for len(p) > 0 {
		if w.body > 0 {
			n := min(w.body, len(p))
			w.body -= n
			p = p[n:]
			continue
		}
		n := min(recordHead-len(w.head), len(p))
		w.head = append(w.head, p[:n]...)
		p = p[n:]
		if len(w.head) < recordHead {
			return false
		}
		kind, length := w.head[0], int(binary.BigEndian.Uint16(w.head[3:]))
		w.head, w.body = w.head[:0], length
		if kind < firstRecordType || kind > lastRecordType || kind == applicationData && length > longestAlert {
			return true // what is not TLS could be anything
		}
	}
	return false
}
