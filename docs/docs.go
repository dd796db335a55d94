// Package docs holds the pages, the document that the local server shows, and the prices of reports.
package docs

import _ "embed"

// OpenAPI describes both contracts, see openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Prices are list prices, see prices.json.
//
//go:embed prices.json
var Prices []byte
