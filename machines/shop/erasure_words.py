"""Whether a customer speaks of having personal data erased, in the languages that are served. Pure."""

import re

from leverframe.contracts.base import Facts
from machines.facts import text

GONE = re.compile(
    r"\b(?:delet|eras|remov|gone\b|wip(?:e|ing)\b|purg|forget|forgotten|destroy|get rid|shred|scrub|anonymi"
    r"|clos(?:e|ing)\b"
    r"|terminat|lösch|loesch|entfern|vergess|vernicht|schlie(?:ß|ss)|auflös|aufzulös|kündig"
    r"|supprim|suppression|effac|oubli|détrui|clôtur|ferm|résili"
    r"|borr|elimin|suprim|supresión|olvid|destru|cerr|dar(?:me)? de baja|apag|exclu|encerr|esque[cç]"
    r"|cancell(?:a|ar|az)|rimuov|dimentic|chiud|distrug|verwijder|wis(?:sen)?\b|vergeet|sluit|opheff|opzeg"
    r"|usu(?:n|ń|w)|skasuj|skasow|zamkn|brisa|obri[sš]|ukloni|izbri[sš]|zatvor|radera|ta bort|glöm|avsluta"
    r"|sil(?:in|me|ebil|er)|kapat|удал|сотр|стер|забы|закр|уничтож)"
    r"|löschen|gelöscht|geschlossen|حذف|محو|مسح|إغلاق|نسيان|삭제|지워|탈퇴|파기|잊"
    r"|删|刪|注销|註銷|清除|抹|遗忘|遺忘|销毁|削除|消去|消し|退会|忘れ",
    re.IGNORECASE,
)
"""To make something disappear, or to close it."""

PERSONAL = re.compile(
    r"\b(?:data|accounts?|profile|personal|privacy|records?|information|info\b|details|about me|traces? of me"
    r"|everything (?:you|about)|all you (?:have|know)|alles über mich|personenbezogen|tout ce que vous (?:avez|savez)"
    r"|données|compte|coordonnées|datos|cuenta|perfil|información|dados|conta\b|dati|profilo|gegevens|dane|danych"
    r"|konta|podaci|podatke|račun|nalog|uppgifter|veri(?:ler|m)|hesab|данн|аккаунт|уч[её]тн|профил|информаци)"
    r"|(?:konto|daten|profil)\b|بيانات|حساب|معلومات|ملف|데이터|개인정보|계정|정보"
    r"|数据|數據|资料|資料|账户|账号|帐号|帳號|帳戶|信息|隐私|個人情報|アカウント|データ|プロフィール|情報",
    re.IGNORECASE,
)
"""What there is about a person."""

RIGHT = re.compile(
    r"\b(?:GDPR|DSGVO|DS-GVO|RGPD|AVG\b|RODO|KVKK|CCPA)|\bart(?:icle|ikel|\.)? ?17\b|right to (?:be forgotten|erasure)"
    r"|recht auf (?:vergessen|löschung)|droit à l.(?:oubli|effacement)|derecho (?:al olvido|de supresión)"
    r"|diritto all.oblio|被遗忘权|注销",
    re.IGNORECASE,
)
"""The law's own words for it."""

NOT_ASKED = re.compile(
    rf"(?:\b(?:not|never|cannot|nicht|ne|no|without|ohne|sans|sin)\b"
    rf"|n't)(?: \w{{1,12}}){{0,2}} (?:{GONE.pattern})\w{{0,14}}"
    rf"|(?:不要?|别|請?勿)(?:把|将)?(?:{GONE.pattern})"
    r"|\b(?:lösch|loesch|entfern|schlie(?:ß|ss)|kündig)\w{1,4}(?: [^\W\d_]{1,16}){1,5} nicht\b"
    r"|\bi(?:'ll| will)(?: (?:just|then))? (?:delet|eras|remov|clos)\w{1,3}"
    r"|\bi(?: have|'ve)?(?: accidentally| already| just)? (?:deleted|removed|erased|closed|forgotten)\b"
    r"|\b(?:ich )?hab(?:e)?(?: ich)?(?: [^\W\d_-]{1,16}(?:-[^\W\d_]{1,16})?){1,5} (?:gelöscht|entfernt|geschlossen"
    r"|vergessen)\b"
    r"|\bj'ai (?:déjà )?(?:supprimé|effacé|oublié|fermé)|\bhe (?:ya )?(?:borrado|eliminado|olvidado|cerrado)"
    r"|\b(?:borré|eliminé|olvidé|cerré)\b|我(?:已经|不小心)?(?:删除?了|忘了)",
    re.IGNORECASE,
)
"""That something is not to go, or that the customer made it go, or forgot it."""


def asks_to_erase(facts: Facts) -> bool:
    """Whether the words can mean that what is known of the customer is to go."""
    said = _asked(facts)
    return bool(RIGHT.search(said) or (GONE.search(said) and PERSONAL.search(said)))


def leaves_open(facts: Facts) -> bool:
    """Whether something is to go, and the words do not say that it is what is known of the customer."""
    return bool(GONE.search(_asked(facts))) and not asks_to_erase(facts)


def _asked(facts: Facts) -> str:
    return NOT_ASKED.sub(" ", text(facts))
