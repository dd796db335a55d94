package main

import (
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
)

// described is a client's record as text. brand is the deployment's, as far as the command knows it.
func described(r clients.Record, brand string) string {
	var rows [][]string
	for _, f := range profile.Of(r, brand, time.Now()) {
		rows = append(rows, []string{f.Name, f.Text})
	}
	return columns(rows...)
}
