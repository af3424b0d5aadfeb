"""Words that limit a wish to a part of an order, or to some of its pieces: en, de, fr, es, zh.

All patterns are for text in the form of :func:`machines.shop.said_parts.said_plainly`, and bounded: time is linear.
"""

import re

DET = (
    r"(?:\b(?:the|my|our|these|those|der|die|das|den|dem|des|mein\w{0,2}|unser\w{0,2}|diese\w?|les?|la|mon|ma|mes"
    r"|notre|nos|cette?|ces?|el|los|las|mis?|est[aeo]s?|es[ae]s?)\s|\bl'|\bd')"
)
A = r"(?:\b(?:1|eine?[nrms]?|eins|une?|un[ao]?)\s|\bl'une?\s)"
NUMBER = r"(?:(?<![0-9.,#-])[0-9]{1,2}(?![0-9.,:/-])|\b(?:eine?[nrms]?|eins|l'une?|une?|un[ao]?)\b)"
ACT = (
    r"(?:\b(?:cancel\w{0,6}|call off|return\w{0,3}|send\w{0,3}|refund\w{0,3}|exchang\w{1,3}|swap\w{0,4}|chang\w{1,3}"
    r"|replac\w{1,3}|stornier\w{0,4}|storno|abbestell\w{0,3}|umtausch\w{0,3}|tausch\w{0,3}|zurück\w{0,10}|ändern?"
    r"|erstatt\w{0,3}|annul\w{0,4}|retourn\w{1,4}|renvo\w{1,4}|rembours\w{1,5}|échang\w{1,4}|modifi\w{1,4}"
    r"|cancél\w{1,5}|anul\w{1,4}|devol\w{1,6}|devu[eé]l\w{1,6}|reembols\w{1,5}|cambi\w{1,4}|remov\w{1,3}|delet\w{1,3}"
    r"|entfern\w{1,3}|retir\w{1,4}|enlev\w{1,4}|supprim\w{1,4}|quit(?:a|ar|en)|elimin\w{1,4})\b|取消|退|换)"
)
"""What is done with orders and items."""
ACTED_ON = re.compile(ACT, re.IGNORECASE)
ORDER = (
    r"(?:\b\w{0,20}(?:orders?|purchases?|bestellung(?:en)?|auftr[aä]ge?|commandes?|pedidos?|compras?|payments?"
    r"|zahlung(?:en)?|paiements?|pagos?)\b|@|订单|訂單|单)"
)
NO_THING = (
    rf"(?:{ORDER}|\b(?:money|cash|refunds?|price|total|amount|sum|card|paypal|gift|mistake|accident|error|test|joke"
    rf"|question|answer|reply"
    r"|reason|confirmation|information|info|address|street|city|date|time|days?|weeks?|months?|hours?|minutes?|moment"
    r"|way|whole|entire|full|same|both|geld|betrag|preis|karte|versehen|fehler|irrtum|frage|antwort|grund|bestätigung"
    r"|adresse|lieferadresse|tage?|wochen?|monate?|ganze\w?|gesamte\w?|beiden?|argent|prix|carte|erreur|réponse"
    r"|raison|jours?|semaines?|mois|dinero|precio|tarjeta|pregunta|respuesta|razón|dirección|días?|semanas?"
    r"|mes(?:es)?|bitte|please|[0-9])\b)"
)
NO_ITEM = re.compile(NO_THING, re.IGNORECASE)
NOUN = re.compile(rf"(?:{DET}|{A})(?P<words>(?:[^\W\d_][\w-]{{0,29}}(?:\s|(?=\W|\Z))){{1,3}})", re.IGNORECASE)
STOPPING = """
of from in on for at to with by as is are can only alone please aus von im auf für als de du dans sur pour del por en
para con seulement uniquement solamente únicamente
"""
STOPS = frozenset(STOPPING.split())
"""Words at which what is named ends."""
REST = re.compile(
    rf"\b(?:rest|remainder|remaining|the second|(?:first|second|third|last|cheape\w{{1,2}}|(?:more|most"
    rf"|less) expensive|bigger|smaller) (?:1|item|thing|of)|restliche\w?|übrige\w?|reste|resto"
    rf"|demás)\b(?!\s(?:\w{{1,12}}\s)?(?:{ORDER}|is up))"
    r"|\b(?:others?|andere[nrs]?|(?:erste|zweite|dritte)[nrs]?|autres?|première|premier|deuxième|seconde?|otr[oa]s?"
    rf"|primer[oa]?|segund[oa])(?=\W*\Z| (?:1|items?|things?|ones?|stuff|please|bitte|stays?|can|bleib|{ACT}))"
    r"|其[他它余]|剩下|(?:另[外一1]?|第[0-9])[个件盏只台把双条本张套]",
    re.IGNORECASE,
)
"""What is left of several things."""

SPLIT = re.compile(
    r"(?:[.,;:!?](?![0-9])|[\n，。；：！？、（）()])+|\s(?:but|and|while|whereas|aber|und|sondern|während|mais|et"
    r"|pero|sino|y|e|mientras)\s|(?=\b(?:except|excluding|apart from|other than|save for|not (?:the|my"
    r"|#?W?(?=[0-9]))|pas (?:l[ae]s?"
    r"|mon|ma|mes)|nicht (?:d(?:ie|as|en|er)|mein\w{0,2})|no (?:el|las?|los|mis?)|à part|außer|ausser|bis auf"
    r"|ausgenommen|sauf|excepté|hormis|excepto|menos|salvo|instead of|rather than|(?:an)?statt|au lieu d[eu]|plutôt que"
    r"|en vez del?|en lugar del?)\s)|(?=除了|而不是)",
    re.IGNORECASE,
)
"""Where one thing that is said ends and the next begins."""
CONTRAST = re.compile(r"\b(?:but|sondern|mais|sino|aber|pero)\b", re.IGNORECASE)
"""Between what is refused and what is wanted in its place."""
ALL_BUT = re.compile(r"\b(all|everything|anything) but\b", re.IGNORECASE)
EXCEPT = re.compile(
    r"(?:except(?: for)?|excluding|apart from|other than|save for|à part|außer|ausser|bis auf|ausgenommen|sauf|excepté"
    r"|hormis|excepto|menos|salvo)\s|除了(?!取消|退|这)|除(?=[^，。了非]{1,20}(?:以外|之外))",
    re.IGNORECASE,
)
NOT = re.compile(
    r"(?:not(?= (?:the|my|that|this|those|these|with|to|for|#?W?[0-9]))|pas(?= (?:l[ae]s?|mon|ma|mes|cette|ce|pour"
    r"|avec)\b)"
    r"|nicht(?= (?:d(?:ie|as|en|er|em)|mein\w{0,2}|mit|an|#?W?[0-9]))|no(?= (?:el|las?|los|mis?|con)\s))\s|不是",
    re.IGNORECASE,
)
"""What is not meant."""
INSTEAD = re.compile(
    r"(?:instead of|rather than|(?:an)?statt|au lieu d[eu]|plutôt que|en vez del?|en lugar del?)\s|而不是",
    re.IGNORECASE,
)
"""What is not meant either, behind what is to be done; what came in place of it is told with the same words."""
KEEP = re.compile(
    r"\b(?:(?:keep|keeping)(?! (?:me|us|you|in mind|up|\w{2,12}ing)\b)|retain|hold on to|stays?(?! in )"
    r"|still (?:want|need)"
    r"|leave|(?:rest|others?|reste"
    r"|resto)(?: \w{1,5})? (?:ok(?:ay)?|fine|good|passt|in ordnung|bien|bon|va)|do(?:n't| not) (?:(?:want|wish"
    r"|mean) (?:you )?to )?"
    r"(?:cancel|return|exchange|change|touch)|bitte (?:[^\s,]{1,20} ){0,4}nicht (?:stornieren|umtauschen|ändern)"
    r"|stornieren sie (?:[^\s,]{1,20} ){0,4}nicht(?! nur)|n'annule[rz]? pas|ne pas annuler"
    r"|no (?:cancel|anul)(?:e[ns]?|ar)|behalt\w{1,3}|bleib(?:t|en)|gard(?:e|er|ons|erai)"
    r"|conserv(?:e|er|ons|erai|ar|o|amos)"
    r"|restent?|queda(?:n|rme|rnos)?|quedo|quedamos|mantener|mantengan?)\b|保留|留着|留下|还要(?=\Z)|还想要|(?:不(?:用"
    r"|要|需要|想)?|别)(?:取消|退(?!款|钱|费|的|了)|换)",
    re.IGNORECASE,
)
"""What is to stay as it is."""
CONDITION = re.compile(
    r"(?:if|unless|in case|so long as|as long as|or else|wenn|falls|sofern|solange|sollten|si|s'il|à moins|a menos"
    r"|como no)\b"
    r"|(?:如果|要是|若|除非|再)",
    re.IGNORECASE,
)
"""How a threat or a condition begins: "if you don't cancel it" wants it cancelled."""
NOT_KEPT = re.compile(
    r"(?:n't|\b(?:not|cannot|never|nicht|longer|nothing|nichts|pas|plus|rien|no)) (?:\w{1,12} ){0,3}(?:keep|retain"
    r"|behalt|gard|conserv|qued)|\bes bleibt\b|\bleave (?:a|me|it|you)\b|为什么|怎么|全部|都",
    re.IGNORECASE,
)
ONLY = re.compile(
    r"\b(?:only|solely|merely|alone|nur|bloß|bloss|lediglich|ausschließlich|seulement|uniquement|juste|solo|sólo"
    r"|solamente|únicamente|nada más|nothing but)\b|\bn'annul\w{1,4} que\b|\bne (?:veux|voudrais|souhaite"
    r"|désire) (?:annuler|retourner|renvoyer|échanger|modifier) que\b",
    re.IGNORECASE,
)
JUST = re.compile(r"\b(?:just|simply)\b", re.IGNORECASE)
"""It limits nothing, mostly."""
ONLY_THIS = re.compile(
    r"(?:只|仅|单独|就)(?:想|要|需要|把|请|帮我|是){0,3}(?:取消|退货|退掉|退|换货|换)(?:掉|了|这|那|其中|的"
    r"|个){0,3}(?!货|款|钱|吧|了|掉|一下|1下|[这那]?个?(?:我的)?(?:整个)?(?:订单|訂單|单))[^\W_]|只要(?!取消|退|能"
    r"|你|可|还|没|未|是)[^\W_]|把(?!这?个?(?:订单|訂單))[^\W_]{1,12}(?:取消|退掉|退|换)(?:掉|了)?(?:就行|就好"
    r"|就可以|即可)",
)
"""Chinese for ``only this``."""
NOTHING_ELSE = re.compile(
    r"\b(?:nothing|everything|anything|all) else\b|\bsonst nichts\b|\brien d'autre\b|\bnada más\b|\bnothing but\b",
    re.IGNORECASE,
)
NEED = r"(?:need|want|brauche\w?|brauchen|möchte\w?|will|veux|voudrais|besoin|necesit\w{1,4}|quier\w{1,2}|要)"
NEEDED = re.compile(rf"\b{NEED}\b", re.IGNORECASE)
TAKEN_OUT = re.compile(
    rf"\b(?:remove|take|drop|delete|strike|entfern\w{{1,3}}|nehm\w{{1,3}}|nimm|lösch\w{{1,3}}|streich\w{{1,3}}"
    rf"|retir\w{{1,4}}|enlev\w{{1,4}}|supprim\w{{1,4}}|quit\w{{1,4}}|sac\w{{1,4}}"
    rf"|elimin\w{{1,4}})\b.{{0,60}}\b(?:from|out of|off|aus|de|del|du)\s(?:\w{{1,8}}\s)?(?:{ORDER}|it\b)"
    rf"|从.{{0,6}}(?:订单|单).{{0,4}}(?:去掉|删掉|删除|拿掉|移除)",
    re.IGNORECASE,
)
