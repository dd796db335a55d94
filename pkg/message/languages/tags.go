package languages

import (
	"slices"
	"strings"
	"sync"
)

// find returns the row for a language tag: the first text for people who ask for that language. "" is English.
//
// The rules are those of BCP 47 with CLDR's matching, for the languages of the table: old and three-letter codes,
// macrolanguages, and the script that a region writes Chinese in. A test compares them with golang.org/x/text, which no
// function links: its tables take longer to load than everything else of a function.
func find(tag string) (*row, bool) {
	if tag == "" {
		tag = "en"
	}
	language, script, region := split(tag)
	switch language = canonical(language); language {
	case "zh":
		language = "zh-" + chinese(script, region)
	case "pt":
		if region == "BR" {
			language = "pt-BR"
		}
	}
	i, found := slices.BinarySearchFunc(table[:], language, func(r row, tag string) int {
		return strings.Compare(r.tag, tag)
	})
	if !found {
		return nil, false
	}
	return &table[i], true
}

// split returns the primary subtag in lower case, and the script and the region if there are any. Locales of POSIX and
// Java have other separators than BCP 47: en_US.UTF-8, de_DE@euro, zh_TW_#Hant. So have the folders of Android's
// resources, pt-rBR and b+zh+Hant, and the old names of Windows end in a script of their own, zh-CHT.
func split(tag string) (language, script, region string) {
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "b+")
	if i := strings.IndexAny(tag, ".@"); i >= 0 {
		tag = tag[:i]
	}
	language, rest := subtag(tag)
	if language = strings.ToLower(language); language == "yue" || language == "zh" {
		if next, after := subtag(rest); len(next) == 3 && strings.EqualFold(next, "yue") || language == "yue" {
			script = "Hant" // Cantonese, zh-yue or yue: but in mainland China
			if language == "zh" {
				rest = after
			}
			language = "zh"
		}
	}
	cantonese := script != ""
	for rest != "" {
		var next string
		next, rest = subtag(rest)
		next = strings.TrimPrefix(next, "#")
		switch {
		case len(next) == 1: // an extension, or private use
			rest = ""
		case len(next) == 4 && (script == "" || cantonese):
			script, cantonese = strings.ToUpper(next[:1])+strings.ToLower(next[1:]), false
		case len(next) == 2 && region == "":
			region = strings.ToUpper(next)
		case len(next) == 3 && next[0] == 'r' && region == "" && next == "r"+strings.ToUpper(next[1:]):
			region = next[1:]
		case strings.EqualFold(next, "CHT") && script == "":
			script = "Hant"
		case strings.EqualFold(next, "CHS") && script == "":
			script = "Hans"
		}
	}
	if cantonese && region == "CN" {
		script = "Hans"
	}
	return language, script, region
}

// subtag returns the first subtag of a tag, and the rest.
func subtag(tag string) (first, rest string) {
	if i := strings.IndexAny(tag, "-_+"); i >= 0 {
		return tag[:i], tag[i+1:]
	}
	if i := strings.IndexByte(tag, '#'); i > 0 {
		return tag[:i], tag[i:]
	}
	return tag, ""
}

// chinese returns the script of Chinese text: the given one, or the one that people in a region read.
func chinese(script, region string) string {
	switch script {
	case "Hans", "Hant":
		return script
	}
	switch region {
	case "TW", "HK", "MO", "AU", "BN", "GB", "GF", "ID", "PA", "PF", "PH", "SR", "TH", "US", "VN":
		return "Hant"
	}
	return "Hans"
}

// canonical returns the code of the table for another code of the same language: the old code of Indonesian or Hebrew,
// which Java and Android write, the codes of three letters (ISO 639-2 and 639-3), and the languages whose speakers read
// one of the table.
func canonical(code string) string {
	if language := otherCodes()[code]; language != "" {
		return language
	}
	return code
}

// otherCodes maps the other codes of a language to the one that its text has. They are read when
// the first tag is.
var otherCodes = sync.OnceValue(func() map[string]string {
	const table = "ar=ara,arb bg=bul bn=ben cs=ces,cze da=dan de=deu,ger el=ell,gre en=eng es=spa et=est,ekk " +
		"fa=fas,per,pes,prs fi=fin fil=tl,tgl fr=fra,fre he=iw,heb hi=hin hr=hrv,bs,bos hu=hun id=in,ind " +
		"it=ita ja=jpn km=khm ko=kor lt=lit lv=lav,lvs mr=mar ms=msa,may,zsm my=mya,bur " +
		"nb=no,nor,nob,nn,nno nl=nld,dut pl=pol pt=por ro=ro,ron,rum,mo,mol ru=rus sk=slk,slo sl=slv " +
		"sr=srp,sh,hbs,cnr sv=swe sw=swa,swh ta=tam te=tel th=tha tr=tur uk=ukr ur=urd vi=vie " +
		"zh=zho,chi,cmn"
	all := map[string]string{}
	for row := range strings.FieldsSeq(table) {
		language, others, _ := strings.Cut(row, "=")
		for code := range strings.SplitSeq(others, ",") {
			all[code] = language
		}
	}
	return all
})
