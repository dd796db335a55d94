package languages

// row is the text in one language. The code always comes first, where a phone's notification shows it and its autofill
// finds it, then the brand, then the time.
//
// A text addresses people politely, or not at all. It has no exclamation mark, which reads as advertising, and no
// link. Where the GSM 7-bit alphabet has the letters that the language's own words need, the words are chosen so that
// they fit it, which leaves more room; else they are written as they should be.
//
// The minutes are a clause of their own for each plural form of the language, in the order of [plural]. # is the
// number. soon is the clause with less than a minute left. What is true then differs from language to language: some
// say that less than a minute is left, others that the code expires within one.
//
// The words between the two strokes of a text have the time. Without them it is the short text, for messages whose
// lines for autofill leave no room for the whole one.
type row struct {
	tag, text string
	rule      plural
	minutes   string // the forms, between strokes
	soon      string
}

// table is in the order of its tags. Nothing is made of it before a text in the language is needed.
var table = [...]row{
	{"ar", "{code} هو رمزكم لدى {brand}|، وصلاحيته {time}|.", arabic,
		"دقيقة واحدة|دقيقتان|# دقائق|# دقيقة", "أقل من دقيقة"},
	{"bg", "{code} е Вашият код за {brand}|. Важи {time}|.", one, "# минута|# минути", "по-малко от минута"},
	{"bn", "{code} আপনার {brand} কোড|। এর মেয়াদ {time}|।", same, "# মিনিট", "1 মিনিটের কম"},
	{"cs", "{code} je Váš kód pro {brand}|. Platí {time}|.", czech, "# minutu|# minuty|# minut", "necelou minutu"},
	{"da", "{code} er din kode til {brand}|, gyldig i {time}|.", one, "# minut|# minutter", "mindre end 1 minut"},
	{"de", "{code} ist Ihr Code für {brand}|. Er gilt {time}|.", one, "# Minute|# Minuten", "weniger als 1 Minute"},
	{"el", "{code} είναι ο κωδικός σας {brand}|. {time}|.", one,
		"Λήγει σε # λεπτό|Λήγει σε # λεπτά", "Λήγει εντός 1 λεπτού"},
	{"en", "{code} is your {brand} code|, valid for {time}|.", one, "# minute|# minutes", "less than 1 minute"},
	{"es", "{code} es su clave de {brand}|. Expira en {time}|.", one, "# minuto|# minutos", "menos de 1 minuto"},
	{"et", "{code} on teenuse {brand} kood|. See kehtib {time}|.", one, "# minuti|# minutit", "alla 1 minuti"},
	{"fa", "{code} کد {brand} شماست| و {time} اعتبار دارد|.", same, "# دقیقه", "کمتر از یک دقیقه"},
	{"fi", "{code} on koodinne palveluun {brand}|. Se on voimassa {time}|.", one,
		"# minuutin|# minuuttia", "alle minuutin"},
	{"fil", "{code} ang inyong {brand} code|. {time}|.", same,
		"Valid ito sa loob ng # minuto", "Mag-e-expire sa loob ng 1 minuto"},
	{"fr", "{code} est votre code {brand}|, valable {time}|.", one, "# minute|# minutes", "moins d'une minute"},
	{"he", "{code} הוא הקוד שלך ל-{brand}|. {time}|.", one,
		"הוא בתוקף לדקה אחת|הוא בתוקף ל-# דקות", "תוקפו יפוג בתוך דקה"},
	{"hi", "{code} आपका {brand} कोड है|। {time}|।", same, "यह # मिनट तक मान्य है", "यह 1 मिनट में समाप्त होगा"},
	{"hr", "{code} je Vaš kod za {brand}|. Vrijedi {time}|.", slavic, "# minutu|# minute|# minuta", "manje od minute"},
	{"hu", "{code} az Ön kódja ({brand})|. {time}|.", same, "Még # percig érvényes", "1 percen belül lejár"},
	{"id", "{code} adalah kode {brand} Anda|, berlaku selama {time}|.", same, "# menit", "kurang dari 1 menit"},
	{"it", "{code} è il Suo codice {brand}|, valido per {time}|.", one, "# minuto|# minuti", "meno di 1 minuto"},
	{"ja", "{code} は{brand}の認証コードです|。{time}|。", same, "有効時間は#分です", "有効時間は1分未満です"},
	{"km", "{code} ជាលេខកូដ {brand} របស់លោកអ្នក|។ {time}|។", same, "មានសុពលភាព # នាទី", "ផុតកំណត់ក្នុង 1 នាទី"},
	{"ko", "{code} - {brand} 인증번호입니다|. {time}|.", same, "#분간 유효합니다", "1분 안에 만료됩니다"},
	{"lt", "{code} – Jūsų „{brand}“ kodas|. Galioja {time}|.", lithuanian,
		"# minutę|# minutes|# minučių", "mažiau nei minutę"},
	{"lv", "{code} ir Jūsu {brand} kods|. Derīgs {time}|.", latvian, "# minūti|# minūtes", "mazāk par minūti"},
	{"mr", "{code} हा आपला {brand} कोड आहे|. {time}|.", one,
		"तो # मिनिट वैध आहे|तो # मिनिटे वैध आहे", "तो 1 मिनिटात संपेल"},
	{"ms", "{code} ialah kod {brand} anda|, sah selama {time}|.", same, "# minit", "kurang daripada 1 minit"},
	{"my", "{code} – သင့် {brand} ကုဒ်|။ {time} သုံးပါ|။", same, "# မိနစ်အတွင်း", "1 မိနစ်မပြည့်မီ"},
	{"nb", "{code} er din kode til {brand}|, gyldig i {time}|.", one, "# minutt|# minutter", "mindre enn 1 minutt"},
	{"nl", "{code} is uw code voor {brand}| en is {time} geldig|.", one, "# minuut|# minuten", "minder dan 1 minuut"},
	{"pl", "{code} to kod {brand}|. Ważny {time}|.", polish, "# minutę|# minuty|# minut", "mniej niż minutę"},
	{"pt", "{code} é o seu PIN {brand}|. Expira em {time}|.", one, "# minuto|# minutos", "menos de 1 minuto"},
	{"pt-BR", "{code} é o seu token {brand}|. Expira em {time}|.", one, "# minuto|# minutos", "menos de 1 minuto"},
	{"ro", "{code} este codul dvs. {brand}|, valabil {time}|.", romanian,
		"# minut|# minute|# de minute", "sub 1 minut"},
	{"ru", "{code} — Ваш код для {brand}|. Действует {time}|.", slavic, "# минуту|# минуты|# минут", "меньше минуты"},
	{"sk", "{code} je Váš kód pre {brand}|. Platí {time}|.", czech, "# minútu|# minúty|# minút", "menej ako minútu"},
	{"sl", "{code} je Vaša koda za {brand}|. Velja {time}|.", slovenian,
		"# minuto|# minuti|# minute|# minut", "manj kot minuto"},
	{"sr", "{code} је Ваш код за {brand}|. Важи {time}|.", slavic, "# минут|# минута|# минута", "мање од минута"},
	{"sv", "{code} är din kod för {brand}|, giltig i {time}|.", one, "# minut|# minuter", "mindre än 1 minut"},
	{"sw", "{code} ni msimbo wako wa {brand}|. Unatumika kwa {time}|.", same, "dakika #", "chini ya dakika 1"},
	{"ta", "{code} – உங்கள் {brand} குறியீடு|. {time}|.", one,
		"# நிமிடம் செல்லும்|# நிமிடங்கள் செல்லும்", "1 நிமிடத்தில் முடிவடையும்"},
	{"te", "{code} మీ {brand} కోడ్|. {time}|.", one,
		"ఇది # నిమిషం చెల్లుతుంది|ఇది # నిమిషాలు చెల్లుతుంది", "1 నిమిషంలో గడువు ముగుస్తుంది"},
	{"th", "{code} คือรหัส {brand} ของคุณ| {time}|", same, "ใช้ได้ภายใน # นาที", "ใช้ได้อีกไม่ถึง 1 นาที"},
	{"tr", "{code}, {brand} kodunuzdur|. {time}|.", same,
		"# dakika boyunca kullanabilirsiniz", "Süresi 1 dakika dolmadan sona erer"},
	{"uk", "{code} — Ваш код для {brand}|. Діє {time}|.", slavic, "# хвилину|# хвилини|# хвилин", "менше хвилини"},
	{"ur", "{code} آپ کا {brand} کوڈ ہے|۔ {time}|۔", same, "یہ # منٹ تک کارآمد ہے", "یہ 1 منٹ میں ختم ہو جائے گا"},
	{"vi", "{code} là mã {brand} của quý khách|, {time}|.", same, "hiệu lực # phút", "hết hạn trong 1 phút"},
	{"zh-Hans", "{code} 是您的{brand}验证码|，{time}|。", same, "#分钟内有效", "1分钟内失效"},
	{"zh-Hant", "{code} 是您的{brand}驗證碼|，{time}|。", same, "#分鐘內有效", "1分鐘內失效"},
}
