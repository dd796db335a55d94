package main

import (
	"regexp"

	"countersign/pkg/phone"
)

// fictions has the ranges that regulators keep free of subscribers, for films and examples:
// whole national numbers by calling code. docs/test-numbers.md has the source of each row.
// Brackets with ordinary lines in them, such as 555 beyond 0100 to 0199, are not here.
var fictions = []struct{ code, pattern string }{
	{"1", `([2346]\d\d|[5789](\d[1-9]|[1-9]0))55501\d\d|8005550199`}, // services have the rest of 500 to 900
	{"33", `(19900|26191|35301|46571|53649|63998)\d{4}`},
	{"44", `(1632960|7700900|8081570|9098790|3069990)\d{3}`},
	{"44", `(11[3-8]4960|1[2-6]14960|1914980|2079460|2896496|2920180)\d{3}`},
	{"46", `(7017406(0[5-9]|[1-9]\d)|3139006\d\d|4062804\d\d|8465004\d\d|9803192\d\d)`},
	{"49", `(3023125|6990009|4066969|2214710|8999998)\d{3}`},
	{"49", `(17139200\d\d|176040690\d\d|152(28817386|28895456|54599371))`},
	{"61", `[2378](5550|7010)\d{4}`},
	{"61", `491(57(0(006|1(10|5[6-9])|313|737)|1(266|491|804)|2(549|665|983)|3(087|770)|4(118|632)|5(254|789)))`},
	{"61", `491(57(6(398|801)|7(426|644)|8(148|888|957)|9(212|455|760)))`},
	{"353", `2091\d{5}`},
}

// fictional reports whether nobody can have a number: it is in a range for fiction.
func fictional(n phone.Number) bool {
	national := n.E164.E164()[1+len(n.CC):]
	for _, f := range fictions {
		if f.code == n.CC && regexp.MustCompile(`^(?:`+f.pattern+`)$`).MatchString(national) {
			return true
		}
	}
	return false
}
