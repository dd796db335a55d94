package report

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"countersign/docs"
)

// ListCountry is the country of [ListPrice].
const ListCountry = "US"

// ListPrice returns the price of a message to [ListCountry] in docs/prices.json, with the fee of its networks: a low
// one among the prices of the world.
func ListPrice() (usd float64, err error) {
	var list struct {
		SMS struct {
			USD     float64 `json:"usd"`
			Carrier float64 `json:"carrier"`
		} `json:"sms"`
	}
	if err := json.Unmarshal(docs.Prices, &list); err != nil {
		return 0, fmt.Errorf("docs/prices.json: %w", err)
	}
	return list.SMS.USD + list.SMS.Carrier, nil
}

// ListPrices returns the price of the list for all countries, and a note for a reader who has not given his own.
func ListPrices() (all Prices, note string, err error) {
	usd, err := ListPrice()
	if err != nil {
		return nil, "", err
	}
	return Prices{"": usd}, fmt.Sprintf("Each refused message is taken for %g USD, the price of one to the "+
		ListCountry+" in docs/prices.json, a low one: --price takes yours.", usd), nil
}

// Prices of a message by country, ISO 3166-1 alpha-2; "" is all others.
type Prices map[string]float64

// of returns the price of a message to a country.
func (p Prices) of(country string) float64 {
	if usd, ok := p[country]; ok {
		return usd
	}
	return p[""]
}
