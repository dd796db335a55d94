package password_test

import (
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// A user whom a version without passwords has added has the number once a change of the user notes that. The end of a
// user is that of its passwords, and not of another user's with the same number. The number may get a password again.
func TestUsersComeAndGo(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		d := newDoor(t, o.open(t), small)
		list, a, ctx := d.directory(), d.processes[0], t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		d.set(password.Payment, pin) // by number
		must(list.Block(ctx, client, "someone"))
		d.ref(password.Payment, "")
		someone, err := list.Person(ctx, client, "someone")
		must(err)
		if someone.Number != dashed || someone.ID != "someone" {
			t.Errorf("%q", someone.ID)
		}
		must(a.Link(ctx, client, number, someone.ID, someone.Added))
		d.ref(password.Payment, otp.NoPassword)
		must(list.Unblock(ctx, client, "someone"))
		d.ref(password.Payment, "")

		must(list.Add(ctx, client, "second", dashed))
		second, err := list.Person(ctx, client, "second")
		must(err)
		must(a.Link(ctx, client, number, second.ID, second.Added))
		must(list.Remove(ctx, client, "second"))
		must(a.Forget(ctx, client, number, second.ID, second.Added))
		d.ref(password.Payment, "")

		must(list.Remove(ctx, client, "someone")) // by a version that forgets nothing
		d.ref(password.Payment, otp.NoPassword)
		d.set(password.Login, "correct horse")
		d.ref(password.Payment, otp.NoPassword)
		d.ref(password.Login, "")
		must(a.Forget(ctx, client, number, someone.ID, someone.Added))
		d.ref(password.Login, otp.NoPassword) // it is nobody's, and could be that user's
	})
}
