// Package docs holds the pages, and the document that the local server shows.
package docs

import _ "embed"

// OpenAPI describes both contracts, see openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte
