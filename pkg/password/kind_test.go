package password_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

func TestForms(t *testing.T) {
	for k, texts := range map[password.Kind]map[string]bool{
		password.Payment: {
			"1234": true, "12345678": true, "0000": true, "123": false, "123456789": false, "": false, "12a4": false,
			"-123": false, "１２３４": false, "12 34": false, "1234\n": false, "٠١٢٣": false,
		},
		password.Login: {
			"12345678": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "1234567": false,
			"":                   false,
			"пароль с пробелами": true, strings.Repeat("é", 64): true, strings.Repeat("密", 51): true,
			strings.Repeat("密", 52): false, "密码密码密码密": false, "密码密码密码密码": true,
			"tab\tinside it":   false,
			"canary\xffcanary": false, "nul\x00canary": false, "back\u0085canary": false, " spaces at ends ": true,
			strings.Repeat("\U0001F600", 38): true, strings.Repeat("\U0001F600", 39): false,
		},
	} {
		for text, ok := range texts {
			if rule := k.Form(password.Clear(text)); (rule == "") != ok {
				t.Errorf("%s %q: %q", k, text, rule)
			}
		}
	}
}

// The longest password is what a key encrypts beside an authenticationId.
func TestLongestPassword(t *testing.T) {
	w := newWorld(t, onSQLite(t), 1)
	w.set(password.Login, phrase)
	authID := w.ask("id", password.Login)
	_, key := w.keys.Encryption(t.Context())
	plain := authID + "." + strings.Repeat("x", password.MaxBytes)
	if _, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, []byte(plain), nil); err != nil {
		t.Errorf("an authenticationId of %d characters: %v", len(authID), err)
	}
	if _, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, []byte(plain+"x"), nil); err == nil {
		t.Error("a longer one can be encrypted too")
	}
}

const ours otp.Phone = "+606543216353"

// Each uniform PIN and each run of each length is refused, and each part of the number.
func TestWeakPINs(t *testing.T) {
	refused := func(text string) {
		t.Helper()
		typed := password.Clear(text)
		if password.Payment.Form(typed) == "" && password.Payment.Weak(typed, ours) == "" {
			t.Errorf("%s is not refused", text)
		}
	}
	const up, down, digits = "01234567890123456789", "98765432109876543210", "606543216353"
	for n := password.MinPIN; n <= password.MaxPIN; n++ {
		for i := range 10 {
			refused(strings.Repeat(fmt.Sprint(i), n))
			refused(up[i : i+n])
			refused(down[i : i+n])
		}
		for i := 0; i+n <= len(digits); i++ {
			refused(digits[i : i+n])
		}
	}
	for _, text := range []string{"2580", "482915", "737261", "4826", "48291", "4829157", "48291573"} {
		if rule := password.Payment.Weak(password.Clear(text), ours); rule != "" {
			t.Errorf("%s: %s", text, rule)
		}
	}
}

// Of each length, at least twenty PINs are refused that no other rule refuses, or as many as make twenty with them.
func TestCommonestPINs(t *testing.T) {
	lists := password.CommonPINs()
	for n := password.MinPIN; n <= password.MaxPIN; n++ {
		if len(lists[n]) < 20 {
			t.Errorf("%d PINs of %d digits", len(lists[n]), n)
		}
		for _, text := range lists[n] {
			if password.Payment.Weak(password.Clear(text), "+33612345678") == "" {
				t.Errorf("%s is not refused", text)
			}
		}
	}
}

func TestWeakLogins(t *testing.T) {
	for text, weak := range map[string]bool{
		"password": true, "PassWord": true, "12345678": true, "abcdefgh": true, "zyxwvuts": true, "xxxxxxxx": true,
		"éééééééé": true, "密密密密密密密密": true, "06543216": true, "my606543216353": true,
		"P@ssw0rd":                true,
		"canary-in-the-coal-mine": false, "密码密码密码密码": false, "passwords": false, "abcdefgi": false,
	} {
		if rule := password.Login.Weak(password.Clear(text), ours); (rule != "") != weak {
			t.Errorf("%s: %q", text, rule)
		}
	}
}
