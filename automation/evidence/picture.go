package evidence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// pngStart is how every PNG begins.
const pngStart = "\x89PNG\r\n\x1a\n"

// pixels are the chunks of a PNG without which it would look different. All others, such as texts and times, go.
var pixels = []string{"IHDR", "PLTE", "tRNS", "gAMA", "sRGB", "IDAT", "IEND"}

// barePNG returns a PNG with nothing in it but its pixels.
func barePNG(data []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(pngStart))
	if !ok {
		return nil, errors.New("it is not a PNG")
	}
	out := []byte(pngStart)
	for {
		const frame = 12 // length, type and checksum, four bytes each
		if len(rest) < frame {
			return nil, errors.New("the PNG is cut off")
		}
		size := uint64(binary.BigEndian.Uint32(rest)) + frame
		if uint64(len(rest)) < size {
			return nil, errors.New("the PNG is cut off")
		}
		kind := string(rest[4:8])
		if slices.Contains(pixels, kind) {
			out = append(out, rest[:size]...)
		}
		if kind == "IEND" {
			return out, nil
		}
		rest = rest[size:]
	}
}
