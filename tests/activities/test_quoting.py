"""What a customer says now, and what their mail only quotes, in the forms of the programs that people write with."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.guards.quoting import Parted, part
from tests.support.timing import growth

OWN = "Please cancel #W1007919."
OLD = "Your order #W9999999 was received."

INTRODUCED = {
    "Gmail": "On Mon, 3 Nov 2026 at 09:12, Shop <help@shop.example> wrote:",
    "Gmail, two lines": "On Mon, Nov 3, 2026 at 9:12 AM Shop Support Team of the North\n<help@shop.example> wrote:",
    "Apple Mail": "On 3 Nov 2026, at 09:12, Shop <help@shop.example> wrote:",
    "Thunderbird": "On 11/3/26 09:12, Shop wrote:",
    "no year": "On Nov 3, Shop wrote:",
    "no year, French": "Le 3 novembre, Shop a écrit :",
    "mutt": "On Tue, Nov 03, 2026 at 09:12:33AM +0100, Shop wrote:",
    "Yahoo": "On Tuesday, November 3, 2026, 09:12:00 AM GMT+1, Shop <help@shop.example> wrote:",
    "Zoho": "---- On Tue, 03 Nov 2026 09:12:00 +0100 Shop <help@shop.example> wrote ----",
    "Horde": "Quoting Shop <help@shop.example>:",
    "name first": "Shop <help@shop.example> wrote:",
    "Gmail, German": "Am Di., 3. Nov. 2026 um 09:12 Uhr schrieb Shop <help@shop.example>:",
    "Gmail, German, two lines": "Am Di., 3. Nov. 2026 um 09:12 Uhr schrieb Shop Kundendienst <\nhelp@shop.example>:",
    "Apple Mail, German": "Am 03.11.2026 um 09:12 schrieb Shop <help@shop.example>:",
    "Gmail on a phone, German": "Shop <help@shop.example> schrieb am Di., 3. Nov. 2026, 09:12:",
    "Open-Xchange, German": "Shop <help@shop.example> hat am 03.11.2026 09:12 CET geschrieben:",
    "Outlook on a phone, German": "Shop schrieb am 03.11.2026 um 09:12:",
    "Horde, German": "Zitat von Shop <help@shop.example>:",
    "Gmail, French": "Le mar. 3 nov. 2026 à 09:12, Shop <help@shop.example> a écrit :",
    "Thunderbird, French": "Le 03/11/2026 à 09:12, Shop a écrit\u00a0:",
    "French, two lines": "Le mardi 3 novembre 2026 à 09:12:00 UTC+1, Shop\n<help@shop.example> a écrit :",
    "Gmail, Spanish": "El mar, 3 nov 2026 a las 9:12, Shop (<help@shop.example>) escribió:",
    "Apple Mail, Spanish": "El 3 nov 2026, a las 9:12, Shop <help@shop.example> escribió:",
    "Yahoo, Spanish": "En martes, 3 de noviembre de 2026, 09:12:00 CET, Shop <help@shop.example> escribió:",
    "Gmail, Chinese": "Shop <help@shop.example> 于2026年11月3日周二 09:12写道：",
    "Apple Mail, Chinese": "在 2026年11月3日，09:12，Shop <help@shop.example> 写道：",
    "Foxmail": "2026年11月3日 09:12，Shop <help@shop.example> 写道：",
    "t-online": "Am 03.11.26 um 09:12 schrieb Shop",
    "French, no colon": "Le 03/11/2026 à 09:12, Shop a écrit",
    "Gmail, no words": "2026-11-03 9:12 GMT+08:00 Shop <help@shop.example>:",
    "163": 'At 2026-11-03 09:12:00, "Shop" <help@shop.example> wrote:',
    "163, Chinese": '在 2026-11-03 09:12:00，"Shop" <help@shop.example> 写道：',
}
HEADED = {
    "Outlook": "From: Shop <help@shop.example>\nSent: Tuesday, November 3, 2026 9:12\nTo: Ada\nSubject: Your order\n",
    "Outlook, bold": "*From:* Shop\n*Sent:* Tuesday, November 3, 2026 9:12 AM\n*To:* Ada\n*Subject:* Your order\n",
    "Outlook, line": f"{'_' * 32}\nFrom: Shop\nSent: Tuesday\nTo: Ada\nSubject: Your order\n",
    "Outlook, German": "Von: Shop\nGesendet: Dienstag, 3. November 2026 09:12\nAn: Ada\nBetreff: Ihre Bestellung\n",
    "GMX": 'Gesendet: Dienstag, 03. November 2026 um 09:12 Uhr\nVon: "Shop" <help@shop.example>\nAn: ada\nBetreff: Ja',
    "Outlook, French": "De : Shop\nEnvoyé : mardi 3 novembre 2026 09:12\nÀ : Ada\nObjet : Commande\n",
    "Outlook, Spanish": "De: Shop\nEnviado: martes, 3 de noviembre de 2026 9:12\nPara: Ada\nAsunto: Pedido\n",
    "Outlook, Chinese": "发件人: Shop\n发送时间: 2026年11月3日 9:12\n收件人: Ada\n主题: 订单\n",
    "blank lines between": "From: Shop\n\nDate: Tuesday\n\nSubject: Your order\n",
}
SEPARATED = {
    "Outlook, old": "-----Original Message-----",
    "QQ on a phone": '---Original---\nFrom: "Shop"<s@b.c>',
    "Gmail": "---------- Forwarded message ---------\nFrom: Shop\nDate: Tue\nSubject: Order\nTo: <a@b.c>",
    "Apple Mail": "Begin forwarded message:",
    "Thunderbird, German": "-------- Weitergeleitete Nachricht --------\nBetreff: Bestellung",
    "Outlook, German": "-----Ursprüngliche Nachricht-----",
    "Apple Mail, German": "Anfang der weitergeleiteten Nachricht:",
    "Thunderbird, French": "-------- Message transféré --------",
    "Outlook, French": "-----Message d’origine-----",
    "Outlook, Spanish": "-----Mensaje original-----",
    "Apple Mail, Spanish": "Inicio del mensaje reenviado:",
    "QQ": "------------------&nbsp;原始邮件&nbsp;------------------\n发件人: Shop",
    "163": "---- 回复的原邮件 ----\n| 发件人 | Shop |",
    "Apple Mail, Chinese": "开始转发的邮件：",
    "help desk": "##- Please type your reply above this line -##",
    "help desk, German": "-- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein --",
}
MARKS = {**INTRODUCED, **HEADED, **SEPARATED}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_mail_below_an_introduction_is_quoted(mark: str, end: str) -> None:
    text = f"{OWN}\n\nKind regards\nAda\n\n{mark}\n\nDear Ada,\n{OLD}\nCancel it?".replace("\n", end)
    parted = part(text)
    assert (parted.own, OLD in parted.quoted) == (f"{OWN}\n\nKind regards\nAda", True)


@pytest.mark.parametrize("mark", INTRODUCED.values(), ids=INTRODUCED)
def test_an_answer_below_signed_quotes_stays_the_customers(mark: str) -> None:
    parted = part(f"{mark}\n> {OLD}\n>> Cancel it?\n\n{OWN}\n")
    assert parted.own == OWN


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_text_that_is_only_a_quote_has_no_own_words(mark: str) -> None:
    assert part(f"{mark}\n\n{OLD}\n").own == ""


@pytest.mark.parametrize(
    "text",
    [
        "> {0}\n{1}",
        ">>> {0}\n>{0}\n{1}\n> {0}",
        "{1}\n\n> On Mon, 3 Nov 2026 at 09:12, Shop wrote:\n>\n> {0}",
        "{1}\n  > {0}",
        "{1}\n| {0}\n| more",
        "{1}\n＞{0}",
        "{1}\n&gt; {0}",
        "\ufeff> {0}\n{1}",
        "SH> {0}\n{1}",
        "{1}\n-- \nAda Berg, customer of order #W9999999\n{0}",
        "{1}\n-----Original Message-----\n{0}\n",
        "{1} -----Original Message----- From: Shop {0}",
        "{1} On Mon, Nov 3, 2026 at 9:12 AM Shop <help@shop.example> wrote: {0}",
        "----- Forwarded message from Shop -----\n> {0}\n----- End of forwarded message -----\n{1}",
        "---------- Forwarded message ---------\n{0}\n----- End of forwarded message -----\n{1}",
        "Subject: Re: [Ticket#4711] {0}\n\n{1}",
        "Betreff: AW: WG: {0}\n{1}",
        "Objet : RE : {0}\n{1}",
        "Asunto: RV: {0}\n{1}",
        "主题：回复：{0}\n{1}",
    ],
)
def test_what_is_quoted_is_not_said(text: str) -> None:
    parted = part(text.format(OLD, OWN))
    assert OLD not in parted.own
    assert OLD in parted.quoted
    assert OWN in parted.own


def test_answers_between_quoted_lines_are_the_customers() -> None:
    parted = part("> The lamp?\nNo, keep it.\n> Or the chair?\nYes, cancel that.\n> Regards\n")
    assert parted.own == "No, keep it.\nYes, cancel that."
    assert parted.quoted == "> The lamp?\n> Or the chair?\n> Regards"


SENT_FROM = [
    "Sent from my iPhone", "Sent from Outlook for Android", "Get Outlook for iOS", "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App", "Diese Nachricht wurde von meinem Android-Gerät mit GMX Mail gesendet.",
    "Envoyé de mon iPhone", "Envoyé depuis mon mobile", "Enviado desde mi iPhone", "发自我的iPhone",
    "从我的 iPhone 发送",
]  # fmt: skip


@pytest.mark.parametrize("line", SENT_FROM)
def test_what_a_phone_adds_is_none_of_the_customers_words(line: str) -> None:
    assert part(f"{OWN}\n\n{line}\n\n> {OLD}").own == OWN
    assert part(f"{OWN}\n\n{line}").own == OWN


PLAIN = [
    "Am 04.05.26 um 09:12 schrieb ich Ihnen, bitte #W1007919 stornieren",
    "On 5/4/26 9:12 AM, your colleague wrote that #W1007919 is late. Cancel it.",
    OWN,
    "On Monday I wrote:\nplease cancel #W1007919\nand nothing came.",
    "On 3 November 2026 I wrote:\nplease cancel #W1007919",
    "Am 3. November 2026 schrieb ich:\nBitte stornieren.",
    "Le 3 novembre 2026 j'ai écrit :\nAnnulez.",
    "El 3 de noviembre de 2026 escribí:\nCancele.",
    "From: Berlin\nTo: Munich\nplease send it there",
    "Subject: cancel order #W1007919\n\nI no longer need it.",
    "Re: order #W1007919\nplease cancel it.",
    "Items:\n- lamp\n- chair\n--\nplease cancel both\n1\n2\n3\n4\n5\n6\n7\n8",
    "Sent from my wife's account, please cancel #W1007919: it is hers",
    "Gesendet wurde nichts, bitte stornieren!",
    "| order | status |\n| #W1007919 | pending |",
    "The driver wrote: nobody at home. Cancel it.",
    "Original message: none. Please cancel.",
    "On 3 November I wrote:\nplease cancel",
    "I want 5 > 3 of them\nand a -> b",
    "von meinem Mann bestellt",
    "请取消订单：\nW1007919",
    "\u2028 \x85 \x0b",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_like_it_is_left_as_it_is(text: str) -> None:
    assert part(text) == Parted(text, "")


PIECES = [*MARKS.values(), *SENT_FROM, *PLAIN, "> a", "| a", "-- ", "--", "", "Subject: Re: x", "____", " ", ">"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("\n".join))
def test_nothing_is_lost_and_nothing_is_added(text: str) -> None:
    parted = part(text)
    words = sorted(text.split())
    assert sorted(f"{parted.own} {parted.quoted}".split()) == words
    assert all(line in text for line in parted.own.split("\n"))


HOSTILE: dict[str, Callable[[int], str]] = {
    "On": lambda n: "On " * (n // 3),
    "lines that begin one": lambda n: "On 9:12 a <\n" * (n // 12),
    "heads": lambda n: "From: a\n" * (n // 8),
    "signs": lambda n: "> " * (n // 2),
    "line feeds": lambda n: "\n" * n,
    "dashes": lambda n: "x" + "-" * n,
    "separators": lambda n: "-----Original " * (n // 14),
    "signatures": lambda n: "--\n\n\n" * (n // 5),
    "introductions": lambda n: "On 9:12 wrote:\n>\n" * (n // 17),
    "glued": lambda n: "x On a On b " * (n // 12),
    "brackets": lambda n: "Subject: " + "[" * n,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_cost_linear_time(text: Callable[[int], str]) -> None:
    assert growth(part, text, 4_000) < 16 * 4
