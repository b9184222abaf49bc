package roster

// contradictions finds rows that cannot both be right. Two rows that say the
// same are none: the second finds what the first did.
func contradictions(rows []Row, f *faults) {
	type name struct{ source, given, family string }
	type mail struct{ source, email string }
	var (
		numbers = map[string]Row{}
		names   = map[name]Row{}
		mails   = map[mail]Row{}
	)
	for _, r := range rows {
		k := r.key
		if number := compactNumber(r.BusinessNumber); number != "" && k.source != "keychain " {
			if first, twice := numbers[k.source]; !twice {
				numbers[k.source] = r
			} else if compactNumber(first.BusinessNumber) != number {
				f.add(r.Number, ColBusinessNumber, "row %d has another one with the same credentials, and an account has one", first.Number)
			}
		}
		if r.named() {
			n := name{k.source, k.given, k.family}
			if first, twice := names[n]; !twice {
				names[n] = r
			} else {
				differs(first, r, f)
			}
		}
		if k.email != "" {
			m := mail{k.source, k.email}
			if first, twice := mails[m]; !twice {
				mails[m] = r
			} else if first.named() && r.named() && (first.key.given != k.given || first.key.family != k.family) && !r.AllowConflict {
				f.add(r.Number, ColEmail, "row %d has the same e-mail address and other names; write yes into %s if they are two people", first.Number, ColAllowConflict)
			}
		}
	}
}

// differs finds what two rows about one name at one employer do not agree on.
func differs(first, r Row, f *faults) {
	if first.key.email != r.key.email {
		if !r.AllowConflict {
			f.add(r.Number, ColEmail, "row %d has the same names and another e-mail address, or none; write yes into %s if they are two people", first.Number, ColAllowConflict)
		}
		return
	}
	if fold(first.AuthorizedBy) != fold(r.AuthorizedBy) {
		f.add(r.Number, ColAuthorizedBy, "row %d is about the same person and names another one", first.Number)
	}
	if first.AllowConflict != r.AllowConflict {
		f.add(r.Number, ColAllowConflict, "row %d is about the same person and says otherwise", first.Number)
	}
}

// named tells whether the row has names: for a PIN, an e-mail address is enough.
func (r Row) named() bool { return r.key.given+r.key.family != "" }
