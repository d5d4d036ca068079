"""Settings come from the environment, are explained in one line each when wrong, and never show a secret."""

import stat
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.errors import SettingsError
from bot.secret_file import kept_secret, make_secret
from bot.settings import Settings, without_password

SECRET = "a made up secret of forty characters...."
EVERY_SECRET = {
    "REDIS_URL": "rediss://bot:hunter2@redis.acme.test:6380/0",
    "ANTHROPIC_API_KEY": "sk-hunter2",
    "SLACK_BOT_TOKEN": "xoxb-hunter2",
    "SLACK_APP_TOKEN": "xapp-hunter2",
    "SLACK_SIGNING_SECRET": "hunter2",
    "IMAP_URL": "imaps://deploy%40acme.test:hunter2@mail.acme.test/INBOX",
    "SMTP_URL": "smtps://deploy%40acme.test:hunter2@mail.acme.test",
    "BOT_SECRET": "hunter2" * 5,
}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.load(environ)
    return str(refused.value)


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.load({})
    assert settings.embedded
    assert (settings.port, settings.bot_config, settings.bot_data) == (8080, Path("bot.toml"), Path(".bot"))
    assert (settings.drain_s, settings.lease_s, settings.concurrency) == (30, 30, 16)
    assert settings.slack_api_url == "https://slack.com/api/"


def test_a_setting_left_blank_is_not_set() -> None:
    assert Settings.load({"SLACK_BOT_TOKEN": "", "PORT": ""}) == Settings.load({})


def test_the_process_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=8111\nDRAIN_S=5\nSLACK_BOT_TOKEN=\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "8222")
    settings = Settings.load()
    assert (settings.port, settings.drain_s, settings.slack_bot_token) == (8222, 5, None)


def test_a_given_environment_is_the_only_source(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=8111\n", encoding="utf-8")
    monkeypatch.setenv("DRAIN_S", "5")
    assert Settings.load({}) == Settings()


def test_an_env_file_that_cannot_be_read_is_one_line() -> None:
    Path(".env").write_bytes(b"PORT=\xff\n")
    with pytest.raises(SettingsError, match=r"^\S*\.env cannot be read \([^\n]*\): mend or remove it$"):
        Settings.load()


def test_secrets_are_not_shown() -> None:
    settings = Settings.load(EVERY_SECRET)
    assert "hunter2" not in repr(settings) + str(settings) + repr(settings.model_dump())


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*EVERY_SECRET, "PORT", "PUBLIC_URL"], st.just("hunter2!\n"))))
def test_a_wrong_secret_is_not_shown_either(environ: dict[str, str]) -> None:
    try:
        said = repr(Settings.load(environ))
    except SettingsError as error:
        said = str(error)
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("REDIS_URL", "http://redis.acme.test", "REDIS_URL must start with redis:// or rediss:// or unix://"),
        ("REDIS_URL", "redis://", "REDIS_URL names no place to connect to"),
        ("REDIS_URL", "redis://redis.acme.test:port", "REDIS_URL is not a URL that can be read"),
        ("SLACK_BOT_TOKEN", "xapp-1", "SLACK_BOT_TOKEN does not start with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "SLACK_APP_TOKEN does not start with xapp-"),
        ("IMAP_URL", "pop3://mail.acme.test", "IMAP_URL must start with imap:// or imaps://"),
        ("MAIL_ADDRESSES", "deploy@acme.test, deploy", "MAIL_ADDRESSES 'deploy' is not an e-mail address"),
        ("PUBLIC_URL", "bot.acme.test", "PUBLIC_URL must start with http:// or https://"),
        ("BOT_SECRET", "short", "BOT_SECRET is shorter than 32 characters"),
        ("PORT", "http", "PORT is wrong"),
        ("PORT", "65536", "PORT is wrong"),
        ("CONCURRENCY", "0", "CONCURRENCY is wrong"),
        ("LEASE_S", "nan", "LEASE_S is wrong"),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_mend(name: str, value: str, says: str) -> None:
    said = refusal({"BOT_SECRET": SECRET, name: value})
    assert said.startswith(says)
    assert ": set it to " in said
    assert "\n" not in said


def test_every_wrong_setting_has_its_line() -> None:
    said = refusal({"PORT": "x", "DRAIN_S": "y", "SMTP_URL": "z"})
    assert sorted(line.split()[0] for line in said.splitlines()) == ["DRAIN_S", "PORT", "SMTP_URL"]


def test_a_socket_is_a_place_for_redis() -> None:
    settings = Settings.load({"REDIS_URL": "unix:///run/redis.sock", "BOT_SECRET": SECRET})
    assert settings.require("redis_url") == ("unix:///run/redis.sock",)


def test_addresses_are_split_and_folded() -> None:
    settings = Settings.load({"MAIL_ADDRESSES": " Deploy@Acme.test ,help@acme.test,"})
    assert settings.mail_addresses == ("deploy@acme.test", "help@acme.test")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # pyright: ignore[reportAttributeAccessIssue]  # that it is refused is the claim


def test_require_returns_the_plain_values() -> None:
    settings = Settings.load(EVERY_SECRET)
    assert settings.require("slack_bot_token", "slack_app_token") == ("xoxb-hunter2", "xapp-hunter2")


def test_require_names_everything_that_is_missing() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({"SLACK_APP_TOKEN": "xapp-1"}).require("slack_app_token", "slack_bot_token", "mail_addresses")
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "SLACK_BOT_TOKEN is not set",
        "MAIL_ADDRESSES is not set",
    ]


def test_many_machines_need_one_secret() -> None:
    assert refusal({"REDIS_URL": "redis://redis.acme.test"}).startswith("BOT_SECRET is not set, and REDIS_URL is:")


def test_the_secret_of_the_environment_is_used() -> None:
    assert Settings.load({"BOT_SECRET": SECRET}).secret() == SECRET.encode()
    assert not Path(".bot").exists()


def test_a_single_machine_makes_its_secret_once_and_keeps_it_to_itself() -> None:
    first = Settings.load({}).secret()
    assert len(bytes.fromhex(first.decode())) == 32
    assert Settings.load({}).secret() == first
    assert stat.S_IMODE(Path(".bot/secret").stat().st_mode) == 0o600
    assert list(Path(".bot").iterdir()) == [Path(".bot/secret")]


def test_a_made_secret_may_move_to_the_environment() -> None:
    made = Settings.load({}).secret()
    text = Path(".bot/secret").read_text(encoding="ascii")
    assert Settings.load({"REDIS_URL": "redis://redis.acme.test", "BOT_SECRET": text}).secret() == made


def test_a_kept_secret_is_closed_to_others_again() -> None:
    path = Path("secret")
    kept_secret(path)
    path.chmod(0o644)
    kept_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_get_the_same_secret(tmp_path: Path) -> None:
    with get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(kept_secret, [tmp_path / "new" / "secret"] * 16, chunksize=1))) == 1


def test_a_process_that_is_late_keeps_the_secret_of_the_first() -> None:
    path = Path("secret")
    first = kept_secret(path)
    make_secret(path)
    assert kept_secret(path) == first
    assert list(Path().iterdir()) == [path]


def test_an_empty_secret_file_is_not_replaced() -> None:
    Path("secret").write_text("", encoding="ascii")
    with pytest.raises(SettingsError, match="secret is shorter than a key: put back"):
        kept_secret(Path("secret"))


def test_a_data_folder_that_cannot_be_made_is_one_line() -> None:
    Path("file").touch()
    with pytest.raises(SettingsError, match=r"file/secret can be neither read nor made .*: set BOT_DATA"):
        Settings.load({"BOT_DATA": "file"}).secret()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://bot:pass@redis.acme.test:6380/0", "redis://***@redis.acme.test:6380/0"),
        ("imaps://deploy@mail.acme.test", "imaps://***@mail.acme.test"),
        ("redis://redis.acme.test?password=pass", "redis://redis.acme.test"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
