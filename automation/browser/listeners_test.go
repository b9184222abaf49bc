package browser_test

import (
	"fmt"
	"net/http"
	"testing"

	"irccpin/automation/browser"
)

// TestListens: a script's listener is heard of wherever it stands, one of another
// event or of another element is not.
func TestListens(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("www.example.com/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!DOCTYPE html><title>x</title>
<button id=silent>a</button><button id=own>b</button><button id=attribute onclick="x=1">c</button><button id=property>d</button><button id=other>e</button>
<div id=outer><button id=inner>f</button></div><div id=host></div><iframe id=frame srcdoc="<button id=framed>g</button>"></iframe>
<script>
const on = (el, type) => el.addEventListener(type, () => {});
on(own, 'click'); on(other, 'keydown'); on(outer, 'click'); property.onclick = () => {};
host.attachShadow({ mode: 'open' }).innerHTML = '<button>h</button>';
on(host.shadowRoot.querySelector('button'), 'click');
frame.onload = () => on(frame.contentDocument.getElementById('framed'), 'click');
</script>`)
	})
	s := newSite(t, mux)
	b, _ := s.open(t)
	tab := newTab(t, b, tabOptions())
	doc := load(t, tab, "https://www.example.com/").Doc
	for _, c := range []struct {
		what, elements string
		want           bool
	}{
		{"nothing", `[document.getElementById('silent'), null, undefined]`, false},
		{"no element", `[]`, false},
		{"its own", `[document.getElementById('own')]`, true},
		{"an attribute", `[document.getElementById('attribute')]`, true},
		{"a property", `[document.getElementById('property')]`, true},
		{"another event", `[document.getElementById('other')]`, false},
		{"an element around it", `[document.getElementById('inner'), document.getElementById('outer')]`, true},
		{"an element around it that was not asked about", `[document.getElementById('inner')]`, false},
		{"in a shadow", `[document.getElementById('host').shadowRoot.querySelector('button')]`, true},
		{"in the shadow below it", `[document.getElementById('host')]`, false},
		{"in a frame", `[document.getElementById('frame').contentDocument.getElementById('framed')]`, true},
		{"our own", `[document.getElementById('silent')].map((el) => (el.addEventListener('click', () => {}), el))`, false},
	} {
		got, err := tab.Listens(background(t), doc, "() => "+c.elements, "click", "submit")
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v, want %v", c.what, got, err, c.want)
		}
	}
	if _, err := tab.Listens(background(t), "other", "() => []", "click"); err != browser.ErrDocumentGone {
		t.Errorf("in a document that is gone: %v", err)
	}
	if _, err := tab.Listens(background(t), doc, "() => { throw new Error('x') }", "click"); err == nil {
		t.Error("a function that throws: no error")
	}
}
