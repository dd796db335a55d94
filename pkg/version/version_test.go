package version_test

import (
	"regexp"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/version"
)

// released matches the heading of a release, such as "## [0.11.0] - 2026-11-27".
var released = regexp.MustCompile(`(?m)^## \[([0-9]+\.[0-9]+\.[0-9]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// The newest entry of the changelog, which comes first, has the version of the code.
func TestChangelog(t *testing.T) {
	text := filetest.Read(t, "../../CHANGELOG.md")
	newest := released.FindSubmatch(text)
	if newest == nil {
		t.Fatal(`CHANGELOG.md has no heading such as "## [0.11.0] - 2026-11-27"`)
	}
	if got := string(newest[1]); got != version.Current {
		t.Errorf("the newest entry of CHANGELOG.md is %s, and version.Current is %s: change one of them",
			got, version.Current)
	}
}
