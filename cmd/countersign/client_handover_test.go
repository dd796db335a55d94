package main

import (
	"testing"

	"countersign/pkg/openstore"
)

// TestBaseURL: the base URL of a deployment is not that of a laptop.
func TestBaseURL(t *testing.T) {
	const laptop = "http://127.0.0.1:8080"
	deployment := place{storeFlags: storeFlags{Store: openstore.DynamoDB}}
	folder := place{storeFlags: storeFlags{Store: openstore.SQLite}}
	const unknown = "the output Url of the stack (COUNTERSIGN_URL is not set)"
	if got := (merchantURL{laptop}).baseURL(deployment); got != unknown {
		t.Errorf("a deployment without COUNTERSIGN_URL: %s", got)
	}
	if got := (merchantURL{"https://api.example"}).baseURL(deployment); got != "https://api.example" {
		t.Errorf("a deployment with COUNTERSIGN_URL: %s", got)
	}
	if got := (merchantURL{laptop}).baseURL(folder); got != laptop {
		t.Errorf("a laptop: %s", got)
	}
}
