"""Documents as HTML, one form for what follows: a library that is kept up reads each format, and nothing is run."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import PurePath

import mammoth
from markdown_it import MarkdownIt
from pypdf import PdfReader
from pypdf.errors import PyPdfError

LARGEST = 20_000_000
"""Bytes of a file."""
HEADING = 1.15
"""In a PDF, which knows no headings: how much larger than most of the text a line is that is one."""
LONGEST_HEADING = 120
"""Characters; a larger line is an advertisement, not a heading."""


class UnreadableDocument(ValueError):
    """A file is no document that can be read; the message names it and says what was expected."""


def as_html(name: str, data: bytes) -> str:
    """A document's content as HTML, by the ending of its name; raises :class:`UnreadableDocument`."""
    reader = READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise UnreadableDocument(f"{name}: expected one of {', '.join(READERS)}")
    if len(data) > LARGEST:
        raise UnreadableDocument(f"{name}: it has {len(data):,} bytes; expected at most {LARGEST:,}")
    try:
        return reader(data)
    except UnicodeDecodeError:
        raise UnreadableDocument(f"{name}: expected text in UTF-8") from None
    except Exception as error:  # Whatever a damaged file makes its library raise.
        raise UnreadableDocument(f"{name}: it cannot be read: {type(error).__name__}") from error


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig")


def _markdown(data: bytes) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(_text(data)))


def _word(data: bytes) -> str:
    # Pictures are left out: mammoth would write them into the text.
    return str(mammoth.convert_to_html(io.BytesIO(data), convert_image=lambda image: []).value)


def _pdf(data: bytes) -> str:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise PyPdfError("it is encrypted")
    lines = [line for page in reader.pages for line in _lines(page.extract_text)]
    sizes = Counter[float]()
    for size, line in lines:
        sizes[size] += len(line)
    usual = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted({size for size in sizes if size > usual * HEADING}, reverse=True)
    return "\n".join(_element(line, larger.index(size) + 1 if size in larger else 0) for size, line in lines)


def _lines(extract: Callable[..., str]) -> Iterator[tuple[float, str]]:
    """The lines of a page, each with the size of its largest letters in points."""
    found: list[tuple[float, str]] = []

    def visit(text: str, user: list[float], matrix: list[float], font: object, size: float) -> None:
        found.append((round(abs(size * (matrix[3] or matrix[1]) * (user[3] or user[1])), 1), text))

    extract(visitor_text=visit)
    line, largest = "", 0.0
    for size, text in (*found, (0.0, "\n")):
        for index, part in enumerate(text.split("\n")):
            if index:
                if line.strip():
                    yield largest, line.strip()
                line, largest = "", 0.0
            if part.strip():
                largest = max(largest, size)
            line += part


def _element(line: str, level: int) -> str:
    if not level or len(line) > LONGEST_HEADING:
        return escape(line)
    return f"<h{min(level, 6)}>{escape(line)}</h{min(level, 6)}>"


READERS: Mapping[str, Callable[[bytes], str]] = {
    ".md": _markdown,
    ".html": _text,
    ".htm": _text,
    ".pdf": _pdf,
    ".docx": _word,
}
"""By the ending of a file's name."""
