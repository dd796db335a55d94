package otp

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The ranks are a total order. All ranks of a state are in one ten, which no other state has: stores compare the tens
// to see whether a message has another state.
func TestReasonsAreATotalOrder(t *testing.T) {
	states := map[int]MessageState{}
	var order []MessageState
	if !slices.IsSortedFunc(meanings, func(a, b meaning) int { return cmp.Compare(a.rank, b.rank) }) {
		t.Error("the reasons are not in the order of their ranks")
	}
	for i, m := range meanings {
		if i > 0 && meanings[i-1].rank == m.rank {
			t.Errorf("%s and %s have the same rank", meanings[i-1].Reason, m.Reason)
		}
		if states[m.rank/10] == "" {
			states[m.rank/10] = m.state
			order = append(order, m.state)
		}
		if states[m.rank/10] != m.state || m.rank <= 0 {
			t.Errorf("%s: rank %d is among those of %s", m.Reason, m.rank, states[m.rank/10])
		}
		if m.words == "" || m.Reason.Words() != m.words || m.Reason.State() != m.state {
			t.Errorf("%s: %q, %q", m.Reason, m.Reason.Words(), m.Reason.State())
		}
	}
	want := []MessageState{MessageUndelivered, MessageExpired, MessageBlocked, MessageUndeliverable, MessageDelivered}
	if !slices.Equal(order, want) {
		t.Errorf("the states are ordered %q, want %q", order, want)
	}
	if r := Reason("other"); r.Rank() != 0 || r.State() != "" {
		t.Errorf("a text that is no reason has rank %d and state %q", r.Rank(), r.State())
	}
}

// A field of a receipt that is not in the list is stored nowhere.
func TestEveryFieldOfAReceiptIsListed(t *testing.T) {
	var r Receipt
	listed := map[uintptr]bool{}
	for _, f := range ReceiptFields {
		at := f.Pointer(&r)
		listed[reflect.ValueOf(at).Pointer()] = true
		switch at.(type) {
		case *string, *int, *int64:
		default:
			t.Errorf("%s: the pointer is a %T, which a receipt does not have", f.Name, at)
		}
		if f.Name == "" || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			t.Errorf("%q: a name has ASCII letters only", f.Name)
		}
	}
	for _, of := range []reflect.Value{reflect.ValueOf(&r).Elem(), reflect.ValueOf(&r.Reported).Elem()} {
		for field, value := range of.Fields() {
			if !field.Anonymous && !listed[value.Addr().Pointer()] {
				t.Errorf("%s is missing from ReceiptFields in pkg/otp/receipt.go; a field of a challenge that no "+
					"report of a message has is one of Marks, not of Reported, in pkg/otp/fields.go", field.Name)
			}
		}
	}
	if ReceiptFields[0].Name != "pk" {
		t.Errorf("the first field is %s, want the primary key", ReceiptFields[0].Name)
	}
}
