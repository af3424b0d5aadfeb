"""Words that say how much or how many of an order is wanted: en, de, fr, es, zh.

All patterns are for text in the form of :func:`machines.shop.said_parts.said_plainly`, and bounded: time is linear.
"""

import re

from machines.shop.part_words import ACT, NEED, NO_THING, NUMBER, ORDER

SHARE = re.compile(
    rf"(?:{ACT}|\b(?:only|just|nur|seulement|solo|sólo)|只|仅|\A)\s?(?:me |back |the |die |la |only |just |nur |货|款"
    rf"|掉|了){{0,2}}"
    r"(?!100%)[0-9]{1,3}(?:⁄[0-9]{1,3}|%)(?! (?:sure|sicher|off|voucher|discount|battery|cheaper))"
    r"|(?<![0-9])(?!100%)[0-9]{1,3}(?:⁄[0-9]{1,3}"
    r"|%)(?: of| von| der| des| de| du)?(?: (?:the|my|it|them|that|this|der|meiner|la|los|las|mi|ma)\b){1,2}"
    rf"(?:\s?{ORDER}| items?| things?| money| price| amount| geld\w?| preis\w*| betrag\w*| argent| prix| dinero"
    rf"| precio|\s*\Z)|(?<![0-9])(?!100%)[0-9]{{1,3}}(?:⁄[0-9]{{1,3}}|%)\s(?:bitte |please |davon )?(?:{ACT}|\Z)"
    rf"|(?:\b(?:à|zu|zur|by"
    rf"|por|to|的)|的) ?[0-9]{{1,3}}⁄[0-9]{{1,3}}\W*\Z",
    re.IGNORECASE,
)
PART = re.compile(
    rf"\bparti(?:al(?:ly)?|el(?:le)?(?:ment)?) (?={ACT})|\b(?:annulation|cancellation|stornierung|return"
    rf"|refund) parti\w{{2,8}}|\bpartly\b"
    r"|\b(?:a|any|some) (?:part|portion|bit|few) (?:of|from)\b|\bpart of (?:the|my|it|them)|\b(?:some|several"
    r"|a few) of (?:the|my|it|them|these)|\bteil(?:weise|storn\w{0,8}|rückgabe|erstattung)|\beinen? teil\b"
    r"|\bune partie de\b|\bparcial(?:mente)?\b|\b(?:una )?parte del?\b|\bquelques[- ]uns|\balgun[oa]s? (?:de|art)"
    r"|部分|一些|有些",
    re.IGNORECASE,
)
NOT_WHOLE = re.compile(
    rf"\b(?:not|n't|nicht|pas|no) (?:(?!at )\w{{1,10}} ){{0,3}}(?:the |die |das |la )?(?:whole|entire|full|all"
    rf"|everything|ganze\w?|gesamte\w?|alles|tout\w?|tod[oa]) ?(?:the |of |my |die |la |el )?(?:it\b|{ORDER}|them"
    rf"|(?={ACT})|\Z)|\bnot (?:quite )?everything\b|\bnicht alles\b|\bpas tout\b|\bno todo\b"
    r"|不要全|不是全|不用全|别全",
    re.IGNORECASE,
)
WHOLE = re.compile(
    rf"\b(?:everything|alles|tout|todo)\b(?! (?:else|andere|le reste))|\b(?:whole|entire|full|complete|all|ganze\w?"
    rf"|gesamte\w?|komplette\w?|toute?|tod[oa]|enti[eè]re) (?:(?:of|the|my|die|la|el|ma|mi) ){{0,2}}(?:it\b|{ORDER}"
    rf"|them)|(?:整个|整张|全部|所有).{{0,4}}"
    r"(?:订单|取消|退)|全部|都取消|都退",
    re.IGNORECASE,
)

PIECES = (
    r"(?:items?|things?|articles?|pieces?|products?|artikel|stück|teile?|sachen|choses?|art[ií]culos?|cosas?"
    r"|productos?|prendas?)"
)
MEASURE = "[个件盏只台把双条本张套]"
OF_SEVERAL = re.compile(
    rf"(?P<count>{NUMBER}) (?:[^\W\d_]{{1,20}} )?(?:(?:out )?of|from|von|aus|der|des|sur|de|d')\s?(?:the |these "
    rf"|those |my |den |ces |las |los |mis ){{0,2}}(?:(?P<all>[0-9]{{1,2}}"
    rf"|beiden)(?! (?:\w{{1,12}} )?(?:{NO_THING}))|(?:them|these|those|ihnen|ellos|ellas)\b|{PIECES}\b)"
    rf"|(?P<apart>{NUMBER}) davon|\b(?:une?) seule?\b|\b(?:un|una) sol[oa]\b|其中|[0-9]{MEASURE}.{{0,6}}(?:里|中)",
    re.IGNORECASE,
)
"""``2 of the 3``, ``one of them``."""
SOME = re.compile(
    rf"{ACT} (?:only |just |please |me |nur |bitte |sie |seulement |solo |sólo "
    rf"|back ){{0,3}}(?P<acted>{NUMBER}) (?:\w{{1,20}} )?{PIECES}\b"
    rf"|\b(?P<before>{NUMBER}) {PIECES} (?:bitte )?(?:{ACT})|(?:取消|退货|退掉|退|换)(?:了|掉"
    rf"|其中){{0,2}}(?P<chinese>[0-9]{{1,2}}){MEASURE}(?!订单|訂單|单|月|星期)",
    re.IGNORECASE,
)
"""``return two things``."""
ALONE = re.compile(
    rf"\b(?P<before>{NUMBER}) (?:bitte )?(?:{ACT})|{ACT} (?:only |just |please |me |nur |bitte |seulement |solo "
    rf"|sólo )?(?P<acted>{NUMBER})(?= ?[x×]| (?:only|please|bitte)|\W*\Z|[.,;!] )|\b{NEED} (?:only |just |nur |solo "
    rf"|sólo )?(?P<needed>[0-9]{{1,2}})(?! (?:\w{{1,12}} )?(?:{NO_THING}|more|that))|\bqu(?:'"
    rf"|e d')(?P<french>une?)\b(?! {NO_THING})|\b(?:only|just|nur|seulement|solo"
    rf"|sólo) (?:\w{{1,12}} )?(?P<only>{NUMBER})(?=\W*\Z|[.,;!])|(?P<enough>{NUMBER})(?: \w{{1,20}})? (?:(?:is|are"
    rf"|would be) enough|reich(?:t|en)|genügt|suffit|basta)\b|(?:只(?:要|需要?|想要|留)|留|少)(?:了"
    rf"|要)?(?P<few>[0-9]{{1,2}}){MEASURE}",
    re.IGNORECASE,
)
"""``cancel one``, ``I need one``, ``one is enough``."""
TOO_MANY = re.compile(
    rf"{NUMBER} (?:\w{{1,20}} ){{0,2}}(?:too (?:many|much)|less|fewer|zu ?viel|weniger|de trop|de moins|de más"
    rf"|menos)\b|\bme sobra\b|多(?:买|下|订|要|点)?了?[0-9]?[个件盏只台把双条本张套]",
    re.IGNORECASE,
)
QUANTITY = re.compile(
    r"\b(?:chang|reduc|lower|decreas|increas|set|adjust|correct|updat|edit|modif|rais|mak|änder|reduzier|verringer"
    r"|erhöh|setz|changez?|rédui|diminu|augment|cambi|redu[cz]|aument|baj)\w{0,6}\s(?:\w{1,12}\s){0,4}(?:quantity"
    r"|qty|amount of|number of|count|menge|anzahl|stückzahl|quantité|nombre|cantidad|número de)\b|(?:\b(?:quantity"
    r"|qty|menge|anzahl|stückzahl|quantité|cantidad)\b|数量).{0,20}(?:\bto\b|\bauf\b|\bà\b|\ba\b|改|变|减|加|änder)",
    re.IGNORECASE,
)
FROM_TO = re.compile(
    r"\b[0-9]{1,2}(?: \w{1,20}){0,2} (?:instead of|rather than|statt|anstatt|au lieu de|en vez de"
    r"|en lugar de) [0-9]{1,2}\b|\b(?:reduc\w{1,3}|lower|decrease|cut|reduzier\w{1,3}|rédui\w{1,4}"
    r"|redu[zc]\w{1,4})\b[^.,;!?]{0,40}?"
    rf"\b(?:to|auf|à|a) (?:only |just )?{NUMBER}(?! (?:\w{{1,12}} )?{NO_THING})|\bmake it (?:only "
    rf"|just )?{NUMBER}(?! {NO_THING})|\bauf (?:nur )?{NUMBER}(?: \w{{1,20}})? (?:reduzier|verringer|erhöh|änder)"
    rf"|\bfrom [0-9]{{1,2}}(?: \w{{1,20}})? to [0-9]{{1,2}}\b|[改减]成?为?[0-9]{{1,2}}{MEASURE}",
    re.IGNORECASE,
)
"""From one number to another: pieces, or a size."""
NUMBERED = re.compile(
    rf"(?P<number>{NUMBER}|\b(?:second|third|last|extra|spare"
    rf"|single))\s?[x×]?\s(?=(?P<thing>(?:[^\W\d_]\w{{0,29}}\s?){{1,3}}))",
    re.IGNORECASE,
)
"""A number, and what it counts; one of several is one."""
