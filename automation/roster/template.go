package roster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/xuri/excelize/v2"

	"irccpin/automation"
	"irccpin/automation/lang"
)

// explanation tells a column in the two languages of those who fill it in.
type explanation struct{ column, needed, besoin, english, french string }

func explanations() []explanation {
	return []explanation{
		{
			ColEmployer, "if env_file is empty", "si env_file est vide",
			"The employer's name in reports. Without env_file: the name under which \"irccpin credentials store\" put the employer's secrets into the system's keychain.",
			"Le nom de l'employeur dans les rapports. Sans env_file : le nom sous lequel « irccpin credentials store » a mis les secrets de l'employeur dans le trousseau du système.",
		},
		{
			ColEnvFile, "if the keychain is not used", "si le trousseau ne sert pas",
			"The employer's settings file, such as alpha.env; relative to this file. It holds the secrets: none are written here.",
			"Le fichier de configuration de l'employeur, par exemple alpha.env; relatif à ce fichier-ci. C'est lui qui contient les secrets : aucun n'est inscrit ici.",
		},
		{
			ColGivenName, "to create", "pour créer",
			"Given name(s) of the secondary user, as in the portal.",
			"Prénom(s) de l'utilisateur secondaire, comme dans le portail.",
		},
		{
			ColFamilyName, "to create", "pour créer",
			"Family name of the secondary user.",
			"Nom de famille de l'utilisateur secondaire.",
		},
		{
			ColEmail, "no; it tells people of one name apart", "non; distingue les homonymes",
			"E-mail address of the secondary user. To read PINs it is enough, without names.",
			"Adresse de courriel de l'utilisateur secondaire. Pour lire des NIP, elle suffit, sans les noms.",
		},
		{
			ColAuthorizedBy, "to create", "pour créer",
			"The primary user on whose word this user is authorized. The name is recorded with the portal's statement.",
			"L'utilisateur principal sur la parole de qui cet utilisateur est autorisé. Le nom est consigné avec l'énoncé du portail.",
		},
		{
			ColBusinessNumber, "no; recommended", "non; recommandé",
			"The business number on the employer's home page. If the account turns out to be another employer's, nothing is done.",
			"Le numéro d'entreprise affiché sur la page d'accueil de l'employeur. Si le compte est celui d'un autre employeur, rien n'est fait.",
		},
		{
			ColAllowConflict, "no", "non",
			"yes: a user in the table who agrees only in part (the same e-mail, or the same names) is another person, and this one is created all the same.",
			"oui : un utilisateur du tableau qui ne concorde qu'en partie (même courriel, ou mêmes noms) est une autre personne, et celui-ci est créé tout de même.",
		},
	}
}

// WriteTemplate writes an empty roster to fill in, as .xlsx or .csv. An existing
// file is refused unless it may be replaced. The error is usage.
func WriteTemplate(path string, replace bool) error {
	format, err := FormatOf(path, XLSX, CSV)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil && !replace {
		return noTemplate(path, lang.Text("--force replaces it."), lang.NewError("it exists"))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return noTemplate(path, "", cause(err))
	}
	err = replaceFile(path, func(w io.Writer) error { return EncodeTemplate(w, format) })
	if err != nil {
		return noTemplate(path, "", cause(err))
	}
	return nil
}

func noTemplate(path, hint string, err error) error {
	return &automation.Error{Code: automation.Usage, Message: lang.Text("%s cannot take the template: %v", path, err), Hint: hint, Err: err}
}

// EncodeTemplate writes an empty roster. Only XLSX has a place for explanations.
func EncodeTemplate(w io.Writer, f Format) error {
	if f == CSV {
		return writeCSV(w, [][]string{Columns()}, ',')
	}
	book := excelize.NewFile()
	return errors.Join(fillTemplate(book, w), book.Close())
}

func fillTemplate(book *excelize.File, w io.Writer) error {
	const list, help = "Roster", "Help - Aide"
	bold, text, err := styles(book)
	if err != nil {
		return err
	}
	if err := book.SetSheetName(book.GetSheetName(0), list); err != nil {
		return err
	}
	if _, err := book.NewSheet(help); err != nil {
		return err
	}
	last := letter(len(Columns()) - 1)
	yesNo := excelize.NewDataValidation(true)
	yesNo.SetSqref(fmt.Sprintf("%s2:%[1]s%d", last, maxRows))
	return errors.Join(
		book.SetSheetRow(list, "A1", new(Columns())),
		// Text, so that no number loses its leading zeros.
		book.SetColStyle(list, "A:"+last, text),
		book.SetCellStyle(list, "A1", last+"1", bold),
		book.SetColWidth(list, "A", last, 24),
		book.SetPanes(list, frozenHeading()),
		yesNo.SetDropList([]string{"yes", "no", "oui", "non"}),
		book.AddDataValidation(list, yesNo),
		fillHelp(book, help, bold),
		sendBook(book, w),
	)
}

// fillHelp writes the sheet that explains the columns.
func fillHelp(book *excelize.File, sheet string, bold int) error {
	wrap, err := book.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	rows := []any{&[]string{"Column / Colonne", "Needed", "Nécessaire", "English", "Français"}}
	for _, e := range explanations() {
		rows = append(rows, &[]string{e.column, e.needed, e.besoin, e.english, e.french})
	}
	rows = append(rows, &[]string{
		"", "", "",
		"One row per user, in the first sheet. The columns may stand in any order; columns of your own are kept and come back in the results.",
		"Une ligne par utilisateur, dans la première feuille. Les colonnes peuvent être dans n'importe quel ordre; vos propres colonnes sont conservées et reviennent dans les résultats.",
	})
	for i, row := range rows {
		if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), row); err != nil {
			return err
		}
	}
	return errors.Join(
		book.SetColWidth(sheet, "A", "C", 24),
		book.SetColWidth(sheet, "D", "E", 60),
		book.SetCellStyle(sheet, "A2", fmt.Sprintf("E%d", len(rows)), wrap),
		book.SetCellStyle(sheet, "A1", "E1", bold),
	)
}
