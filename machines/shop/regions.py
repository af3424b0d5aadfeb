"""Names of states of the USA and of countries, as addresses write them. Pure."""

import re

from machines.reading.remembering import once

US_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
USA = "USA"
COUNTRIES = {
    USA: "usa u.s.a. u.s. us united_states united_states_of_america america vereinigte_staaten états-unis"
    " estados_unidos eeuu 美国 美國",
    "Australia": "australia australien australie 澳大利亚",
    "Austria": "austria österreich autriche 奥地利",
    "Belgium": "belgium belgien belgique belgië bélgica 比利时",
    "Canada": "canada kanada canadá 加拿大",
    "China": "china chine p.r._china 中国 中國",
    "Denmark": "denmark dänemark danmark danemark dinamarca 丹麦",
    "France": "france frankreich francia 法国 法國",
    "Germany": "germany deutschland allemagne alemania germania 德国 德國",
    "Ireland": "ireland irland irlande irlanda 爱尔兰",
    "Italy": "italy italien italie italia 意大利",
    "Mexico": "mexico méxico mexiko mexique 墨西哥",
    "Netherlands": "netherlands the_netherlands holland niederlande nederland pays-bas países_bajos 荷兰",
    "Norway": "norway norwegen norge norvège noruega 挪威",
    "Poland": "poland polen polska pologne polonia 波兰",
    "Portugal": "portugal 葡萄牙",
    "Spain": "spain spanien espagne españa 西班牙",
    "Sweden": "sweden schweden sverige suède suecia 瑞典",
    "Switzerland": "switzerland schweiz suisse suiza svizzera 瑞士",
    "United Kingdom": "united_kingdom uk u.k. great_britain britain england scotland wales vereinigtes_königreich"
    " großbritannien royaume-uni reino_unido 英国 英國",
}
"""A country's name as it is stored, to its names in lower case; ``_`` stands for a space."""

_COUNTRY_OF = {word.replace("_", " "): name for name, words in COUNTRIES.items() for word in words.split()}
_CODE_OF = {name.casefold(): code for code, name in US_STATES.items()} | {"d.c.": "DC"}


def _any_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


COUNTRY = rf"(?:(?i:{_any_of([word for word in _COUNTRY_OF if word != 'us'])})|US)(?![^\W_])"
"""A country's name; ``us`` is one only in capitals."""
STATE_NAME = rf"(?i:{_any_of(list(_CODE_OF))})(?![^\W_])"
STATE_CODE = rf"(?:{'|'.join(US_STATES)})(?![^\W_])"


def state_code(name: str) -> str:
    """The code of a state of the USA from its name or code in any case; anything else stays as it is."""
    return _CODE_OF.get(name.casefold(), name.upper() if name.upper() in US_STATES else name)


def country_name(name: str) -> str:
    """The stored name of a country from any of its names; anything else stays as it is."""
    return _COUNTRY_OF.get(name.casefold(), name)


@once
def countries_in(text: str) -> frozenset[str]:
    """The countries that a text names."""
    return frozenset(map(country_name, re.findall(rf"(?<![^\W_]){COUNTRY}", text)))


@once
def states_in(text: str) -> frozenset[str]:
    """The codes of the states of the USA whose full names stand in a text."""
    return frozenset(map(state_code, re.findall(rf"(?<![^\W_]){STATE_NAME}", text)))
