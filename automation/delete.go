package automation

import (
	"context"

	"irccpin/automation/portal"
)

// DeleteUser deletes the access of the one user that a person tells apart.
// Doubts that earlier sessions left are resolved first. Errors: ambiguous_user,
// outcome_unknown, portal_unavailable when the table says that nothing came of
// the click, and those of reading the table.
func (s *Session) DeleteUser(ctx context.Context, p Person) (Outcome, error) {
	found, err := s.resolve(ctx, portal.Deletion, p)
	if err != nil || found != nil {
		return deref(found), s.portal.ended(ctx, err)
	}
	out, err := s.desk.Delete(ctx, p)
	return out, s.portal.ended(ctx, err)
}

func deref(o *Outcome) Outcome {
	if o == nil {
		return Outcome{}
	}
	return *o
}

// Delete is the job that deletes a user's access. That it is wanted has been
// confirmed by then.
func Delete(p Person) Job {
	return func(ctx context.Context, s *Session, r *Result) error {
		out, err := s.DeleteUser(ctx, p)
		r.Reconciled = out.Reconciled
		r.about(out.User)
		if err != nil {
			return err
		}
		r.end(string(out.Result))
		return nil
	}
}
