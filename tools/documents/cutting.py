"""A document cut along its headings into passages that can be cited. Pure."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

SHORTEST, LONGEST = 100, 1500
"""Characters of a passage: shorter sections go on with the next one, longer ones are cut at the end of a sentence."""
ID_LIMIT = 120
UNSEEN = "head, script, style, template, noscript, title, svg, object, nav, iframe, [hidden], [aria-hidden=true]"
"""What a reader of the page does not see, or is on each of its pages."""
BLOCKS = "p, div, br, tr, li, ul, ol, hr, pre, blockquote, section, article, header, footer, table, dt, dd"
MARK, END = "\ue000", "\ue001"
"""Around a heading, in the text: for private use, so that no document means anything by them."""
HEADING = re.compile(f"{MARK}([1-6])([^{MARK}{END}]*){END}")
SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")
BETWEEN = " › "


@dataclass(frozen=True)
class Piece:
    """A passage as its document has it."""

    id: str
    """The same as long as the document keeps this heading: ``returns#refunds-by-card``."""
    heading: str
    """With those above it: ``Returns › Refunds by card``."""
    body: str

    @property
    def digest(self) -> str:
        """SHA-256 of what it says, in hex."""
        return hashlib.sha256(f"{self.heading}\n{self.body}".encode()).hexdigest()


def slug(text: str) -> str:
    """A name for addresses: small letters, numbers and single hyphens; empty where a text has none."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^\w]+|_+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")[:ID_LIMIT]


def cut(document: str, title: str, html: str) -> list[Piece]:
    """The passages of a document, in its order; ``title`` stands above what comes before the first heading."""
    names = Counter[str]()
    pieces = []
    for headings, body in _joined(_sections(title, html)):
        name = "-".join(filter(None, map(slug, (headings[1:] or headings)[-2:])))[:ID_LIMIT] or "text"
        for part in _parts(body):
            names[name] += 1
            place = f"-{names[name]}" if names[name] > 1 else ""
            pieces.append(Piece(f"{document}#{name}{place}", BETWEEN.join(headings), part))
    return pieces


def plain_text(html: str) -> str:
    """What a reader sees of a page, line by line, with its headings between ``MARK`` and ``END``."""
    tree = LexborHTMLParser(html.replace(MARK, "").replace(END, ""))
    for unseen in tree.css(UNSEEN):
        unseen.decompose()
    for node in tree.css("h1, h2, h3, h4, h5, h6"):
        node.replace_with(f"{MARK}{(node.tag or 'h1')[1]}{' '.join(node.text().split())}{END}")
    for node in tree.css(BLOCKS):
        node.insert_before("\n")
    for node in tree.css("td, th"):
        node.insert_before(" ")
    return tree.body.text() if tree.body else ""


def _sections(title: str, html: str) -> Iterator[tuple[tuple[str, ...], str]]:
    first, *rest = HEADING.split(plain_text(html))
    above: dict[int, str] = {0: title}
    yield (title,), _tidy(first)
    for level, heading, body in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        above = {depth: one for depth, one in above.items() if depth < int(level)}
        above[int(level)] = heading or title
        path = tuple(above.values())
        # A page's largest heading often is its title.
        yield path[1:] if len(path) > 1 and path[0].casefold() == path[1].casefold() else path, _tidy(body)


def _tidy(text: str) -> str:
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)


def _joined(sections: Iterator[tuple[tuple[str, ...], str]]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Sections that are too short to say anything go on with the next below the same document."""
    held: tuple[tuple[str, ...], str] | None = None
    for headings, body in sections:
        if held is None:
            held = (headings, body)
        elif len(held[1]) >= SHORTEST:
            yield held
            held = (headings, body)
        else:
            # What is joined keeps its own heading as a line.
            held = (held[0], f"{held[1]}\n{headings[-1]}\n{body}".strip("\n")) if held[1] else (headings, body)
    if held and held[1]:
        yield held


def _parts(body: str) -> Iterator[str]:
    """A text in parts of at most ``LONGEST`` characters, as even as its sentences allow."""
    most = min(LONGEST, len(body) / -(-len(body) // LONGEST) + SHORTEST / 2)
    part = ""
    for sentence in _sentences(body):
        if part and len(part) + len(sentence) >= most:
            yield part
            part = ""
        part = f"{part} {sentence}" if part else sentence
    yield part


def _sentences(body: str) -> Iterator[str]:
    for sentence in SENTENCE_END.split(body):
        # Something without an end, as a table's cells: cut anywhere.
        yield from (sentence[start : start + LONGEST] for start in range(0, len(sentence), LONGEST))
