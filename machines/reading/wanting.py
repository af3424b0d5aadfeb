"""Whether the user wants anything at all: thanks, greetings, praise and pictures are no wish. Pure.

Only what certainly wishes for nothing is told here: each sentence greets, thanks or praises, and has no word with which
people ask, refuse or complain. Everything else, and every other language, is left to the model.
"""

import re

from leverframe.contracts.base import Facts
from leverframe.sentences import sentences
from machines.arguments import Options
from machines.facts import messages
from machines.reading.remembering import once

WHAT_IS_WANTED = "what_is_wanted"
"""What is asked for where nothing is wished for."""

GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|liebe[sr]?|guten (?:tag|morgen|abend)"
    r"|moin|servus|bonjour|bonsoir|salut|hola|buen(?:os|as) (?:d[ií]as|tardes|noches)|你好|您好|早上好|下午好|晚上好)"
    r"(?!\w(?<![\u3400-\u9fff]))(?: (?:there|again|all|everyone|everybody|folks|team|sir|madam|zusammen|liebes|à tous"
    r"|a todos|or|und|et|y))*",
    re.IGNORECASE,
)
PLEASANT = re.compile(
    r"\b(?:thank|thanks|thx|ty|cheers|grateful|appreciate|love|loved|lovely|great|nice|beautiful|perfect|wonderful"
    r"|awesome|amazing|gorgeous|fantastic|happy|glad|delighted|pleased|satisfied|excellent|well done|good job|regards"
    r"|wishes|congrat\w*|arrived|received|works|weather|weekend|birthday|christmas|holidays?|easter|okay|ok|bye|goodbye"
    r"|vielen dank|danke\w*|dankbar|schöne?[nrs]?|toll\w*|super|wunder\w*|prima|perfekt\w*|freu\w*|zufrieden|begeistert"
    r"|liebe|gr[üu](?:ß|ss)\w*|angekommen|bekommen|erhalten|funktioniert|wetter|wochenende|weihnacht\w*|feiertage|tschüss"
    r"|merci|parfait\w*|magnifique|joli\w*|belle|beau|contente?|ravie?|bravo|bonne|cordialement|salutations|reçue?"
    r"|arrivée?|adore|marche|fonctionne|gracias|genial|perfect[oa]|precios[oa]|bonit[oa]|encant\w*|content[oa]|feliz"
    r"|saludos|recibid[oa]|llegó|llegado|hermos[oa]|maravill\w*|funciona|adiós)\b"
    r"|谢|感谢|喜欢|漂亮|好看|很好|太好|真好|棒|满意|开心|收到|到了|祝|再见|辛苦",
    re.IGNORECASE,
)
TELLS_THANKS = re.compile(
    r"\b(?:i |we )?(?:just |only |really )?(?:want(?:ed)?|would like|'d like) (?:you )?to "
    r"(?:say (?:hi|hello|thanks?(?: you)?|how (?:happy|pleased|much))|thank|let you know how (?:happy|pleased|much)"
    r"|express)\b"
    r"|\b(?:please |could you |can you )?(?:pass (?:on|along)|give|send) (?:my|our|him my|her my|them my) (?:thanks"
    r"|regards|compliments)\b"
    r"|\b(?:wollte|möchte) (?:mich |nur |einfach |ihnen |euch |nochmal |mal ){0,4}(?:danke sagen|bedanken|loswerden)"
    r"|\b(?:voulais|voudrais|tenais à|tiens à) (?:juste |vous |simplement ){0,3}(?:dire (?:un grand )?merci|remercier)"
    r"|\b(?:s[oó]lo )?(?:quería|quiero|quisiera) (?:s[oó]lo )?(?:decir(?:les)? gracias|dar(?:les)? las gracias"
    r"|agradecer(?:les)?)"
    r"|想(?:跟你们|对你们|和你们)?说一?声?(?:谢谢|感谢)|想(?:感谢|谢谢)你们?"
    r"|\b(?:will|would|werde|werden|volveré a) (?:certainly |definitely |gerne |wieder |again ){0,2}(?:order|buy"
    r"|bestellen|comprar)"
    r"(?: (?:again|from you|here))*"
    r"|\bfive stars\b",
    re.IGNORECASE,
)
"""Thanks and praise in words with which people ask, too."""
ASKING = re.compile(
    r"[?？¿]|n['’]t\b"
    r"|\b(?:no|not|none|but|too|still|yet|get|make|do|when|where|why|how|what(?! an? )|which|who|off|out|pls|plz|can"
    r"|may i|send|zu|aber|wo|wie|wer|wann|statt|will|nie|nicht|nich|muss|soll|svp|stp|pas|rien|mais|trop|cher|où"
    r"|faux|quand|sin|pero|qué|aún|nada|dos veces|rot[oa]|car[oa]|precio|deux fois|merci de|ya no)\b"
    r"|\b(?:cancel|refund|reimburs|return|exchang|replac|chang|swap|stop|undo|revok|withdr|delet|eras|remov|forget"
    r"|need|want|would|wish to|like to|please|could|might|must|should|help|cannot|dont|cant|wont|didnt|doesnt|never"
    r"|nothing|nobody|any ?more|instead|money|pay|paid|charge|price|cheap|expensive|mistake|accident|wrong|error|twice"
    r"|double|broke|crack|damag|defect|fault|torn|missing|lack|late|delay|wait|address|mov(?:e|ing)|invoice|receipt"
    r"|warrant|repair|problem|issue|question|complain|disappoint|however|although|unfortunately|sadly|sorry|apolog"
    r"|give|take|tell|let me|rid of"
    r"|stornier|abbestell|widerruf|rückg|zurück|tausch|änder|umbuch|lösch|entfern|brauch|benötig|möcht|woll|würde|hätte"
    r"|bitt|kann|könn|müss|hilf|kein|nichts|geld|erstatt|zahl|bezahl|kost|preis|falsch|fehl|versehen|doppelt|kaputt"
    r"|defekt|beschädig|zerbroch|riss|spät|wart|adress|anschrift|umgezogen|umzieh|rechnung|garantie|reparier|frage"
    r"|beschwer|enttäusch|leider|trotzdem|schick|gebt|geben|nehm|mach|warum|welch"
    r"|annul|rembours|retour|renvo|échang|modifi|supprim|effac|besoin|voudr|veux|veut|voul|souhait|aimer|s['’]il|pouv"
    r"|pourr|veuill|faut|aide|plus|jamais|aucun|argent|prix|erreur|fausse|cass|abîm|endommag|manqu|tard|attend|facture"
    r"|problème|plain|déçu|malheureus|pourtant|encore|envoy|donn|prend|pourquoi|comment|quel"
    r"|anul|reembols|devol|devuel|cambi|elimin|borr|necesit|quier|quis|gustaría|por favor|pued|podr|deb|ayud|ningun"
    r"|nunca|dinero|pag|equivoc|dañad|falt|esper|direcci|factura|pregunta|quej|decepcion|demasiad|lamentabl|desgracia"
    r"|todavía|envi|mand|cuándo|dónde|cuál|quién)"
    r"|取消|退|换|換|改|删|刪|不|没|沒|别|要|想|请|請|麻烦|帮|幫|能|可以|吗|嗎|错|錯|重复|坏|破|缺|少|钱|錢|地址|发票"
    r"|问题|但|怎|什么|哪|何时",
    re.IGNORECASE,
)
"""With what people ask for something, refuse or complain, in the five languages: whole words, then beginnings."""


def wished(facts: Facts) -> bool:
    """Whether the user may want something."""
    return any(_may_wish(message) for message in messages(facts))


def or_what_is_wanted(missing: Options) -> Options:
    """What can be asked for; where nothing is wished for, :data:`WHAT_IS_WANTED` alone."""
    return lambda facts: missing(facts) if wished(facts) else [WHAT_IS_WANTED]


@once
def _may_wish(message: str) -> bool:
    return any(_asks(sentence) for sentence in sentences([message]))


def _asks(sentence: str) -> bool:
    said = GREETING.sub("", sentence)
    if not any(character.isalnum() for character in said):
        return False
    rest, praised = TELLS_THANKS.subn(" ", said)
    return ASKING.search(rest) is not None or not (praised or PLEASANT.search(rest))
