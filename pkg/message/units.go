package message

import "unicode/utf8"

// Lengths of a message in one part, and of each part of a longer one, which has a header (3GPP TS 23.040).
const (
	oneGSM, eachGSM   = 160, 153 // septets
	oneUCS2, eachUCS2 = 70, 67   // units of 16 bits
)

// Size is the length of a text on the air.
type Size struct {
	Units int  // septets, or units of 16 bits if Wide
	Parts int  // messages that are billed
	Wide  bool // UCS-2, because a character is not in the GSM 7-bit alphabet
}

// Room returns how many more units one part takes: below 0, the text is too long for it.
func (s Size) Room() int {
	if s.Wide {
		return oneUCS2 - s.Units
	}
	return oneGSM - s.Units
}

// Measure returns the size of a text, and allocates nothing. In the GSM 7-bit alphabet a character of the extension
// table takes two septets; in UCS-2 one outside the basic plane takes two units. A part never ends between the two.
// National shift tables are not used: networks differ in them.
func Measure(text string) Size {
	total, parts, free := 0, 1, eachGSM
	for _, r := range text {
		n := septets(r)
		if n == 0 {
			return measureWide(text)
		}
		total, parts, free = add(n, total, parts, free, eachGSM)
	}
	if total <= oneGSM {
		parts = 1
	}
	return Size{Units: total, Parts: parts}
}

func measureWide(text string) Size {
	total, parts, free := 0, 1, eachUCS2
	for _, r := range text { // a byte that is no UTF-8 counts as U+FFFD, which encoders write in its place
		total, parts, free = add(units(r), total, parts, free, eachUCS2)
	}
	if total <= oneUCS2 {
		parts = 1
	}
	return Size{Units: total, Parts: parts, Wide: true}
}

// units returns how many units of UCS-2 a character takes.
func units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// add counts a character of n units, which begins the next part if the last one has no room for it.
func add(n, total, parts, free, each int) (newTotal, newParts, newFree int) {
	if free < n {
		parts, free = parts+1, each
	}
	return total + n, parts, free - n
}

// septets returns how many septets a character takes in the GSM 7-bit default alphabet (3GPP TS 23.038 section 6.2.1),
// and 0 for a character that is not in it.
func septets(r rune) int {
	if r < utf8.RuneSelf {
		return int(ascii[r])
	}
	switch r {
	case '€':
		return 2
	case '£', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', 'Ø', 'ø', 'Å', 'å', 'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ',
		'Æ', 'æ', 'ß', 'É', '¤', '¡', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'ä', 'ö', 'ñ', 'ü', 'à':
		return 1
	}
	return 0
}

// ascii has the septets of the characters of ASCII. A grave accent is in neither table, and control characters are not
// but for the line break, the carriage return and the form feed.
var ascii = [utf8.RuneSelf]uint8{
	'\n': 1, '\f': 2, '\r': 1,
	' ': 1, '!': 1, '"': 1, '#': 1, '$': 1, '%': 1, '&': 1, '\'': 1, '(': 1, ')': 1, '*': 1, '+': 1, ',': 1, '-': 1,
	'.': 1, '/': 1, '0': 1, '1': 1, '2': 1, '3': 1, '4': 1, '5': 1, '6': 1, '7': 1, '8': 1, '9': 1, ':': 1, ';': 1,
	'<': 1, '=': 1, '>': 1, '?': 1, '@': 1,
	'A': 1, 'B': 1, 'C': 1, 'D': 1, 'E': 1, 'F': 1, 'G': 1, 'H': 1, 'I': 1, 'J': 1, 'K': 1, 'L': 1, 'M': 1, 'N': 1,
	'O': 1, 'P': 1, 'Q': 1, 'R': 1, 'S': 1, 'T': 1, 'U': 1, 'V': 1, 'W': 1, 'X': 1, 'Y': 1, 'Z': 1,
	'[': 2, '\\': 2, ']': 2, '^': 2, '_': 1,
	'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1, 'f': 1, 'g': 1, 'h': 1, 'i': 1, 'j': 1, 'k': 1, 'l': 1, 'm': 1, 'n': 1,
	'o': 1, 'p': 1, 'q': 1, 'r': 1, 's': 1, 't': 1, 'u': 1, 'v': 1, 'w': 1, 'x': 1, 'y': 1, 'z': 1,
	'{': 2, '|': 2, '}': 2, '~': 2,
}
