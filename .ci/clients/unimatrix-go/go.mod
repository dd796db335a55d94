// A module of its own, so that the SDK is no dependency of the product.
module clients

go 1.26

require github.com/unimtx/uni-go-sdk v0.3.0
