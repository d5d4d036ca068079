"""The section `[agents.support]`: what is refused, and in which words."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from agents.backends.shop_embedded import EmbeddedShop
from agents.backends.shop_http import HttpShop
from agents.backends.shop_open import open_shop
from bot.errors import SettingsError


async def problem(tmp_path: Path, **settings: JsonValue) -> str:
    """Open a shop with these settings; return the message of the error."""
    with pytest.raises(SettingsError) as refused:
        async with open_shop(settings, tmp_path):
            pass
    return str(refused.value)


async def test_no_settings_at_all_open_the_samples_in_the_data_folder(tmp_path: Path) -> None:
    async with open_shop({}, tmp_path) as shop:
        assert isinstance(shop, EmbeddedShop)
    assert (tmp_path / "shop.sqlite3").exists()


async def test_url_with_a_token_opens_the_api(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("made-up\n")
    settings = {"url": "https://shop.acme.test/api", "token_file": str(tmp_path / "token")}
    async with open_shop(settings, tmp_path) as shop:
        assert isinstance(shop, HttpShop)


@pytest.mark.parametrize("url", ["http://shop.acme.test", "ftp://shop.acme.test", "shop.acme.test", "https://", ""])
async def test_url_over_which_the_token_could_be_read_is_refused(tmp_path: Path, url: str) -> None:
    said = await problem(tmp_path, url=url, token_file="token")
    assert said.startswith("[agents.support] url: give an address that begins with https://")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "https://shop.acme.test"}, "token_file: goes together with url"),
        ({"token_file": "token"}, "token_file: goes together with url"),
        ({"url": "https://shop.acme.test", "file": "shop.sqlite3"}, "file: leave it out, or leave out url"),
        ({"currency": "euro"}, 'currency: give the three capital letters of ISO 4217, as in "EUR"'),
        ({"return_days": -1}, "return_days: "),
        ({"staff_refund_limit": -1}, "staff_refund_limit: "),
        ({"staff_refund_limit": "19.999"}, "staff_refund_limit: "),
        ({"token": "hunter2"}, "token: is not a setting; there are url, token_file, file,"),
    ],
)
async def test_wrong_setting_is_named_with_its_mend(tmp_path: Path, settings: dict[str, JsonValue], said: str) -> None:
    assert (await problem(tmp_path, **settings)).startswith(f"[agents.support] {said}")


async def test_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = await problem(tmp_path, url="https://shop.acme.test", token_file=str(tmp_path / "none"))
    assert said == "[agents.support] token_file: it cannot be read (FileNotFoundError)"


async def test_token_with_a_line_break_inside_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2\nX-Staff: ana\n")
    said = await problem(tmp_path, url="https://shop.acme.test", token_file=str(tmp_path / "token"))
    assert (said.startswith("[agents.support] token_file: it should hold the token alone"), "hunter2" in said) == (
        True,
        False,
    )


async def test_file_that_is_no_shop_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite3").write_text("no database, and longer than the header of one would be, by far " * 9)
    assert (await problem(tmp_path)).startswith("[agents.support] file: shop.sqlite3 cannot be used as a shop")
