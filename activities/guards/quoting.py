"""What of a mail its sender has written now, and what is quoted, forwarded, or put there by a program. Pure.

Of the packages for this, mail-parser-reply takes time with the square of the length (1.3 s for 4,000 line feeds) and
email-reply-extractor with the cube (9 s for 4,000 characters of ``On On On …``); email-reply-parser and quotequail know
no Chinese, and quotequail no answers between quoted lines. So it is done here, line by line, in linear time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from activities.guards.quoting_words import DATED, MARKS, any_of, label_of, plain, words

QUOTED = re.compile(r"[\s\u200b\ufeff]*+(?:>|＞|&gt;|[A-Z]{1,3}> |\|(?!.*\|\s*$))")
"""A line that a program has put a quote's sign before; one between two bars is a table's."""
STAMPED = re.compile(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d (?:gmt|utc)[+-]\d{1,2}:?\d\d .{1,80}<\S{1,80}@\S{1,80}>:\Z")
"""How Gmail introduces a quoted mail in languages that it has no words for: a moment, and who it is from."""
GLUED_LIMIT = 120
INTRODUCTION_LIMIT = 400
"""Characters of the lines that introduce a quoted mail."""
INTRODUCTION_LINES = 3
HEAD_LINES = 14
SIGNATURE_LINES = 8


@dataclass(frozen=True)
class Parted:
    """A mail in two parts."""

    own: str
    """What its sender has written now; the text as it was where nothing is quoted in it."""
    quoted: str
    """All the rest: quoted and forwarded mails, what introduces them, signatures, the subject of an answer."""


def part(text: str) -> Parted:
    """Part a plain text. What the sender wrote between quoted lines, or below them, stays their own."""
    lines = _glued().sub(r"\n\g<0>\n", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    quoted = _marked(lines)
    if not any(quoted):
        return Parted(text, "")
    own, rest = (
        [line for line, is_quoted in zip(lines, quoted, strict=True) if is_quoted == which] for which in (0, 1)
    )
    return Parted("\n".join(own).strip(), "\n".join(rest).strip())


def _marked(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is quoted."""
    quoted = [False] * len(lines)
    at = _subject_lines(lines)
    quoted[:at] = [True] * at
    while at < len(lines):
        upto = _quoted_upto(lines, at)
        quoted[at:upto] = [True] * (upto - at)
        at = max(upto, at + 1)
    return quoted


def _quoted_upto(lines: Sequence[str], at: int) -> int:
    """Behind the last of the quoted lines that begin here; ``at`` where none does."""
    if lines[at].rstrip() in ("--", "—", "–"):
        return _signature_end(lines, at)
    return _marked_upto(lines, at)


def _marked_upto(lines: Sequence[str], at: int) -> int:
    line = lines[at]
    if not line.strip():
        return at
    if QUOTED.match(line) or _is_sent_from(line) or plain(line).strip(MARKS) in words().ends:
        return at + 1
    if introduced := _introduction(lines, at):
        behind = at + introduced
        return behind if _quotes_follow(lines, behind) else _end(lines, behind)
    if _is_separator(line):
        # Only Apple's "Begin forwarded message:" has no dashes, and quotes with signs.
        return at + 1 if _quotes_follow(lines, at + 1) and line.strip()[-1] in ":：" else _end(lines, at + 1)
    if head := _head(lines, at):
        return _end(lines, at + head)
    return at


def _subject_lines(lines: Sequence[str]) -> int:
    """How many lines at the top are an answer's subject."""
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if first == len(lines) or _label(lines[first]) != "subject":
        return 0
    subject = re.split("[:：]", plain(lines[first]), maxsplit=1)[1]
    return first + 1 if _answer().match(subject) else 0


def _introduction(lines: Sequence[str], at: int) -> int:
    """How many lines from here say who wrote what follows; 0 where they do not. Programs break such a line in two."""
    opened = bool(_opening().match(plain(lines[at])) and DATED.search(lines[at]))
    begins_paragraph = at == 0 or not lines[at - 1].strip() or bool(QUOTED.match(lines[at - 1]))
    for count in range(1, INTRODUCTION_LINES + 1 if opened or begins_paragraph else 2):
        some = lines[at : at + count]
        joined = " ".join(some)
        if len(some) < count or len(joined) > INTRODUCTION_LIMIT or not some[-1].strip():
            return 0
        if count > 1 and QUOTED.match(some[-1]):
            return 0
        if _introduces(joined):
            # A line above one that does so by itself is none of it, but where it begins as such lines do.
            inner = not opened and any(_introduces(" ".join(some[start:])) for start in range(1, count))
            return 0 if inner else count
    return 0


def _introduces(line: str) -> bool:
    said = plain(line)
    bare = said.strip(MARKS)
    # Zoho's program has dashes around it and no colon; some have none where all the rest is there.
    dashed = bare != said and said.startswith("--") and said.endswith("--")
    if not (said.endswith((":", "：")) or dashed or _whole().fullmatch(said)):
        return False
    if not DATED.search(bare) or _own().search(bare):
        return False
    if _quoting().match(bare) or STAMPED.match(said):
        return True
    wrote = _wrote().search(bare)
    return wrote is not None and bool(_opening().match(bare) or "@" in bare or wrote.group("when") or bare[0].isdigit())


def _is_separator(line: str) -> bool:
    said = plain(line)
    bare = said.strip(MARKS).rstrip(":：").strip()
    if bare in words().separators:
        return said.endswith((":", "：")) or said.startswith(("--", "==", "__", "**", "—", "─"))
    signed = said[0] in MARKS or said[-1] in MARKS
    return (signed and any(each in bare for each in words().replies_above)) or (
        said.startswith("--") and bare.startswith("forwarded by ")
    )


def _head(lines: Sequence[str], at: int) -> int:
    """How many lines from here are the head of a mail: who sent it, and when or about what; 0 where they are not."""
    start = at
    if set(lines[at].strip()) <= set("_-") and len(lines[at].strip()) > SIGNATURE_LINES:
        start += 1  # The line that Outlook draws above it.
    labels, last, missed = set(), at, 0
    for number, line in enumerate(lines[start : start + HEAD_LINES], start):
        if label := _label(line):
            labels.add(label)
            last, missed = number, 0
            continue
        missed += 1
        if missed > 1 or not labels:
            break
    return last - at + 1 if "from" in labels and labels & {"date", "subject"} else 0


def _label(line: str) -> str | None:
    """What a line says of a mail, where it is one of its head."""
    name, colon, _ = plain(line).replace("：", ":").partition(":")
    return label_of().get(name.strip(MARKS)) if colon else None


def _quotes_follow(lines: Sequence[str], at: int) -> bool:
    following = next((number for number in range(at, len(lines)) if lines[number].strip()), None)
    return following is not None and bool(QUOTED.match(lines[following]))


def _end(lines: Sequence[str], at: int) -> int:
    """Behind the line that ends a forwarded mail; the end of all lines where there is none."""
    ends = words().ends
    behind = (number + 1 for number in range(at, len(lines)) if plain(lines[number]).strip(MARKS) in ends)
    return next(behind, len(lines))


def _signature_end(lines: Sequence[str], at: int) -> int:
    """Behind the signature under this line; ``at`` where there is none: what is longer is a text under a drawn line."""
    count = 0
    for number in range(at + 1, len(lines)):
        line = lines[number]
        count += bool(line.strip())
        if count > SIGNATURE_LINES:
            return at
        if line.strip() and _marked_upto(lines, number) > number:
            return number
    return len(lines)


def _is_sent_from(line: str) -> bool:
    said = plain(line).strip(MARKS)
    begun = next((each for each in words().sent_from if said.startswith(each)), None)
    if begun is None or len(said) > GLUED_LIMIT or re.search(r"[,;!?#:：，；！？]", said[len(begun) :]):
        return False
    return words().sent_from_ends.get(begun, "") in said[len(begun) :].rstrip(".。")


@cache
def _wrote() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(words().wrote)})(?P<when> (?:on|am|um|el|le|den|à|a las)\b)?")


@cache
def _whole() -> re.Pattern[str]:
    """An introduction as "Am 03.11.26 um 09:12 schrieb Shop": a date, a time, who, and nothing else."""
    wrote = any_of(words().wrote)
    date, time = r"(?:\w{1,10}\.?,? )?[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{2,4}", r"[0-9]{1,2}:[0-9]{2}(?: uhr| [ap]m)?"
    opened = rf"(?:{any_of(words().opens)}) {date},?(?: (?:um|at|à|a las))? {time},? "
    return re.compile(rf"{opened}(?:(?:{wrote}) [^,.;!?]{{2,60}}|[^,.;!?]{{2,60}} (?:{wrote}))")


@cache
def _own() -> re.Pattern[str]:
    return re.compile(any_of(words().own))


@cache
def _opening() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(words().opens)})")


@cache
def _quoting() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(words().quotes)})")


@cache
def _answer() -> re.Pattern[str]:
    return re.compile(rf"\s*+(?:\[[^\]]*\]\s*+)?(?:{'|'.join(words().answers)})\s*+(?:\[\d+\]|\(\d+\))?\s*+[:：]")


@cache
def _glued() -> re.Pattern[str]:
    """What introduces a quoted mail in the middle of a line, in a text that has lost its line breaks."""
    wrote, separators = any_of(words().wrote), "|".join(sorted(map(re.escape, words().separators)))
    return re.compile(
        rf"(?<=\S )(?-i:On|Am|Le|El|At|在) [^\n<>]{{6,{GLUED_LIMIT}}}<[^<>\s]{{1,{GLUED_LIMIT}}}>\)?"
        rf"\s?(?:{wrote})\s?[:：]"
        rf"|(?<=[^\s-])[ ]?-{{2,40}}[ ]?(?:{separators})[ ]?-{{2,40}}",
        re.IGNORECASE,
    )
