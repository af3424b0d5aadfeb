"""How currencies are written: the books' own, US dollars, and any other. Patterns for folded text, any case; linear."""

import re

ADJECTIVE = (
    r"(?:canad|austral|hong ?kong|singap|new zealand|neuseel|n[eé]o-z|neozeland|taiwan|mexic|jama|kanad)[^\W\d_]{0,12}"
)
DOLLARS = (
    r"(?:us ?\$|\$ ?us|u\$s|\$|usd(?![A-Za-z])|(?:us|american|amerikanische[nr]?)[ -]dollars?\b"
    r"|dollars?\b|dollors?\b|d[oó]lar(?:e?s)?\b|bucks?\b"
    r"|美元|美金|美刀|刀)"
)
"""The currency of the books."""
SIGNS = r"[€£¥₨-₾฿৳]|(?<![A-Za-z])(?:au?|ca?|hk|sg?|nz|mx|r|nt|cad|aud|hkd|sgd|nzd|mxn)\$"
CODES = (
    r"(?:chf|eur|gbp|jpy|cny|rmb|cad|aud|nzd|sek|nok|dkk|pln|czk|huf|inr|mxn|brl|krw|hkd|sgd|ils|aed|thb|rub|uah|twd)"
)
RARE_CODES = (
    "(?-i:AFN|ALL|AMD|ANG|AOA|ARS|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BSD|BTN|BWP|BYN|BZD|CDF|CLP|COP|CRC|CUP"
    "|CVE|DJF|DOP|DZD|EGP|ERN|ETB|FJD|FKP|GEL|GHS|GIP|GMD|GNF|GTQ|GYD|HNL|HTG|IDR|IQD|IRR|ISK|JMD|JOD|KES|KGS|KHR|KMF"
    "|KPW|KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|MRU|MUR|MVR|MWK|MYR|MZN|NAD|NGN|NIO|NPR|OMR"
    "|PAB|PEN|PGK|PHP|PKR|PYG|QAR|RON|RSD|RWF|SAR|SBD|SCR|SDG|SHP|SLE|SOS|SRD|SSP|STN|SVC|SYP|SZL|TJS|TMT|TND|TOP|TRY"
    "|TTD|TZS|UGX|UYU|UZS|VES|VND|VUV|WST|XAF|XCD|XOF|XPF|YER|ZAR|ZMW|ZWL|BTC|ETH|USDT|USDC)"
)
NAMES = (
    r"(?:euros?|eurocents?|grand(?! (?:merci|piano))|quid|pence|sterling|francs?|franken|sfr\.?|fr\.|rappen|pesos?"
    r"|yen|yuan"
    r"|renminbi|rupees?|roubles?"
    r"|rubles?|rubel|kronor|kroner?|kronen?|kr\.?|zł|zlot[iy]s?|złotych|z[lł]otys?|forints?|libras?"
    r"|soles|reais|shekels?|dirhams?"
    r"|rands?|liras?|lires?|baht|ringgit|rupiah|dong|centimes?|c[eé]ntimos?|bitcoins?|points?|punkte"
    r"|puntos|sats?)(?![^\W\d_])"
    r"|欧元|日元|英镑|人民币|港币|港元|台币|加元|澳元|瑞郎|法郎|韩元|卢布|欧|(?<!美)元(?!旦|件|素)|圆|円|块钱|块(?![\u4e00-\u9fff])|毛钱|角"
)
AMBIGUOUS = r"(?:(?<![A-Za-z])rs\.?(?![A-Za-z])|(?:pounds?|pfund|won|reals?|crowns?|marks?|livres?|mark)\b)"
"""A currency only next to a number."""
FOREIGN = (
    rf"(?:{ADJECTIVE}[ -]dollars?\b|(?:dollars?|d[oó]lar(?:es)?) {ADJECTIVE}|{SIGNS}|{CODES}(?![^\W\d_])|{RARE_CODES}\b"
    rf"|{NAMES}|{AMBIGUOUS})"
)
CURRENCY = rf"(?:{FOREIGN}|{DOLLARS})"
IS_FOREIGN = re.compile(FOREIGN, re.IGNORECASE)
SPOKEN_OF = re.compile(
    rf"[$]|\b(?:dollars?|dollors?|d[oó]lar(?:es)?)\b|美元|美金|{SIGNS}|(?<![^\W_]){CODES}(?![^\W\d_])|(?<![^\W_])(?:{NAMES})"
    r"|\b(?:few|some|several|couple of|many|ein paar|einige|quelques|unos|algunos) (?:dollars?|bucks?|d[oó]lares)"
    r"|\b(?:tenner|fiver)s?\b|[几些]\s?(?:美元|美金|刀)",
    re.IGNORECASE,
)
"""Money that is spoken of without an amount that is read beside it."""
