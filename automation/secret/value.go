package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// Redacted is what a [Value] prints as.
const Redacted = "[redacted]"

// ErrNotSerializable is returned to an encoder that would otherwise carry a secret out of the process.
var ErrNotSerializable = errors.New("secret: a secret value is not serialized")

// Value is a secret. Its zero value means "absent".
//
// It formats as [Redacted] under every fmt verb, in JSON, text, YAML and slog, and refuses gob. Copies share their
// bytes, so that [Value.Wipe] of one wipes all. It cannot be compared with ==; use [Value.Equal].
//
// A Value is safe for concurrent use.
type Value struct {
	// A function, since fmt prints by reflection what it cannot call methods of (an unexported field of another struct),
	// and with a verb that does not fit follows even pointers; of a function it shows an address. It also makes == a
	// compile error.
	held func() *held
}

type held struct {
	mu    sync.RWMutex
	bytes []byte
}

// New returns s as a secret. The empty string gives the absent Value.
func New(s string) Value { return Own([]byte(s)) }

// Own returns b as a secret and takes b over: the caller must not use it again.
func Own(b []byte) Value {
	if len(b) == 0 {
		return Value{}
	}
	h := &held{bytes: b}
	return Value{held: func() *held { return h }}
}

// Reveal returns the secret in clear. It is the only way out of a Value; whoever calls it answers for where the string
// goes. An absent or wiped Value gives "".
func (v Value) Reveal() string { return string(v.clear()) }

// clear returns a copy of the bytes, for use within this package.
func (v Value) clear() []byte {
	if v.held == nil {
		return nil
	}
	h := v.held()
	h.mu.RLock()
	defer h.mu.RUnlock()
	return append([]byte(nil), h.bytes...)
}

// IsZero reports whether the secret is absent, or was wiped.
func (v Value) IsZero() bool {
	if v.held == nil {
		return true
	}
	h := v.held()
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.bytes) == 0
}

// Equal compares two secrets in a time that depends on neither their contents nor on where they differ.
func (v Value) Equal(other Value) bool {
	// Digests have one length, so that not even the lengths are compared early.
	a, b := sha256.Sum256(v.clear()), sha256.Sum256(other.clear())
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Wipe overwrites the bytes of this secret and of all its copies, which are absent from then on. Strings that Reveal
// gave out are beyond reach: Go's strings cannot be overwritten.
func (v Value) Wipe() {
	if v.held == nil {
		return
	}
	h := v.held()
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.bytes)
	h.bytes = nil
}

// Format implements [fmt.Formatter], so that no verb and no flag shows the secret.
func (v Value) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(Redacted)) }

// String returns [Redacted].
func (v Value) String() string { return Redacted }

// GoString returns [Redacted].
func (v Value) GoString() string { return Redacted }

// MarshalText gives [Redacted]; encoding/json, encoding/xml and others use it.
func (v Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON gives [Redacted] as a JSON string.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalYAML gives [Redacted].
func (v Value) MarshalYAML() (any, error) { return Redacted, nil }

// MarshalBinary returns [ErrNotSerializable].
func (v Value) MarshalBinary() ([]byte, error) { return nil, ErrNotSerializable }

// GobEncode returns [ErrNotSerializable].
func (v Value) GobEncode() ([]byte, error) { return nil, ErrNotSerializable }

// LogValue implements [slog.LogValuer].
func (v Value) LogValue() slog.Value { return slog.StringValue(Redacted) }
