"""Words by which an amount that is wanted back is told from other numbers. Patterns for folded text; linear."""

import re

OTHERS = re.compile(
    r"#?W[0-9]{7}(?:\s?/\s?[0-9]{1,4})?(?![0-9])|<[A-Z_ ]{2,30}[0-9]{1,4}>|\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"
    r"|\b[0-9]{1,2}[./][0-9]{1,2}[./](?:[0-9]{4}|[0-9]{2})?(?![0-9])|\b[0-9]{1,2}:[0-9]{2}\b|#\s?[0-9]+"
    r"|\b(?:on|am|vom|seit|bis|since|den|dem|le|el"
    r"|du) (?:the )?[0-3]?[0-9]\.[01][0-9]\b(?!\s?(?:[$€£%]|usd|eur|dollar))",
    re.IGNORECASE,
)
"""Ids, dates and times."""
WITH_CENTS = re.compile(r"[0-9][0-9., ']*[.,](?:[0-9]{2}|-{1,2})")
POLITE = re.compile(r"\b(?:please|bitte|por favor|thanks|danke|merci|gracias)\b", re.IGNORECASE)
UNIT = re.compile(
    r"\s?(?:kg|g|lbs?|oz|cm|mm|m|km|ml|l|inch(?:es)?|in|ft|gb|tb|mhz|ghz|v|w|mah|x|×|stars?)\b|\s?[\"%°]", re.IGNORECASE
)
RANGE = re.compile(
    r"[0-9$€£] ?(?:-|to|bis|à|到|至) ?\Z|(?<![0-9.,$€£¥])[0-9]{1,6} ?(?:a|or|oder|ou|o|and|und|et|y) ?\Z", re.IGNORECASE
)
"""Before an amount: it is the end of a range, or one of two of which only this has a currency."""
PAID = re.compile(
    r"(?:\b(?:paid|pay|costs?|price(?: (?:is|was|of))?|worth|advertised (?:for|at)|bought (?:it )?for"
    r"|bezahlt|gezahlt|kostet|gekostet"
    r"|preis|payé|coût\w{0,5}|prix|pagu[eé]|pagado|cost[oó]|precio)|付了|花了|价格)[^.;!?\n0-9]{0,20}\Z",
    re.IGNORECASE,
)
"""Before an amount: it was paid; it is not what is to go back."""
REFUSED = (
    r"(?:(?:\b(?:not|nicht|pas|never)|n't)(?: (?:want|need|refund|give|send|pay|take))?|\bkeine?n?|\bno (?:quiero"
    r"|queremos)"
    r"|\bno(?! ?[0-9])|不(?:要|是|用|想)?退?(?:给|还)?我?)\s{0,2}(?:(?:me|back|just|only|nur|mere|the|die|la|le) ){0,2}"
)
"""Before an amount or a share: it is not what is wanted."""
GIFT = re.compile(r"\s(?:gift ?card|voucher|coupon|discount|gutschein|bon d.achat|tarjeta regalo)", re.IGNORECASE)
WANTS = re.compile(
    r"(?:\b(?:refund|repay|return|reimburse|pay|give|send|get|have|want|gesture|compensation|amount|sum"
    r"|betrag|montant|importe)(?: (?:me|back|us|only|just|a|of|von|de|about|around|roughly|approx\.?|up to)){0,3}"
    r"|\b(?:only|just|nur|bloß"
    r"|seulement|solo|sólo|erstatten(?: sie)?(?: mir)?|rembours\w{1,5}(?:-moi)?|reembols\w{1,5}|devu[eé]lv\w{1,5}))\s\Z"
    r"|(?:退|退款|退还|退回|只退|返还)(?:给)?(?:我)?\s?\Z",
    re.IGNORECASE,
)
"""Before a number without a currency: it is an amount."""
PAYS = re.compile(
    r"(?:refund|repay|reimburs|pay|give|erstatt|rembours|reembols)\w{0,4}\W{1,3}(?:\w{1,12} ){0,3}\Z"
    r"|(?:退款|返还|退还)\W?\Z",
    re.IGNORECASE,
)
"""Before a number: it is money, not pieces."""
BACK = re.compile(r"\s(?:back|zurück|de vuelta|refunded|erstatte[tn])\b", re.IGNORECASE)
ENDS = re.compile(
    r"\s*(?:\Z|[.,;!?)\n])|\s(?:back|please|pls|of|from|for|on|to|bitte|von|vom|zurück|de|del|por)\b", re.IGNORECASE
)
COMMA = re.compile(
    r"\b(?:ich|bitte|und|mir|der|die|das|von|für|zurück|je|vous|moi|les|des|pour|sur|merci|quiero|por"
    r"|favor|los|las|para|del|devuelvan?)\b",
    re.IGNORECASE,
)
"""Words of languages that have a comma before the cents."""
LESS = re.compile(
    r"\balready (?:refunded|paid back|got|received|sent|gave|given)\b"
    r"|\b(?:refunded|paid (?:me )?back|got|received|sent|gave)\s{1,4}(?:\w{1,12}\s{1,4}){0,3}already\b"
    r"|\b(?:bereits|schon) (?:erstattet|zurück|bekommen|erhalten)|\bdéjà (?:rembours|reçu)|\bya (?:me )?(?:devolv"
    r"|reembols|han)"
    r"|已经?退|\b(?:except|minus|less|apart from|(?:all|everything|whole|full)(?: [^\W\d_]{1,12}){0,2} but"
    r"|außer|bis auf|abzüglich|weniger|sauf|moins"
    r"|excepto|menos|salvo)\b|除了|减去|扣除|扣掉",
    re.IGNORECASE,
)
"""What is to stay, or is back already, of which no amount is made."""
DIFFERENCE = re.compile(r"\bdifference\b|\bdifferenz|\bdifférence|\bdiferencia|差价|差额", re.IGNORECASE)
THE_DIFFERENCE = re.compile(
    r"(?:differen\w{2,4}|différence|diferencia|差价|差额)\s?(?:of|is|was|von|ist|de|es|是|:|=|\()?\s?\Z", re.IGNORECASE
)
"""Before an amount: it is the difference."""
NOT_ALL = re.compile(
    r"\bnot (?:quite )?(?:the )?(?:all|full|whole|entire|everything)\b"
    r"|(?:\bno need|\bnot|n't)(?: (?:need|want|asking|ask|have|refund|give|send|pay|expect|to|for|me|back|you)){1,4}"
    r" (?:the )?(?:all|full|whole|entire|everything)\b"
    r"|\bnicht (?:alles|den ganzen|das ganze|den vollen)\b"
    r"|\bpas (?:tout|la totalité)\b|\bno (?:todo|el total)\b|不是全部|不要全部|不用全",
    re.IGNORECASE,
)
VAGUE = re.compile(
    r"\bpart(?:ial(?:ly)?|ly)\b|\b(?:small|little) (?:refund|amount|sum|compensation)\b"
    r"|\b(?:a|any|some) (?:part|portion|fraction|bit|little)\b|\bpart of (?:the|my|it|what)"
    r"|\bsome of (?:my|the) money|\bsome money\b|\b(?:the )?(?:price )?difference\b"
    r"|\b(?:shipping|delivery|postage)(?: (?:costs?|fees?|charges?))?\b(?=[^.!?\n]{0,30}\b(?:back"
    r"|refund))|\brefund[^.!?\n]{0,20}(?:shipping|postage|delivery fee|taxe?s?\b|vat\b)"
    r"|\bhalf-(?:price|refund)\b|\b(?:mwst|mehrwertsteuer|umsatzsteuer|tva|iva|impuestos?)\b|税"
    r"|\bteil(?:weise|betrag|erstattung)|\b(?:ein|einen) teil\b|\bdifferenz|\bversandkosten"
    r""
    r"|\bpartiel\w{0,6}|\bune partie\b|\bdifférence|\bfrais de (?:port|livraison)|\bparcial\w{0,5}"
    r"|\buna parte\b|\bdiferencia"
    r"|\bgastos de env[ií]o|部分|差价|差额|运费|邮费|一点",
    re.IGNORECASE,
)
"""A limit that no amount can be made of."""
WHOLE = re.compile(r"\bfull\b|\bvoll\w{0,3}\b|\bintégral\w{0,4}|\bíntegro|全额|全款|全退|全部", re.IGNORECASE)
