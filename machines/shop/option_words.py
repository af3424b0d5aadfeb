"""How customers call the commonest options, in the other languages that they are answered in.

The catalogue is in English. A value that is not here is found by its English words alone; else the user is asked.
German, French, Spanish, Chinese.
"""

import re

OPTION_WORDS: dict[str, re.Pattern[str]] = {
    value: re.compile(pattern, re.IGNORECASE)
    for value, pattern in {
        "beige": r"米色",
        "black": r"\bschwarz|\bnoire?s?\b|\bnegr[oa]|黑",
        "blue": r"\bblau|\bbleue?s?\b|\bazul|蓝",
        "brown": r"\bbraun|\bbrune?s?\b|\bmarr[oó]n|棕|褐|咖啡色",
        "gold": r"\bgoldfarb|\bgolden|\bdorée?s?\b|\bdorad[oa]|金色",
        "gray": r"\bgrey\b|\bgrau|\bgris|灰",
        "green": r"\bgrün|\bverte?s?\b|\bverdes?\b|绿",
        "grey": r"\bgray\b|\bgrau|\bgris|灰",
        "orange": r"\bnaranja|橙",
        "pink": r"\brosa\b|\broses?\b(?! gold)|粉",
        "purple": r"\blila|\bviolett?e?\b|\bmorad[oa]|紫",
        "red": r"\brote?[nrsm]?\b|\brouges?\b|\broj[oa]|红",
        "silver": r"\bsilber|\bargentée?s?\b|\bplatead[oa]|银色",
        "white": r"\bwei(?:ß|ss)|\bblan(?:c|che|co|ca)s?\b|白",
        "yellow": r"\bgelb|\bjaunes?\b|\bamarill[oa]|黄",
        "large": r"\bgro(?:ß|ss)|\bgrande?s?\b|大号",
        "medium": r"\bmittel|\bmoyen|\bmedian[oa]|中号",
        "small": r"\bklein|\bpetite?s?\b|\bpeque[ñn][oa]|小号",
        "ceramic": r"\bkeramik|\bcéramique|\bcerámic[oa]|陶瓷",
        "cotton": r"\bbaumwoll|\bcoton\b|\balgodón|棉",
        "fabric": r"\bstoff|\btissu|\btela\b|布",
        "glass": r"\bglas\b|\bverre\b|\bvidrio|\bcristal|玻璃",
        "leather": r"leder\b|\bcuir\b|\bcuero|皮",
        "metal": r"\bmetall|\bmétal|金属",
        "plastic": r"\bkunststoff|\bplastik|\bplastique|\bplástico|塑料",
        "rubber": r"\bgummi|\bcaoutchouc|\bgoma\b|橡胶",
        "silicone": r"\bsilikon|\bsilicona|硅胶",
        "stainless steel": r"\bedelstahl|\binox|\bacier|\bacero|不锈钢",
        "wood": r"\bholz|\bbois\b|\bmadera|木",
        "wired": r"\bkabelgebunden|mit kabel|\bfilaire|con cable|有线",
        "wireless": r"\bkabellos|\bdrahtlos|sans[ -]fil|\binal[áa]mbric[oa]|无线",
    }.items()
}
"""By the value in lower case."""
