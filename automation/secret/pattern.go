package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// pattern is a text to look for.
type pattern struct {
	text  []byte // in lower case
	kind  string
	whole bool // only where neither a letter nor a digit stands next to it
}

// index finds patterns by their first three bytes: a bit table says for nearly every place of a text, at the cost of one
// look, that no pattern starts there.
type index struct {
	table    []uint64
	byPrefix map[uint32][]pattern
}

const (
	prefixLength = 3
	tableBits    = 16
)

func prefixOf(text []byte) uint32 { return uint32(text[0])<<16 | uint32(text[1])<<8 | uint32(text[2]) }

// slotOf spreads prefixes over the bit table; the factor is Knuth's for multiplicative hashing.
func slotOf(prefix uint32) uint32 { return prefix * 2654435769 >> (32 - tableBits) }

// add makes a pattern known, unless it is too short to be looked for or known already.
func (x *index) add(text []byte, kind string, whole bool) {
	if len(text) < prefixLength {
		return
	}
	if x.table == nil {
		x.table, x.byPrefix = make([]uint64, 1<<tableBits/64), map[uint32][]pattern{}
	}
	text = lower(text)
	prefix := prefixOf(text)
	for i, known := range x.byPrefix[prefix] {
		if bytes.Equal(known.text, text) {
			x.byPrefix[prefix][i].whole = known.whole && whole
			return
		}
	}
	x.byPrefix[prefix] = append(x.byPrefix[prefix], pattern{text, kind, whole})
	slot := slotOf(prefix)
	x.table[slot/64] |= 1 << (slot % 64)
}

// scan calls found for every pattern in text, which is in lower case, with the index where it starts.
func (x *index) scan(text []byte, found func(at int, p pattern)) {
	if x.table == nil {
		return
	}
	for i := 0; i+prefixLength <= len(text); i++ {
		prefix := prefixOf(text[i:])
		if slot := slotOf(prefix); x.table[slot/64]&(1<<(slot%64)) == 0 {
			continue
		}
		for _, p := range x.byPrefix[prefix] {
			if bytes.HasPrefix(text[i:], p.text) {
				found(i, p)
			}
		}
	}
}

// lower returns a copy in which the ASCII letters are lower case; every byte stays where it was.
func lower(text []byte) []byte {
	out := make([]byte, len(text))
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

// unboundBase64 is the number of base64 letters from which a match by chance is too rare to matter, so that the secret
// is found inside longer encoded texts.
const unboundBase64 = 6

// addPatterns makes one secret known in every form that is not undone by a view.
func addPatterns(plain, stripped *index, kind, text string) {
	for _, form := range spellings(text) {
		short := utf8.RuneCountInString(form) < shortSecret
		if utf8.RuneCountInString(form) < prefixLength {
			continue
		}
		raw := []byte(form)
		plain.add(raw, kind, short)
		if n := len(form); n%2 == 0 && isDigits(form) {
			// Codes are often shown in two halves; a space between them is undone by stripping.
			plain.add([]byte(form[:n/2]+"-"+form[n/2:]), kind, true)
		}
		if bare, _ := strip(raw); utf8.RuneCount(bare.text) >= prefixLength {
			stripped.add(bare.text, kind, utf8.RuneCount(bare.text) < shortSecret)
		}
		bytesForms := [][]byte{raw}
		if latin, err := charmap.Windows1252.NewEncoder().Bytes(raw); err == nil && !bytes.Equal(latin, raw) {
			plain.add(latin, kind, false)
			bytesForms = append(bytesForms, latin)
		}
		little, big := utf16Bytes(form)
		plain.add(little, kind, false)
		plain.add(big, kind, false)
		bytesForms = append(bytesForms, little, big)
		for _, b := range bytesForms {
			addByteForms(plain, stripped, kind, b, short)
		}
	}
}

// addByteForms makes b known as base64, hexadecimal and lists of numbers.
func addByteForms(plain, stripped *index, kind string, b []byte, short bool) {
	hexadecimal := []byte(hex.EncodeToString(b))
	plain.add(hexadecimal, kind, short)
	stripped.add(hexadecimal, kind, short)
	for _, separator := range []string{" ", ",", ", "} {
		plain.add(numbers(b, separator), kind, true)
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		plain.add([]byte(encoding.EncodeToString(b)), kind, true)
		for offset := range 3 {
			if core := base64Core(encoding, b, offset); len(core) >= unboundBase64 {
				plain.add(core, kind, false)
				stripped.add(core, kind, false)
			}
		}
	}
}

// base64Core returns the letters that b always has within encoded text when offset bytes (modulo 3) precede it: those
// that depend on no neighbour.
func base64Core(encoding *base64.Encoding, b []byte, offset int) []byte {
	encoded := encoding.EncodeToString(append(make([]byte, offset), b...))
	// Letter k holds the bits 6k to 6k+5.
	first := (offset*8 + 5) / 6
	last := (offset + len(b)) * 8 / 6
	if first >= last {
		return nil
	}
	return []byte(encoded[first:last])
}

func numbers(b []byte, separator string) []byte {
	var out []byte
	for i, c := range b {
		if i > 0 {
			out = append(out, separator...)
		}
		out = strconv.AppendUint(out, uint64(c), 10)
	}
	return out
}

func utf16Bytes(text string) (little, big []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		little = append(little, byte(unit), byte(unit>>8))
		big = append(big, byte(unit>>8), byte(unit))
	}
	return little, big
}

// spellings returns the ways in which the characters of a secret are written: composed and decomposed, in either case
// (beyond ASCII, where scanning ignores it anyway), with the "+" of form data for spaces, without outer white space.
func spellings(text string) []string {
	all := []string{text}
	add := func(form string) {
		for _, known := range all {
			if known == form {
				return
			}
		}
		all = append(all, form)
	}
	add(strings.TrimSpace(text))
	if strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		for _, cased := range []string{text, strings.ToLower(text), strings.ToUpper(text)} {
			add(cased)
			add(norm.NFC.String(cased))
			add(norm.NFD.String(cased))
		}
	}
	for _, form := range all {
		add(strings.ReplaceAll(form, " ", "+"))
	}
	return all
}

func isDigits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

// search looks for secrets in one window.
type search struct {
	plain, stripped *index
	found           []span
}

// visit looks at a view, at what is left of it without white space and tags, and at what undoing each encoding makes of
// it.
func (s *search) visit(v view, depth int) {
	folded := lower(v.text)
	s.plain.scan(folded, func(at int, p pattern) {
		end := at + len(p.text)
		if !p.whole || standsAlone(v.text, at, end) {
			s.add(v, at, end, p.kind)
		}
	})
	s.fields(v, folded)
	if bare, changed := strip(folded); changed {
		s.stripped.scan(bare.text, func(at int, p pattern) {
			start, end := int(bare.at[at]), int(bare.at[at+len(p.text)-1])+1
			if !p.whole || standsAlone(v.text, start, end) {
				s.add(v, start, end, p.kind)
			}
		})
	}
	if depth == viewDepth {
		return
	}
	for _, d := range decoders() {
		if undone, changed := d.undo(v); changed {
			s.visit(undone, depth+1)
		}
	}
}

// add records that bytes i to j-1 of the view give a secret away.
func (s *search) add(v view, i, j int, kind string) {
	start, end := v.source(i, j)
	if n := len(s.found); n > 0 && s.found[n-1].start <= start && start < s.found[n-1].end {
		s.found[n-1].end = max(s.found[n-1].end, end)
		return
	}
	s.found = append(s.found, span{start: start, end: end, kind: kind})
}

// standsAlone reports whether neither a letter nor a digit stands next to text[start:end].
func standsAlone(text []byte, start, end int) bool {
	before, _ := utf8.DecodeLastRune(text[:start])
	after, _ := utf8.DecodeRune(text[end:])
	return !isWord(before) && !isWord(after)
}

// isWord reports letters and digits. The replacement character is neither: it stands for the ends of the text and for
// bytes that are not UTF-8.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
