"""Words that send a part of an order another way than the rest, or have it paid otherwise: en, de, fr, es, zh.

All patterns are for text in the form of :func:`machines.shop.said_parts.said_plainly` in which :data:`PLACE` stands for
each way that is named, an address or a payment method; they are bounded, so that their time is linear.
"""

import re

from machines.shop.part_words import DET, NO_THING, NUMBER, A

PLACE = "@@"
PREPOSITION = (
    r"(?:to|with|by|via|from|on|onto|in|using|through|per|mit|von|vom|auf|über|an|nach|zu|zur|zum|avec|par"
    r"|sur|à|au|aux"
    r"|chez|de|du|depuis|con|por|en|a|al|desde)"
)
MOVE = (
    r"(?:pay\w{0,4}|paid|charg\w{1,4}|put|bill\w{0,3}|debit\w{0,3}|switch\w{0,3}|mov\w{1,3}|ship\w{0,4}"
    r"|deliver\w{0,3}|send\w{0,3}"
    r"|sent|go(?:es)?|be|is|are|should|must|shall|will|geht|gehen|soll(?:en)?|zahl\w{0,3}|bezahl\w{0,3}"
    r"|abbuch\w{0,3}|buch\w{0,3}"
    r"|schick\w{0,3}|liefer\w{0,3}|send\w{0,3}|versend\w{0,3}|pay[eé]\w{0,3}|paier|régl\w{1,4}|envoy\w{1,4}"
    r"|livr\w{1,4}|expédi\w{1,4}"
    r"|pag[aou]\w{0,4}|envi\w{1,4}|envíen?|mand\w{1,4}|please|bitte|then|dann)"
)
TO = rf"(?:\s{MOVE}){{0,3}}\s(?:{PREPOSITION}\s)?(?:\w{{1,14}}\s){{0,2}}{PLACE}"
"""From what goes to where it goes."""
STRAIGHT_TO = rf"(?:\s{MOVE}){{0,3}}\s{PREPOSITION}\s(?:\w{{1,14}}\s){{0,2}}{PLACE}"
OF_ALL = (
    r"(?:\s(?:of|from|von|vom|der|des|de|du|del|the|my|it|them|this|that|meiner|la|le|el|mi|ma|this|order"
    r"|payment|amount|total"
    r"|items?|things?|articles?|sum|price|bestellung|betrag\w?|summe|artikel|commande|montant|somme|pedido"
    r"|importe|total"
    r"|artículos?|please|bitte|2|3|4|5|beiden)){0,5}"
)
NO_PART = re.compile(
    rf"(?:{NO_THING}|@|\b(?:methods?|cards?|visa|mastercard|zip|code|postcode|number|name|house|home|flat"
    rf"|place|door|work|office|app"
    r"|shop|store|rest|remainder|delivery|shipping|shipment|parcel|package|billing|option|account|bank"
    r"|changes?|cambios?|changements?|änderung|town|street|wrong|old|new"
    r"|same|us|uns|nous|nosotros|zahl\w{0,16}|straße|strasse|hausnummer|postleitzahl|plz|lieferung"
    r"|lieferanschrift|anschrift|paket|sendung|stadt|haus|wohnung"
    r"|büro|arbeit|konto|rechnung|alte\w?|neue\w?|mode|moyen|méthode|rue|numéro|code|ville|maison|bureau"
    r"|colis|livraison|reste"
    r"|compte|facture|método|forma|medio|calle|casa|ciudad|oficina|paquete|envío|entrega|cuenta|factura"
    r"|resto|demás|piso|código)\b)",
    re.IGNORECASE,
)
"""Nothing that an order is made of."""
GOING = re.compile(
    rf"(?:(?i:{DET}|{A})|(?<![^\s,;:.(])(?=[A-ZÄÖÜ]))(?P<thing>(?:[^\W\d_][\w-]{{0,29}}\s(?!bitte"
    rf"|please)){{0,2}}[^\W\d_][\w-]{{0,29}})(?i:{TO})",
)
"""``the lamp to 5 Elm Street``: what goes, and where."""
GOING_IN_CHINESE = re.compile(
    rf"(?P<thing>[\u4e00-\u9fff]{{1,6}}?)(?:就|也|还|都|则|要)?(?:用|还是|还在|寄到|寄往|送到|送往|寄|送|走|发到|刷)\s?{PLACE}"
)
SHARED = re.compile(
    rf"(?<!charges )(?<!fee of )(?<!extra )[0-9]{{1,3}}(?:⁄[0-9]{{1,3}}|%){OF_ALL}(?:{STRAIGHT_TO}|\s{PLACE}"
    rf"|(?:用|寄到|送到|寄|送|付|走|刷|到){{1,2}}\s?{PLACE})"
    rf"|(?:\A\W{{0,3}}|\b(?!be\b|is\b|are\b){MOVE}\s)(?:the |die |la )?(?!100%)[0-9]{{1,3}}(?:⁄[0-9]{{1,3}}"
    rf"|%){OF_ALL}\s?(?:\Z|[.,;])"
    rf"|\b(?:a|1|1n|eine?n?|une?|una?|el|le|das)\s(?:third|quarter|drittel|viertel|tiers|quart|tercio|cuarto"
    rf"|tercera parte)\b{OF_ALL}{STRAIGHT_TO}"
    rf"|{PLACE}\s(?:for|für|pour|para)\s(?:the |die |la )?[0-9]{{1,3}}(?:⁄|%)"
    rf"|(?:{PLACE}|付|寄|送)\s?[0-9]{{1,3}}⁄[0-9]{{1,3}}",
    re.IGNORECASE,
)
"""A share goes one way."""
SPLIT_UP = re.compile(
    r"\b(?:split(?:ting)?|divid(?:e|ing|ir|an|e))\b(?=\W+(?:\w{1,12}\W+){0,2}?(?:it|order|payment|amount"
    r"|total|bill|pago|pedido|importe"
    rf"|up|between|{PLACE}))|{PLACE} (?:und|and) (?:\w{{1,12}} ){{0,2}}{PLACE} (?:auf)?(?:teilen|splitten)\b"
    rf"|\baufteilen\b|\baufgeteilt\b"
    r"|\b(?:répart|partag|scind)\w{1,4}\b|\brepart\w{1,4} (?:el|la|entre)\b|分(?:开|成[0-9])(?:付|寄|送|支付|发)",
    re.IGNORECASE,
)
REST_GOES = re.compile(
    rf"\b(?:the |der |den |die |le |el |la )?(?:rest|remainder|remaining|restliche\w?|übrige\w?|reste|resto"
    rf"|demás|others?|autres?"
    rf"|otr[oa]s?)(?:\s(?:of|von|der|de|the|it|order|bestellung|items?)){{0,3}}{STRAIGHT_TO}|(?:剩下"
    rf"|其[他它余])的?(?:就|都)?(?:用|寄到|送到|寄|送|刷)"
    rf"\s?{PLACE}",
    re.IGNORECASE,
)
ONLY_WORD = (
    r"(?:only|just|solely|merely|nur|bloß|lediglich|ausschließlich|seulement|uniquement|juste|solo|sólo"
    r"|solamente|únicamente|alone|nada más)"
)
ONLY_THING = re.compile(
    rf"(?:\b(?i:{ONLY_WORD})\s(?:(?i:{MOVE})\s){{0,2}}|{PLACE}\s(?i:{ONLY_WORD})\s(?:for|für|pour|para)\s)(?:(?i:{DET})"
    rf"|(?<=[Nn]ur )(?=[A-ZÄÖÜ]))(?P<after>[^\W\d_][\w-]{{0,29}}(?:\s[^\W\d_][\w-]{{0,29}})?)"
    rf"|(?i:{DET})(?P<before>[^\W\d_][\w-]{{0,29}}(?:\s[^\W\d_][\w-]{{0,29}})?)\s(?i:{ONLY_WORD})(?=\s?(?:[.,;:!?)]|\Z|(?i:{PREPOSITION}|please|bitte)\s))"
    rf"|(?:只|仅|单独)(?:想|要|需要|请|帮我|能){{0,2}}(?:有|把|将|寄|送|发|改)(?P<han>(?!一下|到|往|给|成|为|付款|送|寄)[\u4e00-\u9fff]{{1,6}}?)"
    rf"(?=寄|送|到|发|用|改|付)"
    rf"|(?:只|仅)[^，。,.]{{0,12}}付(?P<paid>(?!款|钱|费|了|吧|的|订单|整|全)[\u4e00-\u9fff]{{1,6}})",
)
COUNTED = re.compile(
    rf"(?P<count>{NUMBER})(?=(?:\s(?:of|out of|from|von|aus|der|des|sur|de)\b|\s)(?:\s?(?:the|these|my|den"
    rf"|der|les|los|las|mis|des)\b)?"
    rf"\s?(?:[0-9]\s|beiden\s|seule?\s|sol[oa]\s|single\s|einzige\w\s)?(?P<thing>[^\W\d_][\w-]{{0,29}}"
    rf"|[0-9]{{1,2}}){STRAIGHT_TO})"
    rf"|{PLACE}\s(?:\w{{1,12}}\s)?(?:for|für|pour"
    rf"|para)\s(?:\w{{1,12}}\s)?(?P<for_count>{NUMBER})\s(?P<for_thing>[^\W\d_][\w-]{{0,29}})"
    rf"|(?<![0-9])[0-9]{{1,2}}[个件盏只台把双条本张套](?:东西|商品)?(?:用|寄到|送到|寄|送)\s?{PLACE}"
    rf"|(?:其中(?:一|1|[0-9])|只[^，。]{{0,4}}[0-9])[个件盏只台把双条本张套].{{0,8}}{PLACE}",
)
NO_PART_OF_IT = re.compile(
    rf"\W{{0,2}}(?:(?:the|my|der|die|das|meiner|la|el|mi|ma|our)\s)?(?:{PLACE}|street|name|number|family"
    rf"|month|week|day|time|straße|rue|calle|nom"
    r"|familie|famille|familia)",
    re.IGNORECASE,
)
"""Behind ``a part of``: no part of an order."""
STAYS_IN_CHINESE = re.compile(
    r"(?P<thing>[\u4e00-\u9fff]{1,6}?)(?:还是|仍然|仍|依然|就)?(?:不变|不动|留着|保留|原来|照旧|原地址)|除了(?P<except>[\u4e00-\u9fff]{1,6}?)"
    r"(?:都|全|以外|之外|外)"
)
NO_PART_IN_CHINESE = re.compile(
    "支|其[他它余]|地址|付款|方式|订单|单|款|钱|我|你|这|那|请|别|不|都|全|一切|什么|卡|电话|名字|剩下|用|寄|送|改"
)
