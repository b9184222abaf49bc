package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const sentinel = "Sentinel-Passw0rd"

// shows reports whether text gives the sentinel away in one of the forms that Go's own encoders use.
func shows(text string) bool {
	for _, form := range []string{
		sentinel, fmt.Sprintf("%x", sentinel), fmt.Sprintf("%X", sentinel), strings.Trim(fmt.Sprint([]byte(sentinel)), "[]"),
		strings.Trim(fmt.Sprintf("%#v", []byte(sentinel)), "[]byte{}"),
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

type holder struct {
	Public  Value
	private Value
	Bound   Bound
	Pointer *Value
	List    []Value
}

func TestValueShowsNothing(t *testing.T) {
	v := New(sentinel)
	h := holder{Public: v, private: v, Bound: Bound{Value: v, Name: "GCKEY_PASSWORD"}, Pointer: &v, List: []Value{v}}
	settings := &Settings{Username: v, Password: v, Questions: Questions{{Text: "Q", Answer: v}}, Program: map[string]Value{"a": v}}
	command := Command{words: []Value{v}}
	// Formats made at run time, since vet refuses some of these on sight.
	for _, verb := range []string{"v", "+v", "#v", "s", "+s", "q", "#q", "x", "X", "# x", "d", "b", "o", "c", "U", "t", "e", "f", "g", "p", "T", "40v", "z"} {
		for name, thing := range map[string]any{
			"value": v, "pointer": &v, "holder": h, "holder pointer": &h, "list": []Value{v}, "map": map[string]Value{"k": v},
			"settings": settings, "settings value": *settings, "command": command, "kinded": settings.Secrets(), "document": Document{"k": v},
		} {
			if got := fmt.Sprintf("%"+verb, thing); shows(got) {
				t.Errorf("%%%s of %s shows the secret: %s", verb, name, got)
			}
		}
	}
	if got := fmt.Sprintf("%v|%+v|%#v|%s|%q|%x|%d", v, v, v, v, v, v, v); got != strings.TrimSuffix(strings.Repeat(Redacted+"|", 7), "|") {
		t.Errorf("formats as %s", got)
	}
	if got := fmt.Errorf("failed with %w and %v", errors.New("x"), v).Error(); shows(got) {
		t.Errorf("error shows the secret: %s", got)
	}
}

type xmlElement struct{ V Value }

func TestValueIsNotSerialized(t *testing.T) {
	v := New(sentinel)
	h := holder{Public: v, private: v, Pointer: &v, List: []Value{v}}
	if b, err := json.Marshal(h); err != nil || shows(string(b)) || !strings.Contains(string(b), `"Public":"[redacted]"`) {
		t.Errorf("JSON: %s, %v", b, err)
	}
	if b, err := json.Marshal(map[string]any{"v": v}); err != nil || string(b) != `{"v":"[redacted]"}` {
		t.Errorf("JSON: %s, %v", b, err)
	}
	if b, err := xml.Marshal(xmlElement{v}); err != nil || shows(string(b)) {
		t.Errorf("XML: %s, %v", b, err)
	}
	if b, err := yaml.Marshal(struct{ V Value }{v}); err != nil || shows(string(b)) {
		t.Errorf("YAML: %s, %v", b, err)
	}
	var gobbed bytes.Buffer
	if err := gob.NewEncoder(&gobbed).Encode(struct{ V Value }{v}); !errors.Is(err, ErrNotSerializable) || shows(gobbed.String()) {
		t.Errorf("gob: %v", err)
	}
	if _, err := v.MarshalBinary(); !errors.Is(err, ErrNotSerializable) {
		t.Errorf("binary: %v", err)
	}
}

func TestValueInLogs(t *testing.T) {
	v := New(sentinel)
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).With("with", v).Info("message", "value", v, "pointer", &v, "holder", holder{Public: v, private: v}, slog.Group("g", "v", v))
	}
	if shows(out.String()) {
		t.Errorf("logs show the secret: %s", &out)
	}
	if got := strings.Count(out.String(), Redacted); got < 8 {
		t.Errorf("logs show the mark %d times: %s", got, &out)
	}
}

func TestValueInPanic(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); shows(got) {
			t.Errorf("panic shows the secret: %s", got)
		}
	}()
	panic(New(sentinel))
}

func TestValueEqualRevealWipe(t *testing.T) {
	v, same, other := New(sentinel), New(sentinel), New(sentinel+"x")
	if !v.Equal(same) || v.Equal(other) || v.Equal(Value{}) || !(Value{}).Equal(New("")) {
		t.Error("Equal is wrong")
	}
	if v.Reveal() != sentinel || v.IsZero() || !(Value{}).IsZero() || (Value{}).Reveal() != "" {
		t.Error("Reveal or IsZero is wrong")
	}
	bytes := []byte(sentinel)
	owned := Own(bytes)
	copied := owned
	owned.Wipe()
	owned.Wipe()
	if !copied.IsZero() || copied.Reveal() != "" || !copied.Equal(Value{}) {
		t.Error("a copy of a wiped value still holds it")
	}
	for _, b := range bytes {
		if b != 0 {
			t.Fatal("the bytes are still there")
		}
	}
	Value{}.Wipe()
}

func TestFingerprint(t *testing.T) {
	key, otherKey := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	base := Fingerprint(key, "password", New(sentinel))
	if len(base) != 64 || base != Fingerprint(key, "password", New(sentinel)) {
		t.Errorf("fingerprint %q is not stable hexadecimal", base)
	}
	for name, other := range map[string]string{
		"key":   Fingerprint(otherKey, "password", New(sentinel)),
		"kind":  Fingerprint(key, "answer", New(sentinel)),
		"value": Fingerprint(key, "password", New(sentinel+"x")),
		"split": Fingerprint(key, "passwor", New("d"+sentinel)),
	} {
		if other == base {
			t.Errorf("another %s gives the same fingerprint", name)
		}
	}
	if got := Fingerprint(key, "password", Value{}); got != "" {
		t.Errorf("absent value has the fingerprint %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a short key is accepted")
		}
	}()
	Fingerprint(key[:15], "password", New(sentinel))
}
