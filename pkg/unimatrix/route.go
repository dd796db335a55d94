package unimatrix

// Serves reports whether a request is this contract's to answer, by its path and
// raw query. "//" comes from SDKs whose endpoint ends in a slash, any other path
// from those whose endpoint has a path. Ask it after every other owner of paths,
// and before any mux: http.ServeMux redirects "//", which the SDKs do not follow.
func Serves(path, query string) bool {
	return path == "/" || path == "//" || names(query, "action", "accessKeyId")
}
