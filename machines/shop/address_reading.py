"""Where addresses stand in a message, and what is given of each. Pure."""

import re

from machines.reading.remembering import once
from machines.shop.address_forms import CHINESE, NUMBER_FIRST, POSTCODE_FIRST, UNIT

Parts = dict[str, str]
"""Field of an address to its text; empty where the message does not give it."""
Span = tuple[int, int, Parts]
"""Begin and end in the plain text."""

START = re.compile(
    r"(?<![\w#$€£.-])(?=\w|<)|(?<=[\u3400-\u9fff])(?=[\dA-Z<])|(?<=[成为到往是址在至])(?=[\u3400-\u9fff]{2,9}?[省市])"
)
"""Where an address can begin: with a word, and behind Chinese, which has no spaces, also with a number or a name."""
PUNCTUATION = str.maketrans("，；：（）。", ",;:().")
LABELS = re.compile(
    r"\b(?:street|address(?: line)? ?[12]?|town|city|state|country|unit|adresse|anschrift|straße|ort|stadt|land"
    r"|dirección|ciudad|estado|país|ville|pays) ?: ?",
    re.IGNORECASE,
)
ENDING_UNIT = re.compile(rf" (?P<unit>{UNIT})$")
LEADING_UNIT = re.compile(rf"(?:^|[ :,(])(?P<unit>{UNIT}), ?$")
CHINESE_ZIP = re.compile(r"(?<![\w#-])\d{6}(?!\d)|(?<=[\u3400-\u9fff])\d{6}(?!\d)")
BEFORE = 80
"""Characters before an address in which its unit, or that it is the old one, can stand."""
MUNICIPALITIES = ("北京市", "上海市", "天津市", "重庆市")
"""Cities that are their own province."""


def plain(message: str) -> str:
    """The message as the forms read it: one kind of comma and space, no line breaks, no names of fields."""
    text = re.sub(r" ?[\r\n]+ ?", ", ", re.sub(r"[^\S\r\n]+", " ", message.translate(PUNCTUATION).strip()))
    return LABELS.sub("", re.sub(r"(?:, ?){2,}", ", ", text))


@once
def spans(text: str) -> tuple[Span, ...]:
    """The addresses in a plain text, in order, never overlapping.

    Of two that end alike and begin with a number, the later one is meant: "2 lamps to 5 Elm Street, Denver".
    """
    found: list[Span] = []
    zips = set(CHINESE_ZIP.findall(text))
    for start in START.finditer(text):
        match = _match(text, start.start())
        if match is None or re.fullmatch(UNIT, match["address1"]):
            continue
        span = (match.start(), match.end(), _parts(match, text, zips))
        if not found or span[0] >= found[-1][1]:
            found.append(span)
        elif match.re in NUMBER_FIRST and span[1] >= found[-1][1]:
            found[-1] = span
    return tuple(found)


def _match(text: str, start: int) -> re.Match[str] | None:
    forms = (*NUMBER_FIRST, POSTCODE_FIRST, CHINESE)
    return next((match for form in forms if (match := form.match(text, start))), None)


def _parts(match: re.Match[str], text: str, zips: set[str]) -> Parts:
    parts = {name: (value or "").strip(" ,") for name, value in match.groupdict().items()}
    if match.re is CHINESE:
        province = parts["state"] or (parts["city"] if parts["city"] in MUNICIPALITIES else "")
        return {**parts, "state": province, "zip": next(iter(zips)) if len(zips) == 1 else ""}
    parts["zip"] = parts.get("zip") or parts.get("masked", "")
    if not parts.get("address2"):
        if unit := ENDING_UNIT.search(parts["address1"]):
            parts |= {"address1": parts["address1"][: unit.start()].rstrip(" ,"), "address2": unit["unit"]}
        elif unit := LEADING_UNIT.search(text[max(0, match.start() - BEFORE) : match.start()]):
            parts["address2"] = unit["unit"]
    return parts
