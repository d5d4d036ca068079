"""An article is found by what customers call it, and by nothing that speaks against it."""

from datetime import date
from decimal import Decimal

import pytest

from agents.backends.shop import Item, NoSuchOrder, Order, Refused, order_number
from agents.backends.shop_words import find_articles, item_of

TEE = Item(article="Men's Cotton T-Shirt - Blue", size="M", price=Decimal(19))
LARGE = Item(article="Men's Cotton T-Shirt - Blue", size="L", price=Decimal(19))
OXFORD = Item(article="Oxford Shirt - Navy", size="M", price=Decimal(55))
WHITE = Item(article="Linen Shirt - White", size="S", price=Decimal(45))
SHORTS = Item(article="Swim Shorts - Blue", size="M", price=Decimal(25))
DRESSES = Item(article="Crêpe Dress - Grey", size="38", price=Decimal(70))


def wide(text: str) -> str:
    """The same letters and digits as they are typed in East Asian full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def order(*items: Item, number: str = "1042") -> Order:
    money = {"paid": Decimal(99), "refunded": Decimal(0), "refundable": Decimal(99), "currency": "EUR"}
    where = {"customer": "Kim North", "state": "delivered", "ordered": date(2026, 1, 1), "ship_to": "4 Harbour Lane"}
    return Order.model_validate({"number": number, "items": items, **where, **money})


def found(words: str, *items: Item) -> list[str]:
    return [match.article for match in find_articles([order(*items)], words).found]


@pytest.mark.parametrize(
    "words",
    [
        "blue shirt",
        "the blue shirts",
        "my shirt, the blue one",
        "T SHIRT (BLUE)",
        "blue tee",
        "navy t-shirt",
        "bleu shirrt",
        "the men’s cotton shirt I bought last week",
        wide("BLUE shirt"),
        "Men's Cotton T-Shirt - Blue",
    ],
)
def test_blue_shirt_is_found_whatever_it_is_called(words: str) -> None:
    assert found(words, TEE, WHITE, SHORTS, DRESSES) == [TEE.article]


@pytest.mark.parametrize("words", ["grey dresses", "crepe dress", "gray gown"])
def test_accents_plurals_and_spellings_do_not_matter(words: str) -> None:
    assert found(words, TEE, DRESSES) == [DRESSES.article]


def test_every_article_that_fits_is_listed_so_that_the_customer_can_be_asked() -> None:
    matches = find_articles([order(TEE, WHITE), order(OXFORD, number="1050")], "blue shirt")
    assert ([match.order for match in matches.found], matches.only) == (["1042", "1050"], None)


def test_single_match_is_told_apart() -> None:
    only = find_articles([order(TEE, WHITE)], "blue shirt").only
    assert only is not None
    assert (only.order, only.article, only.size, only.state) == ("1042", TEE.article, "M", "delivered")


def test_article_of_another_colour_is_a_guess_only() -> None:
    matches = find_articles([order(TEE, SHORTS)], "green shirt")
    assert ([match.article for match in matches.found], [match.article for match in matches.near]) == (
        [],
        [TEE.article],
    )


def test_shorts_are_no_misspelt_shirt() -> None:
    assert found("blue shorts", TEE, SHORTS) == [SHORTS.article]


@pytest.mark.parametrize("words", ["toaster", "", "?!", "%", "' OR 1=1 --", "_"])
def test_words_that_fit_nothing_find_nothing(words: str) -> None:
    matches = find_articles([order(TEE, WHITE)], words)
    assert (matches.found, matches.near) == ((), ())


def test_size_tells_articles_apart() -> None:
    assert item_of(order(TEE, LARGE), "blue shirt, size L") == LARGE


def test_article_of_an_order_with_one_article_needs_no_words() -> None:
    assert item_of(order(TEE), "it") == TEE


@pytest.mark.parametrize("words", ["shirt", "it", "the red hat"])
def test_unclear_article_is_refused_with_what_there_is(words: str) -> None:
    with pytest.raises(Refused, match=r"It has: Linen Shirt - White, size S; Men's Cotton T-Shirt - Blue, size M\."):
        item_of(order(TEE, WHITE), words)


def test_of_two_alike_the_one_that_was_not_sent_back_is_meant() -> None:
    back = TEE.model_copy(update={"sent_back": "R-1"})
    assert item_of(order(back, TEE), "blue shirt") == TEE


@pytest.mark.parametrize("text", ["1042", " #1042", "order no. 1042!", "ORDER NUMBER: 1042", wide("1042")])
def test_order_number_is_read_as_people_write_it(text: str) -> None:
    assert order_number(text) == "1042"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "order",
        "no",
        "1042 or 1=1",
        "1042'--",
        "1042%",
        "104_",
        "../1043",
        "1042/../1043",
        "1042\x00",
        "1042;1043",
        "١٠٤٢",
    ],
)
def test_order_number_with_anything_else_is_none(text: str) -> None:
    with pytest.raises(NoSuchOrder):
        order_number(text)
