package selectors

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cards = `page: home
variant: cards
facts: Made up for this test.
marks:
  - heading: {en: [your people], fr: [vos gens]}
elements:
  create-secondary-user:
    role: action
    label: {en: [invite somebody], fr: [inviter quelqu'un]}
`

func laidOver(t *testing.T, files map[string]string) (*Catalog, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(dir)
}

func TestVariants(t *testing.T) {
	c, err := laidOver(t, map[string]string{"home@cards.yaml": cards})
	if err != nil {
		t.Fatal(err)
	}
	base, _ := c.Page("home")
	v, ok := c.Shape("home", "cards")
	if !ok || v.Label() != "home@cards" {
		t.Fatalf("the variant is %q, %v", v.Label(), ok)
	}
	if v.Elements["create-secondary-user"].Label["en"][0] != "invite somebody" || base.Elements["create-secondary-user"].Label["en"][0] == "invite somebody" {
		t.Error("the variant's element is not its own")
	}
	if _, inherited := v.Elements["view-manage-access"]; !inherited || len(v.Hosts) != len(base.Hosts) || !v.SignedIn || len(v.Marks) != 1 || len(v.Tables) != len(base.Tables) {
		t.Errorf("the variant lacks what the page has: %+v", v)
	}
	if _, shared := v.Elements["logout"]; !shared {
		t.Error("the variant lacks what all signed-in pages have")
	}
	if _, ok := c.Shape("home", "none"); ok {
		t.Error("there is a variant that nobody described")
	}
	data, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var flat struct {
		Pages []struct{ Name, Variant string } `json:"pages"`
	}
	if err := json.Unmarshal(data, &flat); err != nil {
		t.Fatal(err)
	}
	if len(flat.Pages) != len(c.Pages)+1 {
		t.Errorf("the page's script gets %d shapes of %d pages", len(flat.Pages), len(c.Pages))
	}
}

func TestVariantsAreStrict(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"there is no page":            {"nowhere@cards.yaml": strings.Replace(cards, "page: home", "page: nowhere", 1)},
		"must agree (home@cards.yaml": {"home@other.yaml": cards},
		"needs marks of its own":      {"home@cards.yaml": "page: home\nvariant: cards\nfacts: x\n"},
		"cannot be a variant's":       {"home@cards.yaml": cards + "hosts: [gckey]\n"},
		"small letters":               {"home@Cards.yaml": strings.Replace(cards, "variant: cards", "variant: Cards", 1)},
		"line 4":                      {"home@cards.yaml": "page: home\nvariant: cards\nfacts: x\nnonsense: 1\n"},
		"commits, in every variant": {"create-user@new.yaml": `page: create-user
variant: new
facts: x
marks: [{path: '/new'}]
elements:
  create-account: {role: action, label: {en: [go]}}
`},
	} {
		if _, err := laidOver(t, files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: the error is %v, and %q was wanted", files, err, want)
		}
	}
}

func TestVocabulary(t *testing.T) {
	for _, word := range []string{"Account", "Prénom", "CONTINUE", "secondary", "CléGC"} {
		if !IsVocabulary(word) {
			t.Errorf("%q is said by every such page", word)
		}
	}
	for _, word := range []string{"Martinez", "Pablo", "Juan", "Marie", "Rivera", "Chen", "B6dens"} {
		if IsVocabulary(word) {
			t.Errorf("%q can be somebody's name", word)
		}
	}
}
