package selectors

import (
	"regexp"
	"strings"
	"testing"
)

// reads tells whether a text would be taken for one of the wordings, as the
// script in the page decides it: without the marks that labels carry, whole,
// and not ruled out.
func reads(c *Catalog, texts, unlike Texts, text string) bool {
	text = bare(c, text)
	return texts.Matches(text) && !unlike.Matches(text)
}

func bare(c *Catalog, text string) string {
	text = Normalise(text)
	for before := ""; before != text; {
		before = text
		for _, noise := range c.Site.LabelNoise {
			text = strings.TrimSpace(regexp.MustCompile(noise).ReplaceAllString(text, ""))
		}
	}
	return text
}

// TestWordings holds the catalog against what plausible authors of such pages
// would write, in both languages, and against what stands beside it and must
// never be taken for it.
func TestWordings(t *testing.T) {
	c := load(t)
	for _, w := range []struct {
		page, element string
		yes, no       []string
	}{
		{"create-user", "given-names", []string{
			"Given name(s)", "Given Name(s) (required)", "* Given names", "Given name:", "First name", "First Name(s)", "First names", "Forename(s)",
			"Given name(s) *", "1. Given name", "User's given name", "Given name(s) of the user", "Given names (as shown on the passport)", "Given name - required",
			"Prénom(s)", "Prénom", "Prénoms", "Prénom(s) (obligatoire)", "PRÉNOM(S) :", "Prénom (requis)", "Prénom(s) de l'utilisateur", "Prénom de l’utilisateur secondaire", "Prénom usuel", "Prénoms (au complet)", "Prénom(s) usuel(s)", "* Prénom", "Prénom – obligatoire",
		}, []string{
			"Name", "Full name", "Family name", "Last name", "Middle name", "Middle name (if applicable)", "User name", "Username", "Company name", "Given name of the primary user", "Nom", "Second prénom (s'il y a lieu)", "Deuxième prénom", "Nom d'utilisateur", "Nom et prénom", "Nom complet", "Prénom de l'employeur", "Prénom de la mère",
		}},
		{"create-user", "family-name", []string{
			"Family Name", "Family name(s)", "Last name", "Last name(s)", "Surname", "Surname (required)", "User's family name", "Family name of the secondary user", "2. Surname",
			"Nom de famille", "Nom(s) de famille", "Noms de famille", "Nom", "Patronyme", "Nom de famille (obligatoire)", "Nom de famille de l'utilisateur", "NOM DE FAMILLE :", "Nom de famille (de naissance ou d'usage)",
		}, []string{"Given name", "Name", "Full name", "Nom complet", "Nom au complet", "Prénom", "Prénom(s)", "Maiden name of your mother", "Nom d'utilisateur", "Nom de l'entreprise", "Nom légal", "Nom commercial", "Family name of the primary user"}},
		{"create-user", "email", []string{
			"Email address", "Email", "E-mail", "E-mail address", "e-Mail Address (optional)", "User's email address", "Electronic mail address",
			"Adresse courriel", "Adresse de courriel", "Courriel", "Adresse électronique", "Courriel (facultatif)", "Adresse de courrier électronique", "Adresse courriel de l'utilisateur", "Courrier électronique", "Adresse électronique (courriel)",
		}, []string{"Your email address", "Contact email address", "Confirm email address", "Email address of the primary user", "Confirmer l'adresse courriel", "Votre adresse courriel", "Adresse", "Adresse postale", "Mailing address"}},
		{"create-user", "create-account", []string{
			"Create account", "Create an account", "Create the account", "CREATE ACCOUNT", "Create user account", "Create this account", "Confirm and create account", "Create account »", "Create Account Now", "Create user",
			"Créer un compte", "Créer le compte", "Créer ce compte", "Créez le compte", "Créer compte", "Créer le compte de l'utilisateur", "Confirmer et créer le compte", "Créer un compte d'utilisateur", "Créer l'utilisateur", "Création du compte",
		}, []string{
			"Submit", "Continue", "Save", "OK", "Delete account", "Cancel", "Create a branch", "Create account and add another user", "Do not create account", "Create primary account", "Close account",
			"Soumettre", "Continuer", "Enregistrer", "Supprimer le compte", "Annuler", "Créer une succursale", "Créer le compte et ajouter un autre utilisateur", "Fermer le compte", "Ne pas créer le compte",
		}},
		{"create-user", "attestation", []string{
			"I confirm that as the primary representative for Northern Lantern Bakery Ltd, I authorize the secondary user identified above to submit an offer of employment to Immigration, Refugees and Citizenship Canada on behalf of Northern Lantern Bakery Ltd.",
			"I hereby certify that, as the primary user of Acme Inc., I authorise the secondary user named above to submit offers of employment on behalf of Acme Inc.",
			"Je confirme qu'à titre de représentant principal de Acme, j'autorise l'utilisateur secondaire mentionné ci-dessus à présenter une offre d'emploi à Immigration, Réfugiés et Citoyenneté Canada au nom de Acme.",
			"À titre de principale personne-ressource de Acme, je confirme autoriser l'utilisateur secondaire susmentionné à soumettre des offres d'emploi à Immigration, Réfugiés et Citoyenneté Canada pour Acme.",
			"En tant qu'utilisateur principal de Acme, je certifie que j'autorise l'utilisateur secondaire susmentionné à soumettre des offres d'emploi au nom de Acme.",
			"À titre de représentante principale de Acme, j'atteste que j'autorise l'utilisatrice secondaire indiquée ci-dessus à soumettre une offre d’emploi au nom de Acme.",
		}, []string{
			"I confirm that as the primary representative for Acme, I do not authorize the secondary user identified above to submit an offer of employment to IRCC on behalf of Acme.",
			"I confirm that as the primary representative for Acme, I authorize the secondary user identified above to submit an offer of employment to IRCC on behalf of Acme. I accept full liability for all acts of this user.",
			"Je confirme qu'à titre de représentant principal de Acme, je n'autorise pas l'utilisateur secondaire à présenter une offre d'emploi au nom de Acme.",
			"Je confirme qu'à titre de représentant principal de Acme, j'autorise l'utilisateur secondaire à présenter une offre d'emploi au nom de Acme. Je renonce à tout recours.",
			"I confirm that I have read the terms.", "Je confirme avoir lu les modalités.", "I agree to receive news.",
		}},
		{"home", "create-secondary-user", []string{
			"Create a secondary user for this account", "Create secondary user", "Add a secondary user", "New secondary user", "Create another secondary user",
			"Créer un utilisateur secondaire pour ce compte", "Ajouter un utilisateur secondaire", "Création d'un utilisateur secondaire", "Créer un compte d'utilisateur secondaire", "Nouvel utilisateur secondaire", "Créez un utilisateur secondaire", "Ajouter un utilisateur secondaire à ce compte",
		}, []string{
			"Create a branch", "Create a primary user", "How to create a secondary user", "Delete a secondary user", "Secondary user guide",
			"Créer une succursale", "Supprimer un utilisateur secondaire", "Comment créer un utilisateur secondaire", "Créer un utilisateur principal",
		}},
		{"home", "view-manage-access", []string{
			"View Manage access", "Manage access", "Show access", "View secondary users", "Show/Hide Manage access", "Manage users",
			"Afficher Gérer l'accès", "Gérer l'accès", "Gestion des accès", "Voir la gestion de l'accès", "Afficher les utilisateurs secondaires", "Afficher/Masquer la gestion de l'accès", "Gérer les utilisateurs secondaires",
		}, []string{"View and update your contact information", "Hide access", "Afficher et mettre à jour vos coordonnées", "Remove access", "Supprimer l'accès"}},
		{"confirm-create-user", "continue", []string{"Continue", "OK", "Return to homepage", "Continue to your homepage", "Continuer", "Poursuivre", "Retour à l'accueil", "Retour à la page d'accueil", "Terminer"}, []string{"Create account", "Create another user", "Logout", "Delete", "Créer un autre utilisateur", "Déconnexion"}},
		{"terms", "accept", []string{"I Accept", "I agree", "Accept", "Accept and continue", "I accept these terms", "J'accepte", "J’accepte les modalités", "Accepter", "Accepter et continuer", "Je les accepte"}, []string{"I Do Not Accept", "Decline", "I don't agree", "Je n'accepte pas", "Refuser", "Je refuse"}},
		{"identity-validation", "continue", []string{"Continue", "Submit", "Submit answer", "Next", "Continuer", "Soumettre", "Soumettre la réponse", "Suivant", "Valider"}, []string{"Logout", "Cancel", "Forgot answer", "Annuler", "Quitter"}},
		{"gckey-sign-in", "username", []string{"Username", "User name (required)", "User ID", "GCKey username", "Nom d'utilisateur", "Nom d’utilisateur (obligatoire)", "Identifiant d'utilisateur", "Nom d'utilisateur CléGC", "Code d'utilisateur", "Identifiant CléGC"}, []string{"Password", "Email", "Mot de passe", "Search"}},
		{"gckey-sign-in", "password", []string{"Password", "GCKey password", "Password (required)", "Mot de passe", "Mot de passe (obligatoire)"}, []string{"Username", "New password", "Confirm password", "Nouveau mot de passe"}},
		{"gckey-sign-in", "sign-in", []string{"Sign In", "Sign in", "Log in", "Login", "Sign in to GCKey", "Se connecter", "Ouvrir une session", "Connexion", "S'identifier", "Connectez-vous"}, []string{"Sign Up", "Clear All", "Exit", "Cancel", "Register", "S'inscrire", "Tout effacer", "Quitter", "Se connecter avec un partenaire de connexion"}},
		{"gckey-welcome", "continue", []string{"Continue", "Continue to your service", "Continuer", "Poursuivre", "Poursuivre vers votre service"}, []string{"Revoke Your GCKey", "Change Your Password", "Continue to your GCKey profile", "Révoquer votre CléGC", "Changer votre mot de passe"}},
		{"landing", "gckey", []string{"Continue to GCKey", "Sign in with GCKey", "Sign in with your GCKey", "GCKey", "Use your GCKey", "Log in with GCKey", "GCKey sign in", "Poursuivez vers la CléGC", "Se connecter avec la CléGC", "CléGC", "Continuer avec CléGC", "Utiliser votre CléGC", "Connectez-vous avec la CléGC", "Connexion à CléGC", "Ouvrir une session avec la CléGC"}, []string{"Continue to Sign-In Partner", "About GCKey", "Register with GCKey", "GCKey help", "S'inscrire avec la CléGC", "À propos de la CléGC", "Poursuivez vers un Partenaire de connexion", "Sign up with GCKey"}},
		{"landing", "sign-in", []string{"Sign in", "Log in", "Sign in to the Employer Portal", "Se connecter", "Ouvrir une session", "Connexion", "Se connecter au Portail des employeurs"}, []string{"Sign up", "Sign in with Interac", "S'inscrire", "Register"}},
		{"mfa-code", "continue", []string{"Continue", "Verify", "Submit", "Verify code", "Continuer", "Vérifier", "Soumettre", "Valider le code"}, []string{"Resend", "Resend code", "Recover account", "Use another method", "Renvoyer", "Récupérer le compte"}},
		{"mfa-code", "passcode", []string{"Authentication code", "Enter the 6-digit code", "One-time passcode", "Security code", "Code d'authentification", "Entrez le code à 6 chiffres", "Code de vérification", "Code d'accès à usage unique"}, []string{"Email", "Phone number", "Courriel"}},
		{"gckey-skip", "skip", []string{"Skip", "Skip for now", "Not now", "Remind me later", "Passer", "Ignorer", "Passer cette étape", "Plus tard"}, []string{"Skip to main content", "Skip to \"About this site\"", "Passer au contenu principal", "Set up now"}},
		{"home", "logout", []string{"Logout", "Log out", "Sign out", "Déconnexion", "Se déconnecter", "Fermer la session", "Fermeture de session", "Quitter"}, []string{"Privacy", "Print", "Login", "Imprimer", "Confidentialité"}},
		{"delete-confirmation", "confirm-delete", []string{"Delete account", "Confirm", "Yes, delete", "Continue", "Supprimer le compte", "Oui, supprimer", "Confirmer la suppression"}, []string{"Cancel", "Return", "No", "Annuler", "Non"}},
	} {
		p, ok := c.Page(w.page)
		e, has := p.Elements[w.element]
		if !ok || !has {
			t.Fatalf("the catalog has no %s of %s", w.element, w.page)
		}
		for _, text := range w.yes {
			if !reads(c, e.Label, e.Unlike, text) && !reads(c, e.Also, e.Unlike, text) {
				t.Errorf("%s/%s: %q should be recognised", w.page, w.element, text)
			}
		}
		for _, text := range w.no {
			if reads(c, e.Label, e.Unlike, text) || reads(c, e.Also, e.Unlike, text) {
				t.Errorf("%s/%s: %q must not be taken for it", w.page, w.element, text)
			}
		}
	}
}

// TestColumns is TestWordings for the headers of the table of users. Each
// header is one column at most.
func TestColumns(t *testing.T) {
	c := load(t)
	p, _ := c.Page("home")
	for column, titles := range map[string][]string{
		"given":  {"Given name(s)", "First name", "Prénom(s)", "Prénom", "Prénoms"},
		"family": {"Family Name", "Last name", "Surname", "Nom de famille", "Nom(s) de famille", "Nom"},
		"pin":    {"PIN", "PIN number", "PIN code", "Personal identification number (PIN)", "User PIN", "NIP", "Numéro d'identification personnel (NIP)", "NIP de l'utilisateur", "Code NIP", "Numéro d’identification personnel"},
		"email":  {"Email address", "E-mail", "Adresse courriel", "Courriel", "Adresse électronique", "Adresse de courriel"},
		"status": {"Administrative status", "Administrative Status", "Status", "Statut administratif", "État administratif", "Statut"},
		"type":   {"User Type", "Type of user", "Type", "Type d'utilisateur"},
		"delete": {"Delete Account", "Delete", "Remove access", "Supprimer le compte", "Suppression du compte", "Supprimer"},
		"":       {"PIN expiry date", "PIN status", "Date created", "Last sign in", "Name", "Business number", "Date d'expiration du NIP", "État du NIP", "Date de création", "Username", "Nom d'utilisateur", "Nom d'entreprise", "#", "Actions"},
	} {
		for _, title := range titles {
			var found []string
			for name, texts := range p.Tables["users"].Columns {
				if reads(c, texts, nil, title) {
					found = append(found, name)
				}
			}
			if column == "" && len(found) > 0 || column != "" && (len(found) != 1 || found[0] != column) {
				t.Errorf("the header %q is read as %v, want %q", title, found, column)
			}
		}
	}
}

// TestDangers: the dangerous neighbours are known by their words in both
// languages, and what is to be pressed on the way is none of them.
func TestDangers(t *testing.T) {
	c := load(t)
	danger := func(text string) bool {
		for _, e := range c.Site.Dangers {
			if reads(c, e.Label, nil, text) {
				return true
			}
		}
		return false
	}
	for _, text := range []string{
		"Revoke Your GCKey", "Révoquer votre CléGC", "Change Your Password", "Changer votre mot de passe", "Clear All", "Tout effacer", "Exit", "Quitter", "Sign Up", "S'inscrire",
		"I Do Not Accept", "Je n'accepte pas", "Logout", "Déconnexion", "End session now", "Mettre fin à la session", "Delete Account", "Supprimer le compte", "Remove access", "Retirer l'accès",
		"Recover account", "Récupérer le compte", "Resend", "Renvoyer", "Return to previous page", "Cancel", "Annuler", "Continue to Sign-In Partner", "Poursuivez vers un Partenaire de connexion",
	} {
		if !danger(text) {
			t.Errorf("%q is not known as dangerous", text)
		}
	}
	for _, text := range []string{"Continue", "Sign in", "Create account", "I accept", "Skip", "Continue to GCKey", "Continuer", "Se connecter", "Créer un compte", "J'accepte", "Passer", "Poursuivez vers la CléGC", "Create a secondary user for this account"} {
		if danger(text) {
			t.Errorf("%q is taken for a danger", text)
		}
	}
}
