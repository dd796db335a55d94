package sending

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/config"
	"countersign/pkg/otp"
)

// Senders is a table of senders by name. Each process has its own (that of the functions is in
// functions/internal/senders), because a deployment must not link a sender that shows codes.
//
// A new sender is a package with an [otp.Sender], and a row in the table of each process that may use it. The setting
// COUNTERSIGN_SENDER chooses one by its name.
type Senders map[string]Open

// Open makes a sender from the settings of its process. Its error names the setting that is wrong.
type Open func(getenv func(string) string) (otp.Sender, error)

// Open makes the sender that COUNTERSIGN_SENDER names, or the one named standard where it names none.
func (s Senders) Open(getenv func(string) string, standard string) (otp.Sender, error) {
	name := Chosen(getenv, standard)
	open, ok := s[name]
	if !ok {
		names := strings.Join(slices.Sorted(maps.Keys(s)), ", ")
		return nil, fmt.Errorf("%sSENDER is %q, must be one of: %s", config.Prefix, name, names)
	}
	return open(getenv)
}

// Chosen returns the name that COUNTERSIGN_SENDER has, or standard where it has none.
func Chosen(getenv func(string) string, standard string) string {
	return cmp.Or(config.Get(getenv, "SENDER"), standard)
}
