package capture

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unicode"
)

// madeUp are the words that stand for other words: trees, so that nobody takes
// them for the portal's own or for a person's.
var madeUp = strings.Fields(`alder almond apple ash aspen balsam banyan baobab bay beech birch bitternut boxelder buckeye butternut
	cedar cherry chestnut clove cypress dogwood ebony elder elm fig fir ginkgo guava hawthorn hazel hemlock hickory holly
	hornbeam ironwood juniper kapok laurel larch linden locust lemon magnolia mahogany mango maple medlar mimosa mulberry
	myrtle nutmeg oak olive palm peach pear pecan persimmon pine plane plum poplar quince redbud redwood rowan rubber
	sandal sassafras sequoia sorrel spruce sumac sycamore tamarack tamarind teak tulip tupelo walnut wattle willow yew`)

// standIns makes values up. The same value becomes the same made-up one, and
// nobody without the key can tell what it was.
type standIns struct {
	key []byte
	// words keeps the made-up words apart: two people stay two people.
	words map[string]string
	taken map[string]bool
}

func newStandIns() *standIns {
	return &standIns{key: []byte(rand.Text()), words: map[string]string{}, taken: map[string]bool{}}
}

// draw is a stream of numbers that a value decides.
func (s *standIns) draw(class, value string) func(n int) int {
	block := 0
	var stream []byte
	return func(n int) int {
		if len(stream) < 4 {
			mac := hmac.New(sha256.New, s.key)
			_ = binary.Write(mac, binary.BigEndian, int64(block)) // a hash takes everything
			mac.Write([]byte(class + "\x00" + value))
			stream = mac.Sum(nil)
			block++
		}
		v := binary.BigEndian.Uint32(stream)
		stream = stream[4:]
		return int(v % uint32(n))
	}
}

// word makes a word up, in the letters' case of the one it stands for.
func (s *standIns) word(original string) string {
	folded := strings.ToLower(original)
	made, known := s.words[folded]
	if !known {
		draw := s.draw("word", folded)
		made = madeUp[draw(len(madeUp))]
		for s.taken[made] {
			made += madeUp[draw(len(madeUp))]
		}
		s.words[folded], s.taken[made] = made, true
	}
	return inCaseOf(original, made)
}

func inCaseOf(original, made string) string {
	letters := []rune(original)
	switch {
	case len(letters) > 1 && strings.ToUpper(original) == original:
		return strings.ToUpper(made)
	case unicode.IsUpper(letters[0]):
		return strings.ToUpper(made[:1]) + made[1:]
	}
	return made
}

// code makes up what has the same shape: a digit for a digit, a letter for a
// letter of the same case. The first digit of a number stays off zero.
func (s *standIns) code(original string) string {
	draw := s.draw("code", original)
	var b strings.Builder
	for i, r := range original {
		switch {
		case r >= '0' && r <= '9' && i == 0:
			b.WriteByte(byte('1' + draw(9)))
		case unicode.IsDigit(r):
			b.WriteByte(byte('0' + draw(10)))
		case unicode.IsUpper(r):
			b.WriteByte(byte('A' + draw(26)))
		case unicode.IsLetter(r):
			b.WriteByte(byte('a' + draw(26)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// mail makes an e-mail address up.
func (s *standIns) mail(original string) string {
	return strings.ToLower(s.word("mail "+strings.ToLower(original))) + "@example.com"
}
