package openstore

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// PrivateKeyFile is the path of a client's key that was generated on this machine.
func (p Place) PrivateKeyFile(client, version string) string {
	name := url.PathEscape(client)
	if version != "1" {
		name += ".v" + version
	}
	return filepath.Join(p.Folder, "clients", name+".key.pem")
}

// NewestPrivateKeyFile finds the newest of the client's keys that were generated on this machine, and its version. If
// there is none, path is that which the first one would have.
func (p Place) NewestPrivateKeyFile(client string) (path, version string, found bool) {
	path, version = p.PrivateKeyFile(client, "1"), "1"
	entries, _ := os.ReadDir(filepath.Dir(path))
	name := regexp.MustCompile(`\A` + regexp.QuoteMeta(url.PathEscape(client)) + `(?:\.v([0-9]+))?\.key\.pem\z`)
	newest := 0
	for _, e := range entries {
		m := name.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		number, err := strconv.Atoi(m[1])
		if err != nil {
			number = 1
		}
		if number > newest {
			newest, path, version = number, filepath.Join(filepath.Dir(path), e.Name()), strconv.Itoa(number)
		}
	}
	return path, version, newest > 0
}
