package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients/profile"
)

// answer prints the result of a command: value in JSON, or text.
func (p place) answer(value any, text string) error {
	if p.JSON {
		b, err := json.Marshal(value)
		if err != nil {
			return err
		}
		text = string(b)
	}
	_, err := fmt.Println(strings.TrimSuffix(text, "\n"))
	return err
}

// warn prints a line on standard error, beside the result of the command.
func warn(format string, args ...any) { fmt.Fprintf(os.Stderr, "countersign: "+format+"\n", args...) }

// columns aligns the cells of rows. Each row is a line.
func columns(rows ...[]string) string {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(out, strings.Join(row, "\t"))
	}
	out.Flush()
	return b.String()
}

// quoted makes an id safe to print.
func quoted(id string) string { return profile.Quoted(id) }

// instant is a time as a cell, "-" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// count is a number with what it counts, one or more.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", more)
}
