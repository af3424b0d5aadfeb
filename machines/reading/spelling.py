"""One form of what people type, in which ids and names are looked for. Pure; linear in the text's length.

Nothing is shown in this form: it only decides what is the same.
"""

import html
import re
import unicodedata

from machines.reading.remembering import once

SOFT_LINE_END = re.compile(r"=\r?\n")
ENCODED = re.compile(r"(?:[=%][0-9A-Fa-f]{2})+(?![0-9])")
"""Characters as e-mail (``=23``) and web addresses (``%23``) write them; before a digit it may as well be a number."""

TRADITIONAL = str.maketrans(
    "錢額價費訂單請個兩換貨號碼嗎給還買賣從這時間後來麼樣燈電話機郵條張雙隻盞壞錯銀禮購儲過為與發變舊點們問題總餘領帳戶賬資據註銷遺隱訊刪歐鎊圓塊萬別無沒產處聯務運達貴減實對應該於開關剩壓傘書筆鞋褲",
    "钱额价费订单请个两换货号码吗给还买卖从这时间后来么样灯电话机邮条张双只盏坏错银礼购储过为与发变旧点们问题总余领帐户账资据注销遗隐讯删欧镑圆块万别无没产处联务运达贵减实对应该于开关剩压伞书笔鞋裤",
)
"""What is written in Taiwan and Hong Kong, to what the patterns of the readers have."""


@once
def folded(text: str) -> str:
    """The text with compatibility forms, digits of all scripts, dashes and spaces made plain, Chinese in its simplified
    form, and nothing invisible.
    """
    text = ENCODED.sub(_decoded, SOFT_LINE_END.sub("", html.unescape(text)))
    return "".join(_plain(char) for char in unicodedata.normalize("NFKC", text).translate(TRADITIONAL))


def _plain(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(char):
        case "Pd":
            return "-"
        case "Zs":
            return " "
        case "Cf":
            return ""
    return "-" if char == "\N{MINUS SIGN}" else char


def _decoded(found: re.Match[str]) -> str:
    """What is encoded; left as it is where it is no text, or a letter or digit that nobody would encode."""
    try:
        text = bytes.fromhex(re.sub("[=%]", "", found[0])).decode()
    except UnicodeDecodeError:
        return found[0]
    return found[0] if any(char.isascii() and (char.isalnum() or not char.isprintable()) for char in text) else text
