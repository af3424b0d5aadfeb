"""What sends a part of an order another way, or has it paid otherwise, is never taken for all of it."""

import pytest

from machines.shop.payment_methods import without_methods
from machines.shop.said_parts import Bought
from machines.shop.said_shared import shared_out
from tests.machines.offered import Offers
from tests.machines.test_limits import LAMP, PAIR, THREE, TWO, Lines, offered

NEW = "12 Garden Street, Austin, TX 78701"
FOOTER = "NOTICE: This message is intended only for the addressee. You used the account only once. Keep all the items."

PAID_IN_PART = (
    "pay half with PayPal", "put half of it on PayPal", "Pay only the lamp with PayPal",
    "only the lamp by PayPal please", "charge just the lamp to my PayPal",
    "pay the lamp with PayPal and the table with my card", "split the payment between PayPal and my card",
    "half on PayPal, half on my credit card", "50% with PayPal",
    "please take $20 from PayPal and the rest from the card", "pay the rest with PayPal",
    "PayPal for the lamp, but the table stays on my card", "pay everything except the table with PayPal",
    "pay one of the two items with PayPal", "PayPal for part of the order", "I want to pay a third with PayPal",
    "Pay 100.00 with PayPal", "switch only the desk lamp to PayPal", "use PayPal for the lamp only",
    "Not the whole order, only the lamp with PayPal", "move just one item to PayPal",
    "nur die Lampe mit PayPal bezahlen", "die Hälfte mit PayPal bezahlen", "Bitte die Hälfte per PayPal",
    "die Lampe mit PayPal, den Tisch mit der Karte", "teilweise mit PayPal zahlen",
    "20 Euro per PayPal, den Rest mit Karte", "nur einen der beiden Artikel mit PayPal zahlen",
    "bitte auf PayPal und Karte aufteilen", "alles außer dem Tisch mit PayPal",
    "payez seulement la lampe avec PayPal", "la moitié avec PayPal", "payer la moitié avec PayPal, s'il vous plaît",
    "la lampe avec PayPal, la table reste sur ma carte", "répartir le paiement entre PayPal et ma carte",
    "tout sauf la table avec PayPal", "20 euros avec PayPal et le reste avec la carte",
    "un des deux articles avec PayPal", "pagar solo la lámpara con PayPal", "la mitad con PayPal",
    "paga la mitad con PayPal por favor", "la lámpara con PayPal y la mesa con la tarjeta",
    "dividir el pago entre PayPal y mi tarjeta", "todo menos la mesa con PayPal",
    "20 euros con PayPal y el resto con la tarjeta", "uno de los dos artículos con PayPal", "只用PayPal付台灯",
    "一半用PayPal付", "台灯用PayPal付，桌子还用信用卡", "其中一件用PayPal支付", "分开付，一半PayPal一半信用卡",
    "除了桌子都用PayPal付", "20块用PayPal付，剩下的用信用卡", "could you put only the table on my PayPal account",
    "PayPal just for the lamp", "I'd like to pay for the lamp with PayPal, the rest with the card",
    "can I pay 50 percent by PayPal?", "take half from PayPal", "half PayPal half card",
    "I want the lamp charged to PayPal and not the table", "Only the table should be paid by PayPal",
    "please use two cards: $100 on the visa and the rest on PayPal", "Use PayPal for one item only",
    "PayPal for 100 dollars of it", "the table via PayPal, leave the lamp on the credit card",
    "use PayPal for a part of the total", "Zahle bitte 50% mit PayPal", "nur den Tisch über PayPal abrechnen",
    "PayPal nur für die Lampe", "Die Lampe per PayPal, der Tisch weiter mit Karte",
    "Kann ich 100 Euro mit PayPal zahlen?", "Ich möchte den Betrag aufteilen: PayPal und Karte",
    "lediglich einen Artikel mit PayPal zahlen", "PayPal seulement pour la lampe", "je paie 100 euros avec PayPal",
    "payez juste la table avec PayPal", "un seul article avec PayPal", "partager entre PayPal et la carte",
    "PayPal para la lámpara solamente", "solo la mesa con PayPal", "pago 100 euros con PayPal",
    "un solo artículo con PayPal", "solo una parte con PayPal", "一百块用PayPal付", "只有台灯用PayPal付款",
    "台灯改用PayPal，桌子不变", "一件用PayPal付，另一件用信用卡", "部分用PayPal付", "三分之一用PayPal",
)  # fmt: skip
PAID_AS_A_WHOLE = (
    "pay with PayPal", "I only want to pay with PayPal", "only PayPal please", "Just change it to PayPal",
    "change only the payment method to PayPal", "pay the lamp with PayPal",
    "pay for the lamp and the table with PayPal",
    "Please switch the payment to PayPal, keep everything else as it is", "PayPal please, the rest stays the same",
    "use my other payment method: PayPal", "not the card, PayPal",
    "I don't want to pay with the card, use PayPal instead", "PayPal instead of the card",
    "use PayPal, I only noticed now that the card expires", "pay all of it with PayPal", "pay both items with PayPal",
    "use PayPal for the whole order", "I have two cards, but use PayPal", "PayPal for everything",
    "I ordered half an hour ago, please use PayPal", "please pay the 320.00 with PayPal", "I only have PayPal now",
    "The card is 100% maxed out, use PayPal", "one of my cards was stolen, use PayPal",
    "my card only works in the shop, PayPal please", "Nothing else changes, just PayPal",
    "the order total of $320 should go on PayPal", "nur mit PayPal bezahlen bitte",
    "nur die Zahlungsart auf PayPal ändern", "Ich möchte nur mit PayPal zahlen", "bitte PayPal statt Karte",
    "nicht mit der Karte, sondern mit PayPal", "alles mit PayPal bezahlen",
    "Bitte auf PayPal ändern, sonst bleibt alles gleich", "nur die Zahlungsweise ändern: PayPal",
    "die ganze Bestellung per PayPal", "Ich habe nur PayPal", "PayPal bitte, der Rest bleibt wie er ist",
    "die andere Karte ist gesperrt, bitte PayPal", "payer seulement avec PayPal", "je veux juste payer avec PayPal",
    "changez uniquement le mode de paiement : PayPal", "PayPal au lieu de la carte", "payez tout avec PayPal",
    "ne changez rien d'autre, juste PayPal", "le reste ne change pas, PayPal svp", "je n'ai que PayPal",
    "solo quiero pagar con PayPal", "cambia solo el método de pago a PayPal", "pagar todo con PayPal",
    "PayPal en vez de la tarjeta", "lo demás queda igual, PayPal por favor", "solo tengo PayPal", "solamente PayPal",
    "只想用PayPal付款", "全部用PayPal付", "请改成PayPal付款，其他不变", "只改付款方式，用PayPal",
    "不用信用卡，用PayPal", "只能用PayPal付", "整个订单用PayPal付", "Could only the payment be changed? PayPal.",
    "I'd like to pay by PayPal only", "PayPal only", "PayPal alone please", "just PayPal", "simply use PayPal",
    "I want to pay for my order with PayPal rather than by card", "My first card was declined, please take PayPal",
    "the second attempt failed too, so PayPal please", "We are two people but PayPal for all",
    "please pay my only order with PayPal", "don't touch anything but the payment: PayPal",
    "everything by PayPal please", "could you charge the full amount to PayPal",
    "use PayPal for both the lamp and the table", "I have only used PayPal so far, please use it",
    "I bought the lamp and the table yesterday, please use PayPal", "Can the lamp and table be paid by PayPal?",
    "Half past ten I ordered, use PayPal", "one thing: use PayPal", "One more thing, please use PayPal",
    "there is a 5% discount with PayPal, please switch to it", "my bank charges 3% on cards, PayPal please",
    "PayPal bitte für alles", "Bitte nur die Zahlung ändern, PayPal", "Bitte PayPal für die ganze Bestellung",
    "Ich will ausschließlich PayPal nutzen", "Bitte über PayPal abbuchen, nicht von der Karte",
    "Nur PayPal geht bei mir", "Zahlung bitte auf PayPal umstellen", "Lampe und Tisch bitte mit PayPal",
    "ich habe nur eine Karte und die ist kaputt, daher PayPal", "PayPal uniquement",
    "je préfère PayPal, rien d'autre à changer", "la lampe et la table avec PayPal", "seulement PayPal svp",
    "toute la commande par PayPal", "únicamente PayPal", "solo cambiar el pago a PayPal",
    "la lámpara y la mesa con PayPal", "mi única tarjeta no funciona, PayPal por favor", "todo el pedido con PayPal",
    "就用PayPal", "台灯和桌子都用PayPal付", "麻烦改用PayPal支付", "只改支付方式为PayPal", "我只有PayPal",
    "信用卡坏了，改用PayPal",
)  # fmt: skip
SENT_IN_PART = (
    "send only the lamp to {}", "ship just the lamp to {}", "only the lamp to {}, please",
    "the lamp to {}, the table to my old address", "deliver the lamp to {} and the table to my home",
    "send half of the order to {}", "send one of the two items to {}",
    "send the lamp to {} but keep the table as it is", "send everything except the table to {}",
    "send the rest to {}", "split the order: the lamp to {}", "ship part of my order to {}",
    "not the whole order, just the lamp goes to {}", "the lamp goes to {}; the table stays",
    "please deliver only one item to {}", "the lamp, and only the lamp, to {}", "nur die Lampe an {} schicken",
    "bitte liefern Sie nur die Lampe an {}", "die Lampe an {}, der Tisch bleibt", "die Hälfte an {} liefern",
    "alles außer dem Tisch an {}", "einen der beiden Artikel an {}", "Lampe an {} und Tisch nach Hause",
    "teilweise an {} liefern", "envoyez seulement la lampe au {}", "livrez uniquement la lampe au {}",
    "la lampe au {}, la table chez moi", "la moitié au {}", "tout sauf la table au {}", "un des deux articles au {}",
    "enviar solo la lámpara a {}", "manden únicamente la lámpara a {}", "la lámpara a {}, la mesa se queda",
    "la mitad a {}", "todo menos la mesa a {}", "uno de los dos artículos a {}", "只把台灯寄到{}", "只寄台灯到{}",
    "台灯寄到{}，桌子还是原地址", "一半寄到{}", "除了桌子都寄到{}", "其中一件寄到{}",
    "Could only the table go to {}?", "Please redirect just the lamp to {}", "deliver the table alone to {}",
    "the lamp should be sent to {} and the table to my office",
    "I'd like the lamp shipped to {}, the table can stay with the current address", "half to {}, half to my home",
    "just one of the items to {}", "Please ship a part of it to {}", "split it: table to {}, lamp to my home",
    "only the lamp should go there: {}", "Nur der Tisch soll an {}",
    "Den Tisch bitte an {} und die Lampe an die alte Adresse", "bitte lediglich die Lampe an {}",
    "ein Artikel an {}, der andere nach Hause", "Schickt bitte nur den Tisch an {}", "außer der Lampe alles an {}",
    "seulement la table au {}", "la table au {} et la lampe à la maison", "expédiez un seul article au {}",
    "une partie de la commande au {}", "juste la lampe au {}", "solo la mesa a {}",
    "la mesa a {} y la lámpara a mi casa", "una parte del pedido a {}", "envía nada más la lámpara a {}",
    "excepto la mesa, todo a {}", "只有台灯寄到{}", "台灯送到{}，桌子送到家里", "把其中一个寄到{}",
    "桌子不变，台灯寄到{}", "部分寄到{}",
)  # fmt: skip
SENT_AS_A_WHOLE = (
    "send it to {}", "send only to {}", "change only the address to {}", "I only want to change the address to {}",
    "just change the address to {}", "only the address changes: {}", "send the lamp to {}",
    "send the lamp and the table to {}", "change the address to {}, everything else stays the same",
    "address: {}. Keep the rest of the order as it is.", "send it to {} instead of my old address",
    "ship the whole order to {}", "all of it to {}", "both items to {}",
    "I moved, half of my things are at {} already, send it there", "only the house number was wrong, {}",
    "it should go to the other address: {}", "the second address is right: {}", "I can only receive parcels at {}",
    "I am only at {} on weekdays, send it there", "Please deliver to {}. Nothing else changes.",
    "one of us is at {}, send the order there", "not to work, to {}", "send everything to {}",
    "I live on the first floor now: {}", "please change the shipping address to {}, only that",
    "nur die Adresse ändern: {}", "Ich möchte nur die Lieferadresse ändern: {}", "bitte alles an {}",
    "nicht an die alte Adresse, sondern an {}", "nur die Hausnummer war falsch: {}", "beide Artikel an {}",
    "der Rest bleibt gleich, nur an {}", "die ganze Bestellung an {}", "bitte nur noch an {} liefern",
    "changez seulement l'adresse : {}", "envoyez tout au {}", "je veux juste changer l'adresse : {}",
    "le reste ne change pas, au {}", "seule l'adresse change : {}", "je suis seulement au {}",
    "toute la commande au {}", "cambia solo la dirección: {}", "envíen todo a {}",
    "solo quiero cambiar la dirección a {}", "lo demás queda igual, a {}", "todo el pedido a {}", "只改地址：{}",
    "全部寄到{}", "其他不变，地址改成{}", "我只想改地址：{}", "整个订单寄到{}", "不要寄到旧地址，寄到{}",
    "I just moved, please ship it to {}", "Please update only the shipping address to {}", "Only to {} please",
    "could you send my only order to {}", "send it all to {}", "The lamp and the table should go to {}",
    "everything to {} please", "please deliver it to {}, the rest of the details are right",
    "my one and only address is {}", "it's the first of two houses: {}", "my new address is {}, nothing else changed",
    "I gave the wrong address, only that: {}", "ship to {}, not to the billing address",
    "Half an hour ago I moved, {}", "please use this address for the whole order: {}",
    "I'm moving on the 1st, send the order to {}", "one small change: the address is {}",
    "Please keep the order, but send it to {}", "don't cancel the order, just send it to {}",
    "keep my order but change the address to {}", "Bitte nur an {} liefern", "Bitte ausschließlich an {} liefern",
    "nur die Straße ändern: {}", "Ich bin umgezogen, Lampe und Tisch bitte an {}", "alles bitte an {}",
    "bitte die Lieferung an {} schicken, sonst nichts ändern", "bitte das Paket an {}", "seulement au {}",
    "la lampe et la table au {}", "tout au {} svp", "juste un changement d'adresse : {}",
    "ne changez que l'adresse : {}", "mon colis au {} svp", "solo a {}", "la lámpara y la mesa a {}",
    "solo un cambio de dirección: {}", "el paquete a {} por favor", "todo a {}", "只寄到{}", "都寄到{}",
    "只换地址：{}", "台灯和桌子都寄到{}", "把包裹寄到{}", "请把订单寄到{}", "仅修改收货地址：{}",
)  # fmt: skip


def paid(said: str, lines: Lines = TWO) -> Offers:
    return offered("order_payment_change", lines, said)


def sent(said: str, lines: Lines = TWO) -> Offers:
    return offered("order_address_change", lines, said.replace("{}", NEW))


@pytest.mark.parametrize("said", PAID_IN_PART)
def test_a_part_is_not_paid_as_the_whole(said: str) -> None:
    assert paid(said) == {}


@pytest.mark.parametrize("said", SENT_IN_PART)
def test_a_part_is_not_sent_as_the_whole(said: str) -> None:
    assert sent(said) == {}


@pytest.mark.parametrize("said", PAID_AS_A_WHOLE)
def test_a_plain_wish_to_pay_otherwise_is_served(said: str) -> None:
    assert "change" in paid(said)
    assert "change" in paid(said, (LAMP,))


@pytest.mark.parametrize("said", SENT_AS_A_WHOLE)
def test_a_plain_wish_for_another_address_is_served(said: str) -> None:
    assert "change" in sent(said)
    assert "change" in sent(said, (LAMP,))


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("one lamp to {}", (PAIR,)),
        ("send one of the lamps to {}", (PAIR,)),
        ("eine der beiden Lampen an {}", (PAIR,)),
        ("une des lampes au {}", (PAIR,)),
        ("una lámpara a {}", (PAIR,)),
        ("只寄一盏到{}", (PAIR,)),
        ("two of the three items to {}", THREE),
        ("zwei Artikel an {}", THREE),
        ("send the lamp and the shirt to {}, the table stays", THREE),
    ],
)
def test_fewer_pieces_are_a_part(said: str, lines: Lines) -> None:
    assert sent(said, lines) == {}


@pytest.mark.parametrize("said", ["both lamps to {}", "the two lamps to {}", "beide Lampen an {}", "两盏灯都寄到{}"])
def test_all_pieces_of_a_line_are_no_part(said: str) -> None:
    assert "change" in sent(said, (PAIR,))


def test_a_part_of_the_money_is_a_part_of_one_thing_too() -> None:
    for said in ("half with PayPal", "die Hälfte mit PayPal zahlen", "la moitié avec PayPal", "一半用PayPal付"):
        assert paid(said, (LAMP,)) == {}, said
    assert paid("$20 from PayPal and the rest from the card", (LAMP,)) == {}
    assert "change" in paid("pay the $320.00 with PayPal", (LAMP,))


def test_a_later_word_of_the_whole_puts_a_part_right() -> None:
    assert offered("order_payment_change", TWO, "only the lamp with PayPal", "the whole order with PayPal") != {}
    assert offered("order_payment_change", TWO, "the whole order with PayPal", "no, only the lamp") == {}


def test_what_is_open_is_not_asked_for_where_it_could_not_be_done() -> None:
    assert "ask" in sent("send it to another address, please")
    assert sent("send only the lamp to another address, please") == {}


def test_words_about_what_goes_nowhere_limit_nothing() -> None:
    two = Bought(("Desk Lamp", "Dining Table"), (1, 1))
    for said in (
        "a part of my family lives there",
        "half of us are away",
        "the lamp is lovely, the table too",
        "",
        FOOTER,
    ):
        assert not shared_out((said,), two, without_methods), said
