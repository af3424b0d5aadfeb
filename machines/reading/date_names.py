"""Names of months, weekdays and spans of time, and ordinal numbers: en, de, fr, es, zh.

In lower case and without accents, numbers in digits: the third day of a week is ``周3``.
"""

MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "january jan januar janner janvier janv enero ene",
            "february feb februar feber fevrier fevr febrero",
            "march mar marz maerz mars marzo",
            "april apr avril avr abril abr",
            "may mai mayo",
            "june jun juni juin junio",
            "july jul juli juillet juil julio",
            "august aug aout agosto ago",
            "september sept sep septembre septiembre setiembre",
            "october oct oktober okt octobre octubre",
            "november nov novembre noviembre",
            "december dec dezember dez decembre diciembre dic",
        ),
        start=1,
    )
    for word in words.split()
}
WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            "monday montag lundi lunes 周一 星期1 礼拜1 周1",
            "tuesday dienstag mardi martes 周二 星期2 礼拜2 周2",
            "wednesday mittwoch mercredi miercoles 周三 星期3 礼拜3 周3",
            "thursday donnerstag jeudi jueves 周四 星期4 礼拜4 周4",
            "friday freitag vendredi viernes 周五 星期5 礼拜5 周5",
            "saturday samstag sonnabend samedi sabado 周六 星期6 礼拜6 周6",
            "sunday sonntag dimanche domingo 周日 周天 星期日 星期天 礼拜天 礼拜日",
        )
    )
    for word in words.split()
}
UNITS = {
    word: unit
    for unit, words in {
        "day": "days day tagen tage tag jours jour dias dia 天 日",
        "week": "weeks week wochen woche semaines semaine semanas semana 个星期 星期 个礼拜 周",
        "fortnight": "fortnights fortnight",
        "month": "months month monaten monate monat mois meses mes 个月",
        "year": "years year jahren jahre jahr annees annee ans an anos ano 年",
    }.items()
    for word in words.split()
}


def any_of(words: dict[str, int] | dict[str, str] | list[str]) -> str:
    """One of the words, the longest first; those of letters as whole words."""
    ordered = sorted(words, key=len, reverse=True)
    latin, other = [word for word in ordered if word.isascii()], [word for word in ordered if not word.isascii()]
    return rf"(?:\b(?:{'|'.join(latin)})\b{''.join(f'|{word}' for word in other)})"


def _ordinals() -> dict[str, int]:
    english = (
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
    )
    german = (
        "erste zweite dritte vierte funfte sechste siebte achte neunte zehnte elfte zwolfte dreizehnte vierzehnte"
        " funfzehnte sechzehnte siebzehnte achtzehnte neunzehnte zwanzigste"
    )
    found = {word: number for number, word in enumerate(english.split(), start=1)}
    found |= {f"{word}n": number for number, word in enumerate(german.split(), start=1)}
    return found | {"thirtieth": 30, "dreissigsten": 30, "premier": 1, "primero": 1}


ORDINALS = _ordinals()
