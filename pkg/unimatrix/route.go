package unimatrix

// Serves reports whether this contract answers a request, by its path and raw query. "//" comes from SDKs
// whose endpoint ends in a slash, any other path from SDKs whose endpoint has a path. Call it after every
// other owner of paths, and before any mux: http.ServeMux redirects "//", and the SDKs do not follow
// redirects.
func Serves(path, query string) bool {
	return path == "/" || path == "//" || names(query, "action", "accessKeyId")
}
