// Package docs has the documents that programs show.
package docs

import _ "embed"

// OpenAPI describes both contracts, see openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte
