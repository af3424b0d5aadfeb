"""What limits a wish to a part of an order is never taken for no limit; what limits nothing is served as before."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from machines.shop.parts import bought
from machines.shop.said_parts import part_wanted
from tests.machines.item_facts import CARD, LAMPS, ORDER, PAYPAL, SHIRTS, variant
from tests.machines.offered import Offers, can_be_proposed, method
from tests.support.timing import cost


def line(item_id: str, name: str, quantity: int = 1, price: str = "20.00", **options: str) -> dict[str, JsonValue]:
    return {"item_id": item_id, "name": name, "quantity": quantity, "price": price, "options": dict(options)}


LAMP, TABLE = line("1001", "Desk Lamp", color="black"), line("2001", "Dining Table", price="300.00")
SHIRT = line("5001", "T-Shirt", size="M")
PAIR, TRIPLE = line("1001", "Desk Lamp", 2, color="black"), line("1001", "Desk Lamp", 3)
TWO, THREE = (LAMP, TABLE), (LAMP, TABLE, SHIRT)
TOTAL = frozenset({Decimal("320.00")})
Lines = tuple[dict[str, JsonValue], ...]

OF_TWO = (
    "cancel only the lamp", "Cancel just the lamp please", "please cancel the lamp only", "cancel the lamp alone",
    "I only want to cancel the lamp", "I'd like to cancel only my lamp of this order", "only the desk lamp please",
    "cancel the lamp, keep the table", "cancel the lamp but leave the table", "the table stays, cancel the lamp",
    "cancel everything except the table", "cancel all but the lamp", "everything apart from the lamp can be cancelled",
    "cancel the lamp and I keep the rest", "I still want the table, cancel the lamp", "cancel the lamp, not the table",
    "remove the lamp from my order", "take the lamp out of the order", "please drop the lamp from it",
    "cancel one of the two items", "cancel one of them", "only one of the two", "cancel one item", "cancel 1 of 2",
    "cancel half", "cancel only half", "cancel half of it", "cancel half of my order", "half the order please",
    "cancel 50% of the order", "cancel a part of my order", "partially cancel it", "a partial cancellation please",
    "cancel some of the items", "cancel the order but don't cancel the table",
    "I do not need the whole order cancelled", "not the whole order, the lamp", "cancel the rest of the order",
    "cancel the other item", "cancel it and refund just 20", "cancel, refund me only $20",
    "refund $20 of it and cancel", "nur die Lampe stornieren", "bitte stornieren Sie nur die Lampe",
    "Ich möchte lediglich den Tisch stornieren", "die Lampe stornieren, den Tisch behalte ich",
    "Lampe stornieren, der Tisch bleibt", "alles außer der Lampe stornieren", "alles bis auf den Tisch stornieren",
    "die Hälfte stornieren", "eine der beiden stornieren", "einen Artikel stornieren",
    "nehmen Sie die Lampe aus der Bestellung", "bitte teilweise stornieren", "nicht die ganze Bestellung stornieren",
    "nur einen davon stornieren", "stornieren und nur 20 erstatten", "annulez seulement la lampe",
    "annuler uniquement la lampe", "je ne veux annuler que la lampe", "annulez la lampe, je garde la table",
    "annulez tout sauf la table", "annulez la moitié de la commande", "annulez l'un des deux articles",
    "retirez la lampe de la commande", "une annulation partielle svp", "annulez la lampe seulement",
    "annulez un seul article", "pas toute la commande, annulez la lampe", "cancela solo la lámpara",
    "quiero cancelar únicamente la lámpara", "cancela la lámpara, me quedo con la mesa", "cancela todo menos la mesa",
    "cancela la mitad", "cancela uno de los dos artículos", "quita la lámpara del pedido",
    "cancelación parcial por favor", "cancela la lámpara solamente", "cancela una sola cosa del pedido", "只取消台灯",
    "请只取消台灯", "我只想取消台灯", "仅取消台灯", "把台灯取消就行", "取消台灯，保留桌子", "取消台灯，桌子留着",
    "除了桌子都取消", "取消一半", "取消其中一个", "取消一件", "其他的不取消，取消台灯", "部分取消", "从订单里去掉台灯",
    "不要全部取消", "取消并只退20", "cancel the lamp from order #W1000001 only, please",
    "Please cancel just one item: the lamp", "I only need the table, please cancel the lamp",
    "I want the table but not the lamp, please cancel the latter", "only cancel the lamp, please, not the other stuff",
    "don't cancel everything, just the lamp", "cancel the lamp, the other thing I still want",
    "could you cancel the Desk Lamp? I want to keep the Dining Table.", "Please cancel 1 of the items in #W1000001",
    "refund only the lamp and cancel it", "Remove just the lamp", "I'd like to take the lamp off my order",
    "Cancel half the items", "cancel the table only. Leave the lamp.", "Please do not send the lamp, the rest is okay",
    "only half please", "50 percent", "a third of my order", "cancel the first item",
    "cancel the first of the two items", "one out of two", "Storniere bitte nur den Schreibtisch", "nur die Hälfte",
    "ich will nur die Lampe stornieren, Rest bleibt", "Bitte nur einen der zwei Artikel stornieren",
    "Den Tisch möchte ich behalten, die Lampe bitte stornieren", "Bitte die Lampe stornieren, der Rest soll bleiben",
    "außer dem Tisch alles stornieren", "ein Drittel stornieren", "bitte nur 20 Euro erstatten und stornieren",
    "Annulez juste la lampe", "je voudrais annuler un des deux articles",
    "je souhaite garder la table et annuler la lampe", "annuler la lampe mais pas la table",
    "à part la table, annulez tout", "un article sur deux", "annulez la commande à moitié",
    "quiero quedarme con la mesa y cancelar la lámpara", "cancela nada más la lámpara", "solamente la lámpara",
    "cancelen todo excepto la mesa", "solo la mitad", "cancela uno de los artículos", "una parte del pedido",
    "请把台灯取消，桌子还要", "只要桌子，台灯取消", "台灯不要了，桌子保留", "取消一半的商品", "三分之一取消",
    "取消其中的台灯", "只退台灯的钱", "留下桌子，取消台灯", "退一件", "please cancel lamp only",
    "cancel lamp, keep table", "cancel only lamp", "only lamp", "cancel 'Desk Lamp' only", "nur Lampe stornieren",
    "cancel everything but table", "cancel only 1", "just one", "only the cheaper one",
    "cancel the more expensive item", "cancel everything other than the lamp", "cancel the lamp and nothing else",
    "nothing but the lamp", "cancel the lamp; nothing else", "leave everything else as it is, cancel the lamp",
    "No need to cancel all of it, just the table please",
)  # fmt: skip
OF_A_PAIR = (
    "cancel one of the two lamps", "cancel one lamp", "cancel 1 lamp", "cancel only one lamp",
    "I want just one lamp, cancel the other", "one lamp too many, cancel one", "keep one lamp, cancel the other one",
    "cancel one of them", "cancel the second lamp", "I need only one of the lamps, cancel the other",
    "cancel half of the lamps", "change the quantity to one", "please reduce the quantity to 1",
    "make it one lamp instead of two", "I ordered one too many, cancel it", "eine der beiden Lampen stornieren",
    "nur eine Lampe stornieren", "eine Lampe zu viel, bitte stornieren", "eine von zwei stornieren",
    "Menge auf 1 ändern", "nur eine behalten, die andere stornieren", "annulez une des deux lampes",
    "annuler une seule lampe", "une lampe de trop, annulez-la", "changez la quantité à une",
    "cancela una de las dos lámparas", "cancela solo una lámpara", "una lámpara de más, cancélala",
    "cambia la cantidad a una", "取消一盏灯", "只取消一盏", "两盏灯里取消一盏", "其中一盏取消", "数量改成1",
    "多买了一个，取消一个", "cancel one", "just one of them", "one lamp is enough", "I need one lamp less",
    "send me only one lamp instead of two", "only one lamp please, cancel the second",
    "I accidentally ordered two, I only need one", "I ordered 2 but need 1",
    "I ordered two lamps by mistake, one is enough", "reduce to one", "I want to reduce my order to one lamp",
    "change my order from 2 lamps to 1", "please make it one", "doppelt bestellt, bitte eine stornieren",
    "ich brauche nur eine", "ich brauche nur eine Lampe, bitte die zweite stornieren", "auf eine Lampe reduzieren",
    "eine Lampe reicht", "une seule suffit, annulez l'autre", "j'ai commandé deux lampes, je n'en veux qu'une",
    "je n'ai besoin que d'une lampe", "solo necesito una", "me sobra una, cancélala", "pedí dos y solo quiero una",
    "我只要一个", "只需要一盏灯，另一盏取消", "多订了一盏", "少一个", "改成一个", "退一盏", "cancel a single lamp",
    "cancel 1x Desk Lamp", "cancel 1 x Desk Lamp", "cancel one lamp of two", "only one of these",
)  # fmt: skip
OF_THREE = (
    "only two of the three", "cancel two of the three", "cancel two of the three items", "cancel 2 of 3",
    "cancel two items", "cancel two thirds", "zwei von drei stornieren", "nur zwei der drei", "zwei davon stornieren",
    "deux sur trois", "annulez deux des trois articles", "dos de las tres", "cancela dos de tres", "三个里取消两个",
    "取消两个", "只取消两件",
)  # fmt: skip
OF_ONE_PIECE = (
    "cancel half of it", "Change the quantity of the lamp to two, please", "refund just 20", "refund only $10 please",
    "cancel and give me 10 dollars back", "die Hälfte stornieren", "只退20", "annulez et remboursez-moi seulement 10",
    "change the number of lamps to three", "Anzahl auf zwei erhöhen", "数量改为两个",
)  # fmt: skip
WHOLE = (
    "cancel it", "cancel my order", "I only want to cancel", "only cancel, no refund question",
    "Just cancel it please", "just cancel my order", "I only want to cancel my order",
    "I just want this order cancelled", "cancel this order only", "cancel only this order",
    f"cancel one order: {ORDER}", f"cancel only {ORDER}", "cancel both items", "cancel both", "cancel everything",
    "cancel the whole order", "cancel all of it", "cancel the lamp and the table",
    "cancel only the lamp and the table", "I only need my money back, cancel it",
    "cancel it, I only ordered it yesterday", "I just bought the lamp, cancel my order",
    "cancel it, half an hour ago I ordered it", "it is 20% cheaper elsewhere, cancel",
    "I found it $20 cheaper elsewhere, cancel it", "cancel it, it cost 320.00", "cancel and refund 320.00",
    "cancel and refund $320 please", "please cancel and refund me in full",
    "cancel the order, half of my family is ill", "It was only a mistake, cancel it",
    "cancel it, I have 2 children and one of them is ill", "one of my reasons: too expensive. cancel",
    "I don't want to keep it, cancel", "I can't keep the order, cancel", "keep me informed and cancel my order",
    "cancel it. The rest is up to you.", "nur stornieren bitte", "bitte nur die Bestellung stornieren",
    "Ich will nur stornieren", "alles stornieren", "beide Artikel stornieren",
    "es war nur ein Versehen, bitte stornieren", "ich möchte sie nicht behalten, bitte stornieren",
    "Es bleibt dabei: bitte stornieren", "bitte die ganze Bestellung stornieren",
    "ich habe zwei Wochen gewartet, bitte stornieren", "je veux seulement annuler", "annulez seulement cette commande",
    "annulez tout", "annulez les deux articles", "juste une erreur, annulez la commande",
    "je ne veux que annuler la commande", "annulez toute la commande", "solo quiero cancelar",
    "cancela solo este pedido", "cancela todo", "cancela los dos artículos", "solo fue un error, cancela el pedido",
    "我只想取消", "只取消这个订单", "请取消一下", "全部取消", "两个都取消", "就取消吧", "你们为什么还不退款？取消订单",
    "取消我的订单", "Please cancel the lamp", "cancel my lamp, I don't need it",
    "I bought the table by accident. Can you cancel it?", "Bitte stornieren Sie meine Lampe", "annulez ma lampe",
    "取消台灯", "Hi, I'd like to cancel my order please, I found a better one elsewhere",
    "I have changed my mind about the lamp and the table, cancel them both",
    "Please cancel; I only noticed now that I can't afford it", "cancel the order with the lamp",
    "I'd like to return... no, cancel my order. The whole thing.", "please cancel my order, I moved to another city",
    "cancel asap, the lamp won't fit on the other side of my room", "cancel my only order",
    "it's the only order I have, cancel it", "I ordered the same thing twice, cancel this one please",
    "One of my kids ordered this, please cancel", "cancel this one, I have another one coming",
    "my order of 2 items, cancel please", "I ordered 2 things, please cancel my order",
    "please cancel the order I placed 2 days ago", "cancel. I will order again in one week",
    "Please cancel everything, I need none of it", "cancel it please, the rest of the family does not like it",
    "I no longer need any of it", "cancel my order, don't send the lamp", "please don't send it, cancel",
    "Do you charge a fee? If not, cancel my order", "cancel my order and leave me alone",
    "cancel my order, keep the change", "cancel order, there's no one at home to receive it", "Just cancel.",
    "just cancel please, nothing else", "only a cancellation please", "can I still cancel the order",
    "I still want to cancel my order", "I want my $320 back, cancel it", "Cancel and refund the full amount of 320.00",
    "cancel it, the price dropped by 20", "cancel it, I got 20% off elsewhere",
    "my order is half wrong, please cancel it", "I was half asleep when I ordered, cancel it",
    "Bitte stornieren, ich habe zwei Tage gewartet", "bitte meine Bestellung vom 2. stornieren",
    "ich habe nur eine Bestellung, bitte stornieren", "Bitte eine Bestellung stornieren: #W1000001",
    "ich möchte den Rest nicht, alles stornieren", "ich habe mich anders entschieden, bitte stornieren",
    "beides bitte stornieren", "Ich brauche weder Lampe noch Tisch, bitte stornieren",
    "das andere Geschäft war billiger, bitte stornieren", "Annulez ma commande, j'ai trouvé moins cher ailleurs",
    "annulez la commande, l'autre magasin est moins cher", "je n'en veux plus, annulez tout de suite",
    "annulez ma commande et remboursez-moi tout", "j'ai commandé les deux par erreur, annulez",
    "je n'ai qu'une commande, annulez-la", "cancela el pedido, en otra tienda es más barato",
    "ya no quiero nada, cancela todo", "cancela mi único pedido", "he cambiado de opinión, cancela el pedido",
    "sólo quiero que cancelen el pedido", "取消，我在别的店买了", "我不要了，都取消", "两样都不要了，取消",
    "请取消整个订单", "订单取消，我换了地址", "只是想取消", "就是要取消订单", "我换主意了，取消吧", "帮我取消一个订单",
    "取消1个订单", "单子取消", "还没发货的话请取消", "为什么还没取消？请取消订单",
    "I'm leaving the country tomorrow, cancel my order", "I can only pick it up next month, cancel it",
    "I only have one account. Cancel the order.", "cancel it, I've only got a small flat",
    "I bought one at another shop, cancel it", "my two kids broke the old ones, cancel", "cancel the order no. 1",
    "cancel both of them", "cancel all items", "cancel every item", "cancel each of the items", "cancel the 2 items",
    "cancel the two items of my order", "both lamp and table can go, cancel", "I ordered the wrong items, cancel them",
)  # fmt: skip
WHOLE_OF_ONE = (
    "cancel only the lamp", "cancel the lamp only", "just cancel the lamp", "nur die Lampe stornieren",
    "annulez seulement la lampe", "solo la lámpara, cancélala", "只取消台灯", "cancel one lamp",
    "I keep nothing, cancel the lamp", "I'd rather keep the money. Cancel the lamp",
    "doppelt bestellt, bitte eine stornieren", "cancel the one lamp", "I ordered one too many, cancel it",
    "cancel the other one",
)  # fmt: skip
WHOLE_OF_A_PAIR = (
    "cancel both lamps", "cancel the two lamps", "cancel 2 lamps", "cancel the lamps", "beide Lampen stornieren",
    "annulez les deux lampes", "cancela las dos lámparas", "取消两盏灯", "I ordered two by mistake, cancel them",
    "I ordered the wrong quantity, cancel the order", "falsche Menge bestellt, bitte stornieren",
)  # fmt: skip


def order(lines: Lines, status: str = "pending", total: str = "320.00") -> dict[str, JsonValue]:
    return {"order_id": ORDER, "status": status, "total": total, "payment_method_ids": [CARD], "items": [*lines]}


def offered(action: str, lines: Lines, *said: str, status: str = "pending", total: str = "320.00") -> Offers:
    methods = [method(CARD, "credit card", "credit card ending 4412"), method(PAYPAL, "PayPal", "PayPal")]
    variants: JsonValue = {"1001": LAMPS, "5001": SHIRTS, "2001": [variant("2002", "300.00", color="oak")]}
    known = {"orders": [order(lines, status, total)], "payment_methods": methods, "variants": variants}
    return can_be_proposed(action, *said, **known)


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        *((said, TWO) for said in OF_TWO),
        *((said, (PAIR,)) for said in OF_A_PAIR),
        *((said, THREE) for said in OF_THREE),
        *((said, (LAMP,)) for said in OF_ONE_PIECE),
    ],
)
def test_a_part_is_not_made_into_the_whole(said: str, lines: Lines) -> None:
    assert part_wanted((said,), bought([*lines], TOTAL))


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        *((said, TWO) for said in WHOLE),
        *((said, (LAMP,)) for said in (*WHOLE, *WHOLE_OF_ONE)),
        *((said, (PAIR,)) for said in WHOLE_OF_A_PAIR),
    ],
)
def test_a_wish_for_the_whole_is_no_wish_for_a_part(said: str, lines: Lines) -> None:
    assert part_wanted((said,), bought([*lines], TOTAL)) is None


@pytest.mark.parametrize(
    "said", ["cancel only the lamp", "die Hälfte stornieren", "annulez tout sauf la table", "只取消台灯"]
)
def test_an_order_is_not_cancelled_where_a_part_of_it_is_to_be(said: str) -> None:
    assert offered("order_cancellation", TWO, said) == {}
    assert offered("order_cancellation", TWO, "cancel my lamp")["cancel"]["order_id"] == [ORDER]


def test_an_amount_that_is_not_the_whole_total_is_a_part() -> None:
    assert offered("order_cancellation", (LAMP,), "cancel it and refund just 20", total="54.10") == {}
    assert "cancel" in offered("order_cancellation", (LAMP,), "cancel it and refund 54.10", total="54.10")
    assert offered("order_cancellation", (LAMP,), "cancel it and refund 20 CHF", total="20.00") == {}


WHOLE_ANSWERS = ("the whole order", "cancel all of it", "die ganze Bestellung", "tout", "todo", "全部取消")


@pytest.mark.parametrize("answer", WHOLE_ANSWERS)
def test_a_later_word_of_the_whole_puts_a_part_right(answer: str) -> None:
    assert "cancel" in offered("order_cancellation", TWO, "cancel only the lamp", answer)
    assert offered("order_cancellation", TWO, answer, "no, only the lamp") == {}


@pytest.mark.parametrize(
    "piece",
    ["cancel one ", "only the ", "keep the ", "1/2 of ", "the lamp stays ", "change the ", "from the order ", "one ",
     "20 ", "取消一个", "one of the ", "除了", "a", "take ", "n't all ", "lamp ", ", "],
)  # fmt: skip
def test_reading_takes_linear_time(piece: str) -> None:
    def took(size: int) -> float:
        return cost(lambda: part_wanted((piece * (size // len(piece)),), bought([*TWO], TOTAL)))

    assert took(8_000) < 12 * max(took(2_000), 0.03)


@pytest.mark.parametrize(
    ("said", "lines", "items"),
    [
        ("return only the lamp", TWO, ["1001"]),
        ("return the lamp, I keep the table", TWO, ["1001"]),
        ("I keep the table and return the lamp", TWO, ["1001"]),
        ("return everything except the table", TWO, ["1001"]),
        ("return all but the lamp", THREE, ["2001", "5001"]),
        ("return the lamp and the shirt, not the table", THREE, ["1001", "5001"]),
        ("return two items: the lamp and the table", THREE, ["1001", "2001"]),
        ("return the two lamps", (PAIR, TABLE), ["1001"]),
        ("return two of the three: the lamps", (PAIR, TABLE), ["1001"]),
        ("return one of the lamps", (LAMP, LAMP), ["1001"]),
        ("return the lamp and refund me 20.00", TWO, ["1001"]),
        ("return the lamp, refund $20 please", TWO, ["1001"]),
        ("return some of it: the lamp", TWO, ["1001"]),
    ],
)
def test_a_return_is_of_what_is_named_and_of_nothing_else(said: str, lines: Lines, items: list[str]) -> None:
    found = offered("order_return", lines, said, status="delivered")
    assert found["send_back"]["item_ids"] == items
    assert "ask" not in found


@pytest.mark.parametrize(
    ("said", "lines", "items"),
    [
        ("return two of the three", THREE, []),
        ("I want to return two things", THREE, []),
        ("zwei von drei zurückgeben", THREE, []),
        ("retourner deux articles", THREE, []),
        ("devolver dos de los tres", THREE, []),
        ("退两件", THREE, []),
        ("return half of it", TWO, []),
        ("die Hälfte zurück", TWO, []),
        ("return a part of the order", TWO, ["1001", "2001"]),
        ("nur die Lampe zurückgeben", TWO, ["1001", "2001"]),
        ("retourner tout sauf la lampe", TWO, ["1001", "2001"]),
        ("只退台灯", TWO, ["1001", "2001"]),
        ("not everything, please", TWO, ["1001", "2001"]),
    ],
)
def test_what_part_is_to_come_back_is_asked_for(said: str, lines: Lines, items: list[str]) -> None:
    found = offered("order_return", lines, said, status="delivered")
    assert found["ask"]["missing"] == ["which_items"]
    assert found.get("send_back", {"item_ids": []})["item_ids"] == items


LESS_THAN_A_LINE = (
    "one of the two lamps", "one lamp", "just one lamp", "half of the lamps", "1 lamp of 2", "the second lamp",
    "eine der beiden Lampen", "une des deux lampes", "una de las dos lámparas", "只退一盏", "only one of them",
)  # fmt: skip


@pytest.mark.parametrize("said", LESS_THAN_A_LINE)
def test_less_than_a_line_is_for_a_person(said: str) -> None:
    for back in ("return {}", "{} zurück", "please refund {}"):
        assert offered("order_return", (PAIR,), back.format(said), status="delivered") == {}, back
    for change in (
        "exchange {} for a white one with low brightness, PayPal",
        "{} in white, low brightness, PayPal please",
    ):
        assert offered("order_exchange", (PAIR,), change.format(said), status="delivered") == {}, change
        assert offered("order_item_change", (PAIR,), change.format(said)) == {}, change


def test_less_money_than_an_item_costs_is_for_a_person() -> None:
    assert offered("order_return", TWO, "return the lamp, refund just 5", status="delivered") == {}
    assert offered("order_return", (LAMP,), "return it for half the money", status="delivered") == {}


@pytest.mark.parametrize(
    ("said", "lines", "changes"),
    [
        ("change only the lamp to white, low brightness, PayPal", TWO, ["1001_to_1002"]),
        ("the lamp in white, low brightness, but keep the shirt as it is, PayPal", THREE, ["1001_to_1002"]),
        ("everything except the lamp in L, PayPal", (LAMP, SHIRT), ["5001_to_5002"]),
        ("size L instead of M for the shirt, PayPal", (LAMP, SHIRT), ["5001_to_5002"]),
        ("the other size for the shirt: L, PayPal", (LAMP, SHIRT), ["5001_to_5002"]),
        ("both lamps in white, low brightness, PayPal", (PAIR,), ["1001_to_1002"]),
        ("my two lamps in white, low brightness, PayPal", (PAIR,), ["1001_to_1002"]),
        ("exchange the lamp for a white one, low brightness, keep it at low, PayPal", (LAMP,), ["1001_to_1002"]),
    ],
)
def test_a_change_is_of_what_is_named_and_not_kept(said: str, lines: Lines, changes: list[str]) -> None:
    assert offered("order_exchange", lines, said, status="delivered")["exchange"]["changes"] == changes
    assert offered("order_item_change", lines, said)["change"]["changes"] == changes


@pytest.mark.parametrize("said", ["exchange two of the three", "change two items", "两件要换"])
def test_which_items_are_to_change_is_asked_for(said: str) -> None:
    assert offered("order_exchange", THREE, said, status="delivered").keys() == {"ask"}


def test_a_quantity_is_no_option() -> None:
    for said in ("change the quantity of the lamp to 2, PayPal", "Anzahl der Lampen auf zwei ändern", "数量改为两个"):
        assert offered("order_item_change", (LAMP,), said) == {}, said
