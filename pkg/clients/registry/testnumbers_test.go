package registry_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/documents"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

var (
	fictional = phone.Number{E164: "+12025550123", Mask: "+1******0123"}
	until     = clientstest.Start.Add(time.Hour)
)

// tests fails the test unless the fictional number of acme has the code.
func tests(t *testing.T, r *clientstest.Rig, code otp.Code) {
	t.Helper()
	end := otp.MillisOf(until)
	c := r.MustFind(t, "acme")
	for off, want := range map[otp.Millis]otp.Test{
		-1: {Code: code, Until: end}, 0: {}, 1: {}, // to the millisecond
	} {
		if code == "" {
			want = otp.Test{}
		}
		if got := c.Test(fictional.E164, end+off); got != want {
			t.Errorf("at %d ms of its end: %+v, want %+v", off, got, want)
		}
	}
	if c.Test("+12025550124", end-1).Is() {
		t.Error("its neighbour is a test number")
	}
}

// A test number is added, replaced and removed; a dump shows neither it nor its code, and a rotation keeps both.
func TestTestNumbers(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	r.MustAdd(t, clients.Record{ID: "eve"}, "")
	before := r.Raw(t, "client#acme")
	add := func(code otp.Code) {
		t.Helper()
		if err := r.AddTestNumber(ctx, "acme", fictional, code, until.Add(999*time.Microsecond)); err != nil {
			t.Fatal(err)
		}
		tests(t, r, code)
	}
	add("42424213")
	add("51515113")
	record, err := r.Get(ctx, "acme")
	if err != nil || len(record.TestNumbers) != 1 || !record.TestNumbers[0].Added.Equal(clientstest.Start) {
		t.Errorf("%+v, %v", record.TestNumbers, err)
	}
	files, _ := filepath.Glob(r.Database + "*")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil || strings.Contains(string(text), "2025550123") || strings.Contains(string(text), "51515113") {
			t.Errorf("%s shows the number or its code, or %v", filepath.Base(f), err)
		}
	}
	sealed := record.TestNumbers[0].Sealed
	if n, err := r.Reseal(ctx); n == 0 || err != nil {
		t.Error(n, err)
	}
	if record, _ := r.Get(ctx, "acme"); record.TestNumbers[0].Sealed == sealed {
		t.Error("it is not sealed again")
	}
	tests(t, r, "51515113")
	if err := r.RemoveTestNumber(ctx, "acme", fictional); err != nil {
		t.Fatal(err)
	}
	tests(t, r, "")
	if after := r.Raw(t, "client#acme"); after != before {
		t.Errorf("without test numbers the record is %s, want %s", after, before)
	}
	if err := r.RemoveTestNumber(ctx, "acme", fictional); !errors.Is(err, documents.ErrNotFound) {
		t.Error(err)
	}
}

// What cannot be a test number changes nothing.
func TestBadTestNumbers(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	before := r.Raw(t, "client#acme")
	for _, code := range []otp.Code{"", "123", "123456789", "12 456", "12345a"} {
		err := r.AddTestNumber(ctx, "acme", fictional, code, until)
		clientstest.WantError(t, err, "must have 4 to 8 digits")
		if code != "" && strings.Contains(err.Error(), string(code)) {
			t.Errorf("the error shows the code: %v", err)
		}
	}
	for _, end := range []time.Time{{}, clientstest.Start, clientstest.Start.Add(-time.Millisecond)} {
		clientstest.WantError(t, r.AddTestNumber(ctx, "acme", fictional, "424242", end), "must be a time to come")
	}
	if err := r.AddTestNumber(ctx, "nobody", fictional, "424242", until); !errors.Is(err, documents.ErrNotFound) {
		t.Error(err)
	}
	if after := r.Raw(t, "client#acme"); after != before {
		t.Errorf("the record became %s", after)
	}
}

// A test number that was copied to another client opens nothing there, and can be removed by its mask.
func TestMovedTestNumbers(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	r.MustAdd(t, clients.Record{ID: "eve"}, "")
	if err := r.AddTestNumber(ctx, "acme", fictional, "424242", until); err != nil {
		t.Fatal(err)
	}
	r.Put(t, "client#eve", strings.Replace(r.Raw(t, "client#acme"), `"acme"`, `"eve"`, 1))
	c, err := r.Lookup().Find(ctx, "eve")
	if clientstest.WantError(t, err, `client "eve": testNumbers[0] cannot be opened`); c != nil {
		t.Error("found")
	}
	if err := r.RemoveTestNumber(ctx, "eve", fictional); err != nil {
		t.Error(err)
	}
	if c := r.MustFind(t, "eve"); len(c.TestNumbers) != 0 {
		t.Error("it is still there")
	}
}
