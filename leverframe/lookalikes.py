"""Characters that are not seen, and letters that are taken for others: one set for whoever shows or compares. Pure."""

import re
import unicodedata

UNSEEN = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What shows nothing, or moves what stands around it: Unicode's Default_Ignorable_Code_Point, controls, and blanks."""

_LATIN = (
    "aаɑαꭺᎪ bвьβᏴ cсϲᴄᏟ dԁᎠ eеεᎬ gɡԍᏀ hһհнᎻ iіɩιᎥ jјϳᎫ kкκᏦ lӏʟᏞ mмᎷ nոη oоοօᴏ pрρᏢ qԛզ sѕƽꜱᏚ tтτᎢ uսυᴜ vνᴠᏙ "
    "wԝᴡᎳ xхχ yуγү zᴢᏃ"
)
LOOKALIKES = {ord(other): group[0] for group in _LATIN.split() for other in group[1:]}
"""Cyrillic, Greek, Armenian, Cherokee and phonetic letters that look like Latin ones, or do in capitals, to the Latin
ones: the usual disguises. In lower case, as ``str.casefold`` makes it."""
_OTHERS = "".join(chr(code) for code in LOOKALIKES) + "".join(chr(code).upper() for code in LOOKALIKES)
LOOKALIKE = f"[{''.join(sorted({one for one in _OTHERS if not one.isascii()}))}]"

_INVISIBLE = re.compile(UNSEEN)


def folded_name(name: str) -> str:
    """The name without differences that the eye does not see and a keyboard makes: what is the same name to people.

    Width, case, space, characters that are not seen, and letters that look like Latin ones. Accents are seen, and stay.
    """
    letters = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).casefold()
    plain = unicodedata.normalize("NFD", letters).translate(LOOKALIKES)
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", plain)).split())
