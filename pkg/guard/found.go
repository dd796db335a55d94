package guard

import "context"

// Found are the entries of a message as a [Reader] found them, by their keys. As [Budgets] they are a try: a charge
// changes nothing. nil is that nobody looked.
type Found map[string]Entry

var _ Budgets = Found{}

// Keys returns the keys of the entries that may count the message.
func (m Message) Keys() []string {
	keys := []string{m.CountryKey(), m.YoungKey(), m.BlockKey()}
	if m.Numbers.Source != nil {
		keys = append(keys, m.SourceKey())
	}
	return keys
}

// Look reads the entries that may count a message. Where there is none, it is one without any message.
func Look(ctx context.Context, r Reader, m Message) (Found, error) {
	keys := m.Keys()
	stored, err := r.Entries(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := make(Found, len(keys))
	for _, key := range keys {
		found[key] = Fresh(key, KindOf(key), m.Hour)
	}
	for _, e := range stored {
		found[e.Key] = e
	}
	return found, nil
}

// Foresee returns the verdict of [Admit] on a message if the entries are still as they were found. Where nobody looked,
// there is room as far as is known.
func (f Found) Foresee(ctx context.Context, m Message) Verdict {
	if _, looked := f[m.CountryKey()]; !looked { // it decides what the other entries are
		return Verdict{}
	}
	m.Label = nil
	v, _ := Admit(ctx, f, m) // these budgets have no error
	return v
}

// Charge implements [Budgets].
func (f Found) Charge(_ context.Context, c Charge) (Entry, bool, error) {
	e, looked := f[c.Key]
	return e, !looked || e.Take(c), nil
}

// Uncharge implements [Budgets].
func (Found) Uncharge(context.Context, Charged) error { return nil }
