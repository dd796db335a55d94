// A module of its own, so that gosec is no dependency of the product.
module gosec

go 1.26

require (
	github.com/securego/gosec/v2 v2.22.11
	golang.org/x/tools v0.39.0
)

require (
	github.com/ccojocar/zxcvbn-go v1.0.4 // indirect
	golang.org/x/mod v0.30.0 // indirect
	golang.org/x/sync v0.18.0 // indirect
)
