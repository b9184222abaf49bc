package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// minFingerprintKey is the shortest key, in bytes, under which guessing a password from its fingerprint is hopeless
// without the key.
const minFingerprintKey = 16

// Fingerprint returns 64 hexadecimal digits that tell whether a secret of the same kind is still the same, and nothing
// else to whoever lacks the key. Fingerprints of different kinds never match, whatever the values. An absent value has
// the fingerprint "".
//
// key is random, kept in the state directory, and at least 16 bytes; a shorter one is a defect of the program and
// panics.
func Fingerprint(key []byte, kind string, v Value) string {
	if len(key) < minFingerprintKey {
		panic("secret: fingerprint key shorter than 16 bytes")
	}
	if v.IsZero() {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	// The kind's length goes first, so that no kind and value run together into another pair.
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(kind)))
	mac.Write(length[:])
	mac.Write([]byte(kind))
	bytes := v.clear()
	mac.Write(bytes)
	clear(bytes)
	return hex.EncodeToString(mac.Sum(nil))
}
