package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"irccpin/automation/lang"
)

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completions for a shell: " + strings.Join(shells(), ", "),
		ArgsUsage: "SHELL",
		Description: `bash         source <(irccpin completion bash)
zsh          irccpin completion zsh > "${fpath[1]}/_irccpin"
fish         irccpin completion fish > ~/.config/fish/completions/irccpin.fish
powershell   irccpin completion powershell | Out-String | Invoke-Expression`,
		Action: p.completion,
	}
}

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func (p *program) completion(c *cli.Context) error {
	shell := c.Args().First()
	if !slices.Contains(shells(), shell) {
		return usage("there are completions for %s, not for %q", strings.Join(shells(), ", "), shell)
	}
	return writeCompletion(p.out, shell, completionsOf(c.App))
}

// place is a command, for completion: what can follow it.
type place struct {
	// Path is how it is called, without the program's name: "credentials list".
	Path  string
	Words []word
	Flags []word
}

// word is something that can be typed, and what it is.
type word struct {
	Name, Usage string
	// Value is what a flag takes: "" for nothing, file, dir or text.
	Value string
}

// completionsOf lists the places of an app, the program itself first.
func completionsOf(app *cli.App) []place {
	root := place{Words: commandWords(app.Commands), Flags: flagWords(app.Flags)}
	places := []place{root}
	for _, c := range app.Commands {
		places = append(places, commandPlaces("", c)...)
	}
	return places
}

func commandPlaces(above string, c *cli.Command) []place {
	path := strings.TrimSpace(above + " " + c.Name)
	here := place{Path: path, Words: commandWords(c.Subcommands), Flags: flagWords(c.Flags)}
	switch c.Name {
	case "completion":
		for _, shell := range shells() {
			here.Words = append(here.Words, word{Name: shell})
		}
	case "help":
		for _, topic := range topicNames() {
			here.Words = append(here.Words, word{Name: topic, Usage: lang.Text("a topic")})
		}
	}
	places := []place{here}
	for _, below := range c.Subcommands {
		places = append(places, commandPlaces(path, below)...)
	}
	return places
}

func commandWords(commands []*cli.Command) []word {
	var words []word
	for _, c := range commands {
		words = append(words, word{Name: c.Name, Usage: plain(c.Usage)})
	}
	return words
}

func flagWords(flags []cli.Flag) []word {
	var words []word
	for _, f := range flags {
		w := word{Name: "--" + f.Names()[0]}
		if f.Names()[0] == "help" {
			continue
		}
		if d, ok := f.(cli.DocGenerationFlag); ok {
			w.Usage = plain(d.GetUsage())
			if d.TakesValue() {
				w.Value = "text"
			}
		}
		switch strings.TrimPrefix(w.Name, "--") {
		case "env-file", "out", "browser":
			w.Value = "file"
		case "state-dir", "selectors":
			w.Value = "dir"
		}
		words = append(words, w)
	}
	return append(words, word{Name: "--help", Usage: lang.Text("show help")})
}

// plain is a text without what shells read as their own in some place or other.
func plain(s string) string {
	s = strings.NewReplacer("`", "", "'", "’", `"`, "", "$", "", "[", "(", "]", ")", ":", " -", `\`, "").Replace(s)
	return s
}

func writeCompletion(out io.Writer, shell string, places []place) error {
	t, err := template.New(shell).Funcs(template.FuncMap{
		"names": func(words []word) string {
			var names []string
			for _, w := range words {
				names = append(names, w.Name)
			}
			return strings.Join(names, " ")
		},
		"taking": func(places []place, value string) string {
			var names []string
			for _, p := range places {
				for _, f := range p.Flags {
					if f.Value == value && !slices.Contains(names, f.Name) {
						names = append(names, f.Name)
					}
				}
			}
			return strings.Join(names, "|")
		},
		"fields": strings.Fields,
		"bare":   func(flag string) string { return strings.TrimPrefix(flag, "--") },
	}).Parse(completionTemplates()[shell])
	if err != nil {
		return fmt.Errorf("completions for %s: %w", shell, err)
	}
	return t.Execute(out, places)
}

// completionTemplates are the scripts, by shell. Each walks the words typed so
// far to the deepest command among them, and offers what can follow it.
func completionTemplates() map[string]string {
	return map[string]string{
		"bash": `# irccpin completion for bash
_irccpin() {
	local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path="" word i
	COMPREPLY=()
	case "$prev" in
	{{taking . "file"}}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	{{taking . "dir"}}) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	{{taking . "text"}}) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word="${COMP_WORDS[i]}"
		case "${path:+$path }$word" in
{{- range .}}{{if .Path}}
		"{{.Path}}") path="{{.Path}}" ;;
{{- end}}{{end}}
		esac
	done
	case "$path" in
{{- range .}}
	"{{.Path}}")
		if [[ "$cur" == -* ]]; then
			COMPREPLY=($(compgen -W "{{names .Flags}}" -- "$cur"))
		else
			COMPREPLY=($(compgen -W "{{names .Words}}" -- "$cur"))
		fi
		;;
{{- end}}
	esac
}
complete -F _irccpin irccpin
`,
		"zsh": `#compdef irccpin
# irccpin completion for zsh
_irccpin() {
	local at="" word i
	local -a words_here flags_here
	case "${words[CURRENT-1]}" in
	{{taking . "file"}}) _files; return ;;
	{{taking . "dir"}}) _files -/; return ;;
	{{taking . "text"}}) return ;;
	esac
	for ((i = 2; i < CURRENT; i++)); do
		word="${words[i]}"
		case "${at:+$at }$word" in
{{- range .}}{{if .Path}}
		"{{.Path}}") at="{{.Path}}" ;;
{{- end}}{{end}}
		esac
	done
	case "$at" in
{{- range .}}
	"{{.Path}}")
		words_here=({{range .Words}}
			'{{.Name}}:{{.Usage}}'{{end}}
		)
		flags_here=({{range .Flags}}
			'{{.Name}}:{{.Usage}}'{{end}}
		)
		;;
{{- end}}
	esac
	if [[ "${words[CURRENT]}" == -* ]]; then
		_describe -o 'flag' flags_here
	else
		_describe 'command' words_here
	fi
}
if [ "$funcstack[1]" = "_irccpin" ]; then
	_irccpin "$@"
else
	compdef _irccpin irccpin
fi
`,
		"fish": `# irccpin completion for fish
function __irccpin_at
	set -l path ""
	for word in (commandline -opc)[2..-1]
		switch (string trim "$path $word")
{{- range .}}{{if .Path}}
			case '{{.Path}}'
				set path '{{.Path}}'
{{- end}}{{end}}
		end
	end
	test "$path" = "$argv[1]"
end
complete -c irccpin -f
{{- range $place := .}}
{{- range .Words}}
complete -c irccpin -n "__irccpin_at '{{$place.Path}}'" -a '{{.Name}}' -d '{{.Usage}}'
{{- end}}
{{- range .Flags}}
complete -c irccpin -n "__irccpin_at '{{$place.Path}}'" -l '{{bare .Name}}' -d '{{.Usage}}'
{{- if eq .Value "file"}} -r -F{{else if eq .Value "dir"}} -x -a '(__fish_complete_directories)'{{else if .Value}} -x{{end}}
{{- end}}
{{- end}}
`,
		"powershell": `# irccpin completion for PowerShell
Register-ArgumentCompleter -Native -CommandName irccpin -ScriptBlock {
	param($wordToComplete, $commandAst, $cursorPosition)
	$places = @{
{{- range .}}
		'{{.Path}}' = @(
{{- range .Words}}
			@('{{.Name}}', '{{.Usage}}'),
{{- end}}
{{- range .Flags}}
			@('{{.Name}}', '{{.Usage}}'),
{{- end}}
			@('', '')
		)
{{- end}}
	}
	$path = ''
	foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
		if ($element.Extent.EndOffset -ge $cursorPosition) { break }
		$next = "$path $($element.Extent.Text)".Trim()
		if ($places.ContainsKey($next)) { $path = $next }
	}
	foreach ($word in $places[$path]) {
		if ($word[0] -ne '' -and $word[0].StartsWith($wordToComplete)) {
			$about = if ($word[1] -ne '') { $word[1] } else { $word[0] }
			[System.Management.Automation.CompletionResult]::new($word[0], $word[0], 'ParameterValue', $about)
		}
	}
}
`,
	}
}
