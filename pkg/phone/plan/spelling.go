package plan

// spelling is one way to write lines that have another spelling today.
type spelling struct {
	code    string // calling code
	older   string // pattern of whole national numbers
	current string // the national number that networks take
}

// spellings has the regions where a line has several spellings in E.164 form that people
// and their address books go on using. docs/numbers.md has the source of each row. The
// result of a row matches no row: TestSpellingsAreFinal.
var spellings = []spelling{
	// The Gambia: operators' mobile prefixes before the seven digits of before.
	{"220", `([27]\d{6}|4[015]\d{5})`, "87${1}"},
	{"220", `(3\d{6}|5[0-489]\d{5})`, "83${1}"},
	{"220", `(6\d{6}|8[4-7]\d{5})`, "86${1}"},
	{"220", `(9\d{6})`, "89${1}"},
	// Ivory Coast: the operator's prefix, which the second digit of before shows.
	{"225", `((?:0[1-3]|[4-7][0-3]|[89][1-3])\d{6})`, "01${1}"},
	{"225", `([04-9][4-6]\d{6})`, "05${1}"},
	{"225", `([04-9][7-9]\d{6})`, "07${1}"},
	// Benin: 01 before the eight digits of before.
	{"229", `([2-9]\d{7})`, "01${1}"},
	// Mauritius: 5 before the seven digits of a mobile line of before.
	{"230", `([79]\d{6}|25\d{5})`, "5${1}"},
	// Liberia: 55 before Novafone's seven digits of before.
	{"231", `(5\d{6})`, "55${1}"},
	// Cameroon: 6 before the eight digits of a mobile line of before.
	{"237", `([5-79]\d{7})`, "6${1}"},
	// Gabon: 0 gives way to the operator's digit; before, some left the 0 out. No source has
	// an operator's digit for 03.
	{"241", `(3\d{6})`, "0${1}"},
	{"241", `0?([256]\d{6})`, "6${1}"},
	{"241", `0?([47]\d{6})`, "7${1}"},
	{"241", `01(\d{6})`, "11${1}"},
	// Mexico: the 1 of mobile lines is gone.
	{"52", `1(\d{10})`, "${1}"},
	// Argentina: the 9 of mobile lines. A line without it may be fixed, which takes no SMS.
	{"54", `((?:11|[23]\d)\d{8})`, "9${1}"},
	// Brazil: the ninth digit of mobile lines. Lines of radio networks, with 7, have eight.
	{"55", `((?:[14689][1-9]|2[12478]|3[1-578]|5[13-5]|7[13-579]))([689]\d{7})`, "${1}9${2}"},
	// Vietnam: operators' two digits in place of three.
	{"84", `16([2-9]\d{7})`, "3${1}"},
	{"84", `120(\d{7})`, "70${1}"},
	{"84", `121(\d{7})`, "79${1}"},
	{"84", `122(\d{7})`, "77${1}"},
	{"84", `123(\d{7})`, "83${1}"},
	{"84", `124(\d{7})`, "84${1}"},
	{"84", `125(\d{7})`, "85${1}"},
	{"84", `126(\d{7})`, "76${1}"},
	{"84", `127(\d{7})`, "81${1}"},
	{"84", `128(\d{7})`, "78${1}"},
	{"84", `129(\d{7})`, "82${1}"},
	{"84", `186(\d{7})`, "56${1}"},
	{"84", `188(\d{7})`, "58${1}"},
	{"84", `199(\d{7})`, "59${1}"},
}

// canonical returns the spelling of a national number that networks take.
func canonical(code, national string) string {
	for _, s := range spellings {
		if s.code != code {
			continue
		}
		if re := whole(s.older); re.MatchString(national) {
			return re.ReplaceAllString(national, s.current)
		}
	}
	return national
}
