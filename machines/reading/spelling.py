"""One form of what people type, in which ids and names are looked for. Pure; linear in the text's length.

Nothing is shown in this form: it only decides what is the same.
"""

import html
import re
import unicodedata

from machines.reading.remembering import once

SOFT_LINE_END = re.compile(r"=\r?\n")
ENCODED = re.compile(r"(?:[=%][0-9A-Fa-f]{2})+(?![0-9])")
"""Characters as e-mail (``=23``) and web addresses (``%23``) write them; before a digit it may as well be a number."""


@once
def folded(text: str) -> str:
    """The text with compatibility forms, digits of all scripts, dashes and spaces made plain, and nothing invisible."""
    text = ENCODED.sub(_decoded, SOFT_LINE_END.sub("", html.unescape(text)))
    return "".join(_plain(char) for char in unicodedata.normalize("NFKC", text))


def _plain(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(char):
        case "Pd":
            return "-"
        case "Zs":
            return " "
        case "Cf":
            return ""
    return "-" if char == "\N{MINUS SIGN}" else char


def _decoded(found: re.Match[str]) -> str:
    """What is encoded; left as it is where it is no text, or a letter or digit that nobody would encode."""
    try:
        text = bytes.fromhex(re.sub("[=%]", "", found[0])).decode()
    except UnicodeDecodeError:
        return found[0]
    return found[0] if any(char.isascii() and (char.isalnum() or not char.isprintable()) for char in text) else text
