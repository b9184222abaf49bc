package main

import (
	"fmt"
	"html"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// record writes what a terminal showed as a picture for the README, in which the
// lines come as they came. IRCCPIN_UPDATE_RECORDING=FILE says where to; without
// it nothing is written.
func record(t *testing.T, command string, lines []string) {
	t.Helper()
	file := os.Getenv("IRCCPIN_UPDATE_RECORDING")
	if file == "" {
		return
	}
	if err := os.WriteFile(file, []byte(picture(command, lines)), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	took   = regexp.MustCompile(`([0-9]+\.[0-9]) s(?:\x1b\[0m)?\)?$`)
	escape = regexp.MustCompile("\x1b\\[([0-9;]*)[A-Za-z]")
)

// picture draws lines of a terminal. Each finished step says how long it took,
// which is when the next line came.
func picture(command string, lines []string) string {
	const width, row = 790, 20 // pixels: 90 columns, and a line
	var b strings.Builder
	height := row*(len(lines)+2) + 24
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n", width, height)
	fmt.Fprintf(&b, `<title>A terminal in which %s runs</title><rect width="100%%" height="100%%" rx="8" fill="#1b1f24"/>`+"\n", html.EscapeString(command))
	at := 0.5
	draw := func(n int, markup string) {
		fmt.Fprintf(&b, `<text x="16" y="%d" fill="#d5dbe1" xml:space="preserve">%s<set attributeName="opacity" to="0" begin="0s" dur="%.1fs"/></text>`+"\n", 16+row*(n+1), markup, at)
	}
	draw(0, `<tspan fill="#8b949e">$ </tspan>`+html.EscapeString(command))
	for i, line := range lines {
		total := strings.HasPrefix(line, "Done")
		if hit := took.FindStringSubmatch(line); hit != nil && !total {
			if seconds, err := strconv.ParseFloat(hit[1], 64); err == nil {
				at += seconds
			}
		}
		draw(i+1, coloured(line))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// coloured turns a terminal's colours into a picture's.
func coloured(line string) string {
	fills := map[string]string{"32": "#3fb950", "31": "#f85149", "33": "#d29922", "2": "#8b949e"}
	var b strings.Builder
	open := ""
	last := 0
	for _, hit := range escape.FindAllStringSubmatchIndex(line, -1) {
		b.WriteString(html.EscapeString(line[last:hit[0]]) + open)
		last, open = hit[1], ""
		if fill := fills[line[hit[2]:hit[3]]]; fill != "" {
			b.WriteString(`<tspan fill="` + fill + `">`)
			open = "</tspan>"
		}
	}
	return b.String() + html.EscapeString(line[last:]) + open
}
