package automation

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"irccpin/automation/evidence"
	"irccpin/automation/lang"
	"irccpin/automation/ledger"
)

// PastRun is a run as its evidence tells it.
type PastRun = evidence.Record

// Keep bounds how long past runs are kept, and how much they may take together.
type Keep = evidence.Keep

// RunEvent is one step of a run.
type RunEvent = evidence.Event

// Runs lists the runs of a state directory, newest first. The error is
// state_unavailable.
func Runs(stateDir string) ([]PastRun, error) {
	runs, err := evidence.List(filepath.Join(stateDir, runsDir))
	return runs, evidenceError(err)
}

// LoadRun returns one run and its steps. The error is usage when there is no such
// run, and state_unavailable otherwise.
func LoadRun(stateDir, id string) (PastRun, []RunEvent, error) {
	run, events, err := evidence.Load(filepath.Join(stateDir, runsDir), id)
	if errors.Is(err, fs.ErrNotExist) {
		err = lang.Errorf("there is no run %s in %s", id, stateDir)
	}
	return run, events, evidenceError(err)
}

// WriteRunHTML writes a run as one page that needs nothing else, for a
// colleague. The errors are those of [LoadRun], and of writing.
func WriteRunHTML(w io.Writer, stateDir, id string) error {
	run, events, err := LoadRun(stateDir, id)
	if err != nil {
		return err
	}
	files, err := evidence.Files(filepath.Join(stateDir, runsDir), id)
	if err != nil {
		return evidenceError(err)
	}
	return evidence.WriteHTML(w, run, events, files)
}

func evidenceError(err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if !errors.As(err, &path) {
		return &Error{Code: Usage, Message: err.Error(), Err: err, Hint: lang.Text("irccpin runs list shows the runs.")}
	}
	return stateError(err)
}

// Authorization is the record of one user: for whom, on whose word, with which
// statement. It holds no secret.
type Authorization struct {
	At             time.Time `json:"at"`
	Action         string    `json:"action"`
	Employer       string    `json:"employer"`
	BusinessNumber string    `json:"business_number"`
	GivenName      string    `json:"given_name"`
	FamilyName     string    `json:"family_name"`
	Email          string    `json:"email"`
	AuthorizedBy   string    `json:"authorized_by"`
	// Statement is the wording that was confirmed, as the portal showed it.
	Statement string `json:"statement"`
	// Result is empty while nobody knows what came of it.
	Result    string    `json:"result"`
	ResultAt  time.Time `json:"result_at,omitzero"`
	Run       string    `json:"run"`
	Simulated bool      `json:"simulated"`
}

// Authorizations lists who was created, or deleted, for whom on whose authority,
// oldest first. The error is state_unavailable or bad_settings.
func Authorizations(ctx context.Context, at State) ([]Authorization, error) {
	l, err := openState(ctx, at)
	if err != nil {
		return nil, err
	}
	list := []Authorization{}
	for a, err := range l.ExportAuthorizations(ctx, ledger.AuthorizationFilter{}) {
		if err != nil {
			return nil, errors.Join(stateError(err), l.Close())
		}
		list = append(list, Authorization{
			At: a.At, Action: string(a.Action), Employer: a.LegalName, BusinessNumber: a.BusinessNumber,
			GivenName: a.Person.GivenName, FamilyName: a.Person.FamilyName, Email: a.Person.Email,
			AuthorizedBy: a.AuthorizedBy, Statement: a.Attestation,
			Result: string(a.Result), ResultAt: a.ResultAt, Run: a.RunID, Simulated: a.Realm == ledger.Simulated,
		})
	}
	return list, stateError(l.Close())
}
