"""A text as a model may read it: disguises undone one at a time, so that rules see what is meant."""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from activities.guards.text import Normalised, normalise

LEET = str.maketrans("013456789@$!|€+", "oieasgtbgasiiet")
LEET_WORD = re.compile(r"[\w@$!|€+]+")
SPACED = re.compile(r"(?<![^\W_])[^\W_](?:[^\w\n]{1,4}[^\W_]){4,}(?![^\W_])")
"""Five or more single letters or digits, each apart from the next."""
FRAGMENTS = re.compile(r"[^\W\d_]+")
FRAGMENT = 3.0
"""Mean letters of a word below which a text of six words or more is read without its spaces."""
KEYWORDS = re.compile(
    r"(ignore|disregard|forget|bypass|override|reveal|show|print|previous|prior|all|your|system|prompt|hidden|secret"
    r"|instructions?|rules|guidelines|restrictions|safety|training|filters?|configuration|the)"
)
ENCODED = re.compile(
    r"(?P<binary>(?:[01]{8}[ ,]?){4,})|(?P<hex>(?<!\w)(?:0x)?(?:[0-9a-fA-F]{2}[ :]?){10,}(?!\w))"
    r"|(?P<base64>[A-Za-z0-9+/_-]{16,}={0,2})|(?P<url>(?:%[0-9a-fA-F]{2}[^\s%]{0,20}){3,})"
    r"|(?P<escape>(?:\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})[^\\\s]{0,20}){3,})"
    r"|(?P<html>(?:&(?:#x?[0-9a-fA-F]{2,6}|[a-z]{2,6});[^\s&]{0,20}){3,})"
    "|(?P<tags>[\U000e0020-\U000e007e]{8,})"
)
"""Each part takes time in step with the length of the text, whatever the text is."""
READABLE = 0.85
"""Share of letters, spaces and usual marks from which decoded bytes count as text."""
KEY_STEMS = ("ignor", "prompt", "system", "instruc", "reveal", "bypass", "disregard", "password")
ROT13 = tuple(codecs.encode(stem, "rot13") for stem in KEY_STEMS)
REVERSED = tuple(stem[::-1] for stem in KEY_STEMS)


@dataclass(frozen=True)
class View:
    """One reading of a text."""

    text: Normalised
    disguise: str = ""
    """How it was hidden; empty for the text as it stands."""
    whole: tuple[int, int] | None = None
    """Where in the original the hidden text stands, where single letters cannot be traced."""


def views(text: str) -> Iterator[View]:
    """The text as it stands, and then each other reading that its looks call for."""
    plain = normalise(text)
    yield View(plain)
    for disguise, undo in (("leet", _unleet), ("spaced", _unspaced)):
        other = undo(plain)
        if other.text != plain.text:
            yield View(other, disguise)
    words = FRAGMENTS.findall(plain.text)
    if len(words) >= 6 and sum(map(len, words)) / len(words) < FRAGMENT:
        yield View(_glued(plain), "spaced")
    for match in ENCODED.finditer(text):
        if decoded := _decoded(match):
            yield View(normalise(decoded), match.lastgroup or "encoded", match.span())
    if any(stem in plain.text for stem in ROT13):
        yield View(Normalised(codecs.encode(plain.text, "rot13"), plain.origin), "rot13")
    if any(stem in plain.text for stem in REVERSED):
        yield View(Normalised(plain.text[::-1], plain.origin[::-1]), "reversed", (0, len(text)))


def _unleet(plain: Normalised) -> Normalised:
    letters = list(plain.text)
    for match in LEET_WORD.finditer(plain.text):
        word = match[0].rstrip("!|+")
        if not word.isalpha() and sum(map(str.isalpha, word)) >= 2:
            letters[match.start() : match.start() + len(word)] = word.translate(LEET)
    return Normalised("".join(letters), plain.origin)


def _unspaced(plain: Normalised) -> Normalised:
    keep: list[tuple[str, int]] = []
    at = 0
    for match in SPACED.finditer(plain.text):
        gaps = [gap.group() for gap in re.finditer(r"[^\w\n]+", match[0])]
        usual = min(map(len, gaps))
        keep += zip(plain.text[at : match.start()], plain.origin[at : match.start()], strict=True)
        for piece in re.finditer(r"([^\W_])([^\w\n]*)", match[0]):
            where = plain.origin[match.start() + piece.start()]
            keep.append((piece[1], where))
            if len(piece[2]) > usual:
                keep.append((" ", where))
        at = match.end()
    keep += zip(plain.text[at:], plain.origin[at:], strict=True)
    return Normalised("".join(letter for letter, _ in keep), tuple(where for _, where in keep))


def _glued(plain: Normalised) -> Normalised:
    letters = [(letter, where) for letter, where in zip(plain.text, plain.origin, strict=True) if letter.isalpha()]
    parted: list[tuple[str, int]] = []
    joined = "".join(letter for letter, _ in letters)
    for match in re.finditer(rf"{KEYWORDS.pattern}|.", joined):
        piece = letters[match.start() : match.end()]
        parted += [(" ", piece[0][1]), *piece, (" ", piece[-1][1])] if len(piece) > 1 else piece
    return Normalised("".join(letter for letter, _ in parted), tuple(where for _, where in parted))


def _decoded(match: re.Match[str]) -> str:
    decode = DECODERS[match.lastgroup or ""]
    try:
        text = decode(match[0])
    except (ValueError, binascii.Error, UnicodeDecodeError):
        return ""
    usual = sum(character.isalnum() or character in " .,:;!?'\"-_/()\n" for character in text)
    readable = len(text) >= 8 and usual >= READABLE * len(text) and (" " in text or "_" in text)
    return text if readable and text != match[0] else ""


def _base64(run: str) -> str:
    body = run.rstrip("=").translate(str.maketrans("-_", "+/"))
    return base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4), validate=True).decode()


def _bits(run: str) -> str:
    return bytes(int(byte, 2) for byte in re.findall("[01]{8}", run)).decode()


DECODERS: dict[str, Callable[[str], str]] = {
    "base64": _base64,
    "hex": lambda run: bytes.fromhex(re.sub(r"^0x|[ :]", "", run)).decode(),
    "binary": _bits,
    "url": unquote,
    "escape": lambda run: re.sub(
        r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))", lambda m: chr(int(m[1] or m[2], 16)), run
    ),
    "html": html.unescape,
    "tags": lambda run: "".join(chr(ord(tag) - 0xE0000) for tag in run),
}
