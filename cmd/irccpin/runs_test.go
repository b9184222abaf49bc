package main

import "testing"

func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"":      "",
		"-":     "-",
		"Ana":   "Ana",
		"A=B":   "A=B",
		"=1+1":  "'=1+1",
		"+1":    "'+1",
		"-1+1":  "'-1+1",
		"@SUM":  "'@SUM",
		"\t=1":  "'\t=1",
		"\r=1":  "'\r=1",
		"Zoé–B": "Zoé–B",
	} {
		if got := inert(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
