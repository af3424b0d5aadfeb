"""Words of dates: en, de, fr, es, zh, in lower case and without accents; for text in the form of ``plain``.

All patterns are bounded, so that their time is linear. A number is one to four digits: words are put into digits first.
"""

import re

from machines.reading.date_names import MONTHS, ORDINALS, UNITS, WEEKDAYS, any_of

MONTH = any_of(MONTHS)
WEEKDAY = any_of(WEEKDAYS)
UNIT = any_of(UNITS)
DAY = r"(?<![0-9.,/#-])(?P<day>[0-9]{1,2})(?![0-9])"
ENDING = r"(?:st|nd|rd|th|er|re|e|o|\.)?"
YEAR = r"'?(?P<year>(?:19|20)[0-9]{2}|(?<=')[0-9]{2})(?![0-9])"
OF = r"(?:\s?(?:of|de|del|du|des|the)\b){0,2}\s?"
NEXT_MONTH = (
    r"(?:next month|(?:the )?(?:coming|following) month|nachsten monats?|kommenden monats?|(?:du |le )?mois prochain"
    r"|(?:del? )?(?:proximo mes|mes que viene|mes proximo)|下个?月)"
)
THIS_MONTH = (
    r"(?:(?:this|the) month|(?:des|dieses|diesen) monats?|(?:du|ce|de ce) mois|(?:del?|de este|este) mes|这个?月|本月)"
)
END = (
    r"(?:(?:at )?(?:the )?end(?: of)?|last day(?: of)?|ende|letzte[rn]? tag|(?:la )?fin|dernier jour"
    r"|(?:a )?fin(?:al(?:es)?)?|ultimo dia)"
)

TODAY = re.compile(r"\b(?:today|tonight|heute|aujourd'hui|hoy)\b|今天|今日")
TOMORROW = re.compile(
    r"(?<!day after )\btomorrow\b|(?<!guten )(?<!heute )(?<!jeden )(?<!am )(?<!einen )\bmorgen\b"
    r"|(?<!apres-)(?<!apres )\bdemain\b"
    r"|(?<!la )(?<!pasado )(?<!esta )\bmanana\b|明天|明日"
)
IN_TWO_DAYS = re.compile(
    r"\bday after tomorrow\b|\bubermorgen\b|\buebermorgen\b|\bapres[ -]demain\b|\bpasado manana\b|(?<!大)后天"
)
YESTERDAY = re.compile(r"(?<!before )\byesterday\b|\bgestern\b|\bhier(?= (?:soir|matin)|,? j)|\bayer\b|昨天")
AWAY = re.compile(
    rf"\b(?:in|dans|en|dentro de)\s(?P<number>[0-9]{{1,4}}|an?|einer?|einem|une?"
    rf"|una?)\s(?P<unit>{UNIT})(?:'s?)?(?: time)?"
    rf"|(?<![0-9.,])(?P<from>[0-9]{{1,4}}|\ban?|\beine?|\bune?"
    rf"|\buna?)\s(?P<unit_from>{UNIT})\s(?:from (?:now|today)|ab heute|a partir de (?:hoy|maintenant))"
    rf"|(?<![0-9.,])(?P<chinese>[0-9]{{1,4}})(?P<unit_chinese>{UNIT})(?:以后|之后|后)"
)
AGO = re.compile(
    rf"(?<![0-9.,])(?P<number>[0-9]{{1,4}}|\ban?)\s(?P<unit>{UNIT})\sago\b"
    rf"|\b(?:vor|il y a|hace)\s(?P<other>[0-9]{{1,4}}|einer?|einem|une?|una?)\s(?P<unit_other>{UNIT})"
    rf"|(?<![0-9.,])(?P<chinese>[0-9]{{1,4}})(?P<unit_chinese>{UNIT})(?:以前|之前|前)"
)
NEXT = r"(?:next|nachste[nrs]?|naechste[nrs]?|proximo)"
NAMED = re.compile(
    rf"(?P<of_next>(?:{WEEKDAY}(?:,? (?:of )?(?:next week|in einer woche|nachster woche"
    rf"|nachste woche|naechste woche|de la semaine prochaine"
    rf"|la semaine prochaine|en (?:huit|8)|de la (?:proxima semana|semana que viene)"
    rf"|de la semana proxima)| week\b)|(?:下个?(?=周|星期|礼拜)){WEEKDAY}))"
    rf"|(?P<next>\b{NEXT} {WEEKDAY}|{WEEKDAY} (?:prochain|proximo))"
    rf"|(?P<last>\b(?:last|letzte[nrs]?|vergangene[nrs]?|pasado) {WEEKDAY}|{WEEKDAY} (?:dernier"
    rf"|pasado)|上个?{WEEKDAY})"
    rf"|(?P<coming>(?:\b(?:this|coming|diese[nrs]?|kommende[nrs]?|ce|este) "
    rf"|[这本]个?)?{WEEKDAY}(?: qui vient| que viene)?)"
)
WRITTEN = re.compile(
    r"(?<![0-9.,/#-])(?P<iso>(?P<y1>[0-9]{4})[-/.](?P<m1>[0-9]{1,2})[-/.](?P<d1>[0-9]{1,2}))(?![0-9])"
    r"|(?:(?P<y2>[0-9]{2,4})\s?年\s?)?(?<![0-9])(?P<m2>[0-9]{1,2})\s?月\s?(?P<d2>[0-9]{1,2})\s?[日号]?"
    r"|(?<![0-9.,/#-])(?P<dot>(?P<d3>[0-9]{1,2})\.\s?(?P<m3>[0-9]{1,2})\.\s?(?P<y3>[0-9]{4}"
    r"|[0-9]{2})?)(?![0-9])"
    r"|(?<![0-9.,/#-])(?P<slash>(?P<a>[0-9]{1,2})/(?P<b>[0-9]{1,2})(?:/(?P<y4>[0-9]{4}|[0-9]{2}))?"
    r"|(?P<a_dash>[0-9]{1,2})-(?P<b_dash>[0-9]{1,2})-(?P<y5>[0-9]{4}))(?![0-9/%-]| (?:of|von|de|off)\b)"
)
IN_A_MONTH = re.compile(
    rf"{DAY}{ENDING}{OF}(?P<month>{MONTH})\.?(?:,?\s(?:de |del |of )?{YEAR})?"
    rf"|(?P<month_first>{MONTH})\.?\s(?:the )?(?P<day_last>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![0-9:.]"
    rf"|\s?(?:months?|days?|weeks?|years?|am|pm|uhr)\b)"
    rf"(?:,?\s(?P<year_last>(?:19|20)[0-9]{{2}})(?![0-9]))?"
)
OF_A_MONTH = re.compile(
    rf"{DAY}{ENDING}{OF}(?:(?P<next>{NEXT_MONTH})|(?P<this>{THIS_MONTH}))"
    rf"|(?P<chinese_next>下个?月)(?P<day_next>[0-9]{{1,2}})[日号]"
    rf"|(?:这个?月|本月)(?P<day_this>[0-9]{{1,2}})[日号]"
)
ENDS = re.compile(
    rf"\b{END}{OF}(?:(?P<next>{NEXT_MONTH})|(?P<month>{MONTH})(?:\s{YEAR})?|(?P<this>{THIS_MONTH}|mes\b|mois\b)"
    rf"|(?P<year_end>(?:(?:this|the|dieses|des) )?(?:year|jahres)\b|l'annee|(?:de )?l'an\b|(?:este )?ano\b|d'annee))"
    rf"|(?P<month_end>\bmonatsende\b|\bmonth'?s end\b|\bmonth[ -]end\b|(?<!下个)(?<![下0-9])月底"
    rf"|(?<!下个)(?<![下0-9])月末)|(?P<ends_year>\bjahresende\b|\byear[ -]end\b|年底|年末)"
    rf"|(?P<chinese_next>下个?月[底末])|(?P<number>[0-9]{{1,2}})月[底末]"
)
ALONE = re.compile(
    r"\b(?:on|by|from|until|till|as of) the (?P<en>[0-9]{1,2})(?:st|nd|rd|th)\b(?! (?:of|floor|time"
    r"|order|item|street|avenue))"
    r"|\b(?:am|zum|bis zum|ab dem|vom|den|dem) (?P<de>[0-9]{1,2})\.(?!\s?[0-9a-z])|\b(?:le|au"
    r"|du) (?P<fr>[0-9]{1,2})(?:er)?(?=[.,;!?]|\s?\Z)"
    r"|\bel (?:dia )?(?P<es>[0-9]{1,2})(?=[.,;!?]|\s?\Z)|(?<![月0-9])(?P<zh>[0-9]{1,2})号(?!楼|线|店|院|单)"
)
UNSURE = ("march", "mars", "sept", "marz", "janv", "fevr", "juil", "marzo")
"""They say something else as well, and an abbreviation may be a name."""
SURE_MONTHS = any_of([word for word in MONTHS if len(word) > 3 and word not in UNSURE])
SPOKEN_OF = re.compile(
    rf"\b(?:in|of|by|until|before|after|mid|mid-|early|late|im|ende|anfang|mitte|en|fin|debut|de|a"
    rf"|from) (?:mid-?)?{MONTH}(?!\s?[a-z]{{1,2}}\b)"
    rf"|[0-9]{ENDING}{OF}{MONTH}|{MONTH} [0-9]|{SURE_MONTHS}|(?<![0-9])[0-9]{{1,2}}月"
    rf"|\b(?:this|next|nachste[nrs]?|naechste[nrs]?|diese[nrs]?|kommende[nrs]?|cette|la|ce|le|el"
    rf"|este|esta)\s(?:proxima?o? )?(?:week|month|year|weekend|woche|monat"
    rf"|jahr|wochenende|semaine|mois|annee|semana|mes|ano)(?:\s(?:prochaine?|que viene"
    rf"|proxim[oa]))?\b|[下这本]个?(?:周|星期|礼拜|月|年)"
    rf"|\b(?:in|dans|en|dentro de) (?:a few|a couple of|some|several|ein paar|einigen|wenigen"
    rf"|quelques|unos|unas|algunos|algunas) {UNIT}"
    rf"|几{UNIT}[之以]?后|过几天|\b(?:spring|summer|autumn|winter|easter|christmas|new year|fruhling"
    rf"|fruhjahr|sommer|herbst|ostern|weihnachten|neujahr|printemps"
    rf"|noel|paques|verano|otono|invierno|navidad)\b|春节|圣诞|元旦|国庆|\bend of the (?:week"
    rf"|quarter)\b|\bquartalsende\b|\bfin de semana\b"
    rf"|\b(?:in|within|dans|en|nach|dentro de) [0-9.,/-]{{1,7}} {UNIT}|\ufffd\s?{UNIT}|\ufffd\s?[号日]"
)
"""What speaks of a time that is no day, or of a day in a way that is not read."""
NOT_THAT = re.compile(
    r"\b(?:not|never|no later than|after|before|around|about|circa|roughly|earlier than|later than"
    r"|except|any day but|instead of|nicht|nach|vor|gegen|etwa"
    r"|ungefahr|fruhestens|spatestens|statt|ausser|pas|apres|avant|vers|environ|sauf|au plus tard"
    r"|au plus tot|au lieu d[eu]|despues del?|antes del?|sobre"
    r"|salvo|excepto|en vez del?|hacia|no)\s(?:(?:on|at|the|am|dem|den|le|la|el|de)\s){0,2}\Z"
    r"|(?:不是|不要|别|除了)(?:在)?\Z|\ufffd\s?年?\s?\Z"
)
"""Before a day: another one is meant."""
NOT_THAT_BEHIND = re.compile(
    r"\s?(?:or so|or later|or earlier|oder spater|oder fruher|ou plus tard|o despues|之前|以前|之后|以后|左右)"
)
RANGE = re.compile(
    rf"(?:[0-9]{{1,2}}(?:st|nd|rd|th|\.)?|{WEEKDAY})\s?(?:-|to|and|or|bis|und|oder|a|et|ou|y|o|到|至|或)\s?"
    r"(?:the |den |el |le )?\Z"
)
"""Before a day: it is one of two, or the end of a span."""
ORDINAL = any_of(ORDINALS)
ORDINAL_WORD = re.compile(
    rf"(?:\b(?P<tens>twenty|thirty)[ -])?(?P<word>{ORDINAL})"
    rf"(?=\s(?:of |de |del )?(?:{MONTH}|{NEXT_MONTH}|{THIS_MONTH}))"
)
SEPTEMBER = re.compile(r"(?<=[0-9]\s)sept\b|\bsept\b(?=\.?\s[0-9])")
"""It is seven in French."""
DAY_FIRST = re.compile(
    r"\b(?:ich|bitte|der|die|das|den|zum|vom|und|mein\w{0,2}|je|vous|le|les|mon|ma|au|et|pour|svp|el"
    r"|la|los|mi|por|favor|quiero|para|del)\b"
)
"""Words of languages that write the day before the month."""
