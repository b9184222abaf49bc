package selectors_test

import (
	"testing"

	"irccpin/selectors"
)

// TestQuestions: OK is pressed only where it means what was pressed.
func TestQuestions(t *testing.T) {
	c, err := selectors.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		after, text string
		ok          bool
	}{
		{"create-account", "Create this account?", true},
		{"create-account", "Are you sure?", true},
		{"create-account", "Are you sure that you want to create this secondary user?", true},
		{"create-account", "Please confirm that the information is correct.", true},
		{"create-account", "You are about to submit this form. Continue?", true},
		{"create-account", "Créer ce compte?", true},
		{"create-account", "Êtes-vous sûr de vouloir créer ce compte?", true},
		{"create-account", "Voulez-vous poursuivre?", true},
		{"create-account", "This user already exists. Create anyway?", false},
		{"create-account", "A user with the same name exists. Continue?", false},
		{"create-account", "Create this account and another one?", false},
		{"create-account", "Are you sure that you want to cancel?", false},
		{"create-account", "This will delete the draft. Continue?", false},
		{"create-account", "Cet utilisateur existe déjà. Continuer?", false},
		{"create-account", "Would you like to take part in a survey? Click OK to continue.", false},
		{"create-account", "Hello", false},
		{"create-account", "This e-mail address is registered to somebody. Do you want to continue?", false},
		{"create-account", "Possible match found. Do you want to proceed?", false},
		{"given-names", "This user already exists. Create anyway?", false},
		{"users delete", "Delete this user?", true},
		{"users delete", "Are you sure?", true},
		{"confirm-delete", "Êtes-vous certain de vouloir supprimer cet utilisateur?", true},
		{"users delete", "Delete all users?", false},
		{"users delete", "Are you sure that you want to delete your account?", false},
		{"users delete", "Revoke your GCKey?", false},
		{"users delete", "Create a user?", false},
		{"return", "Your changes will be lost. Leave this page?", true},
		{"logout", "Are you sure that you want to sign out?", true},
		{"logout", "Voulez-vous vraiment fermer la session?", true},
		{"continue", "Delete this user?", false},
		{"continue", "Create another user?", false},
		{"", "This site uses cookies. Accept?", false},
		{"", "Your session is about to expire. Continue?", true},
	} {
		if got := c.Site.Agrees(q.after, q.text); got != q.ok {
			t.Errorf("after %q, %q: %v", q.after, q.text, got)
		}
	}
}
