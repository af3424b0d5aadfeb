"""How addresses are written: patterns over text with single spaces, line breaks as commas, and plain punctuation.

Three forms are read: the house number first and the postcode last (USA, United Kingdom, Canada, Australia), the
postcode before the town (most of Europe), and the Chinese one. Others are asked for, and then left to a person.
"""

import re

from machines.shop.regions import COUNTRY, STATE_CODE, STATE_NAME

PLACEHOLDER = r"<[A-Z][A-Z_]{1,22}_\d{1,6}>"
"""A masked value: a guard may have taken part of an address for a phone number."""
SEP = r"(?: ?[,;|] ?| - | )"
LETTERS = r"[^\W\d_]{1,40}+"
"""Of one word, never given back: no text takes long because of where its words can end."""
WORD = rf"{LETTERS}(?:[.'’-]{LETTERS}){{0,4}}+\.?"
NAME = rf"(?=[A-ZÀ-ÖØ-ÞĀČŁŚŠŻŽ]){WORD}"
COUNTED = r"\d{1,3}(?:st|nd|rd|th)(?![^\W_])"
SUFFIX = (
    r"(?i:street|st|avenue|ave|av|boulevard|blvd|drive|dr|road|rd|lane|ln|court|ct|place|pl|square|sq|terrace|trail|trl"
    r"|parkway|pkwy|highway|hwy|circle|cir|way|broadway|loop|alley|plaza|crescent|close|gardens)(?![^\W_])\.?"
    r"(?: (?:N|S|E|W|NE|NW|SE|SW|(?i:north|south|east|west))(?![^\W_]))?"
)
BOX = rf"(?i:p\.? ?o\.? box) (?:\d{{1,6}}|{PLACEHOLDER})"
UNIT = (
    r"(?:(?:(?i:apartment|apt|suite|ste|unit|floor|fl|room|rm|building|bldg|flat|lot|penthouse)\b\.? ?#? ?|# ?)"
    rf"(?:\d[\w-]{{0,7}}|[A-Z](?:-?\d{{1,4}})?)(?![^\W_])|{COUNTED} (?i:floor))"
)

_NUMBER = rf"(?:\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,4}}[A-Za-z]?)?(?!\w)|{PLACEHOLDER})"
_PART = rf"(?:{COUNTED}|{WORD})"
_STREET = rf"(?:{_NUMBER} {_PART}(?: {_PART}){{0,5}}(?: (?<=way |ute |oad |Hwy )\d{{1,5}})?|{BOX})"
_SUFFIXED = rf"(?:{_NUMBER} (?:{_PART} ){{0,5}}{SUFFIX}|{BOX})"
_US_STATE = rf"(?:{STATE_NAME}|{STATE_CODE}|(?i:{STATE_CODE})(?=[ ,]+\d{{5}}))"
_STATE = rf"(?P<state>{_US_STATE}|[A-Z]{{2,3}}(?=[ ,]))"
_ZIP_WORD = r"(?i:(?:and )?(?:the |my )?(?:zip|post(?:al)?)[ -]?(?:code)?(?: is)? ?:? ?)"
_POSTCODE = r"(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4})(?!\w|-\d)"
_ZIP = rf"(?:(?:{_ZIP_WORD})?(?P<zip>{_POSTCODE})|{_ZIP_WORD}(?P<masked>{PLACEHOLDER}))"
_TOWN_WORD = rf"(?:(?i:st|ft|mt)\. )?{LETTERS}(?:['’-]{LETTERS}){{0,4}}+"
_TOWN = rf"(?:in )?(?P<city>(?!{_US_STATE}(?:{SEP}\d|[ ,.;]*$)){_TOWN_WORD}(?: {_TOWN_WORD}){{0,3}}?)"
_CAPITAL = rf"(?:(?:St|Ft|Mt)\. )?(?=[A-ZÀ-ÖØ-ÞĀČŁŚŠŻŽ]){LETTERS}(?:['’-]{LETTERS}){{0,4}}+"
_END = rf"(?:{SEP}(?P<country>{COUNTRY}))?"
_COMMA = rf"(?P<address1>{_STREET})(?= ?,)(?:{SEP}(?P<address2>{UNIT}|{BOX}|[^,;.]{{1,30}}(?=,)))?{SEP}"
_PLAIN = rf"(?P<address1>{_SUFFIXED})(?:{SEP}(?P<address2>{UNIT}|{BOX}))?{SEP}"

NUMBER_FIRST = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_COMMA}{_TOWN}{SEP}{_STATE}{SEP}{_ZIP}{_END}",
        rf"{_PLAIN}{_TOWN}{SEP}{_STATE}{SEP}{_ZIP}{_END}",
        rf"{_COMMA}{_TOWN} ?, ?(?P<state>{_CAPITAL}(?: {_CAPITAL}){{0,2}}){SEP}{_ZIP}{SEP}(?P<country>{COUNTRY})",
        rf"{_COMMA}{_TOWN}{SEP}{_ZIP}{_END}",
        rf"{_PLAIN}{_TOWN}{SEP}{_ZIP}{_END}",
        rf"{_PLAIN}{_TOWN}{SEP}{_STATE}",
        rf"{_PLAIN}(?:in )?(?P<city>{_CAPITAL}(?: {_CAPITAL}){{0,3}})(?= ?[,.;!?]| ?$)",
    )
)
"""From the most complete on; what is missing may stand elsewhere in the user's words."""

_EU_ZIP = r"(?:[A-Z]{1,2}-)?(?P<zip>\d{5}|\d{4}(?: [A-Z]{2}(?![^\W_]))?|\d{3} \d{2}|\d{2}-\d{3})(?!\w|-\d)"
_EU_TOWN = rf"(?P<city>{_CAPITAL}(?:[ -](?:(?:de|del|la|am|an|der|im|sur|les|in) )?{_CAPITAL}){{0,3}})"
_LABEL = (
    r"(?!(?i:neue|meine|unsere|bitte|hallo|adresse|anschrift|lieferadresse|address|dirección|domicilio|nueva|zip|plz|tel"
    r"|bestellung|order|pedido|commande)(?![^\W_]))"
)
_SMALL = r"(?:de|del|des|du|la|las|los|le|les|der|den|dem|am|an|zur|zum|von|van|di|della)"
_HOUSE = r"\d{1,4}(?: ?[a-zA-Z](?![^\W_]))?(?:[-/]\d{1,4}[a-z]?)?"
_EU_STREET = (
    rf"(?:{_LABEL}{NAME}(?: (?:{_SMALL} ){{0,2}}{_LABEL}{NAME}){{0,4}},? {_HOUSE}"
    rf"|\d{{1,4}}(?: ?(?:bis|ter))?,? {WORD}(?: {WORD}){{0,6}})"
)
POSTCODE_FIRST = re.compile(
    rf"(?P<address1>{_EU_STREET})(?: ?, ?(?P<address2>[^,;]{{1,30}}?))?{SEP}{_EU_ZIP} {_EU_TOWN}"
    rf"(?:(?: ?, ?(?P<state>{_CAPITAL}(?: {_CAPITAL}){{0,2}}))?{SEP}(?P<country>{COUNTRY}))?"
)

_PLACE = r"(?:(?![到往为是址请寄改])[\u3400-\u9fff])"
CHINESE = re.compile(
    rf"(?P<state>{_PLACE}{{2,7}}?(?:省|自治区))?(?P<city>{_PLACE}{{2,4}}?市)(?P<address1>[^,;.:、()\s#]{{2,40}}?\d+号)"
    r"(?P<address2>[^,;.:、()\s]{0,20}?\d+(?:室|楼|层|单元))?"
)
