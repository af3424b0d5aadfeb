"""Whether a customer speaks of several orders, or of all there are, where only one can be meant. Pure."""

import re

from machines.reading.spelling import folded

EVERYTHING = re.compile(
    r"\b(?:everything|all|both|whole|entire|complete(?:ly)?|alles|alle|beides?|beiden|ganze\w*|komplett\w*|gesamte\w*"
    r"|tout|tous|toutes?|enti[eè]re?|compl[eè]te|tod[oa]s?|enter[oa]|complet[oa]|amb[oa]s|tutt[oi]|inter[oa])\b"
    r"|les deux|los dos|las dos|全部|所有|整个|整单|都",
    re.IGNORECASE,
)
"""All there is, or both."""
SEVERAL = (
    r"(?:both|all|each|every one|everything|the two|(?:the )?(?:two|three)(?= of)|alle|beide|s[aä]mtliche|jede"
    r"|tous|toutes|chacune?|les deux|ambos|ambas|todos|todas|los dos|cada un[oa])"
)
ORDERS = re.compile(
    rf"\b{SEVERAL}(?:\s[^\W\d_]+){{0,3}}\s(?:orders|payments|bestellungen|zahlungen|commandes|paiements|pedidos|pagos)\b"
    r"|(?:两个|两笔|两单|全部|所有|每个)(?:的|我的)?(?:订单|付款|单)|订单(?:我)?(?:都|全部)",
    re.IGNORECASE,
)
SMALL = (
    r"(?:please|cancel|return|refund|exchange|i|i'd|mean|want|would|like|bitte|ich|meine|möchte|stornieren|je|veux|quiero"
    r"|the|of|them|these|those|it|orders?|payments?|two|yes|ja|oui|s[ií]|davon|por|favor|s'il|vous|pla[iî]t|thanks|thank|you)"
)
ANSWER = re.compile(
    rf"\W*(?:{SMALL}\W+){{0,5}}{SEVERAL}(?:\W+{SMALL}){{0,5}}\W*\Z"
    r"|\W*(?:我)?(?:想|要|请)?(?:取消|退)?(?:(?:两个|两笔|两单|全部|所有|每个)都?|都)(?:要|想)?(?:取消|退|退款|退货)?\W*\Z",
    re.IGNORECASE,
)
LONGEST_ANSWER = 60
"""Characters of an answer that says no more than that."""


def asks_for_several(messages: list[str]) -> int:
    """How many of the messages speak of several orders or payments: in a sentence, or as the answer ``both``."""
    told = [folded(message) for message in messages]
    return sum(
        ORDERS.search(message) is not None or (len(message) <= LONGEST_ANSWER and ANSWER.match(message) is not None)
        for message in told
    )
