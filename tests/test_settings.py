"""The file, the environment over it, and errors that name the setting and never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load_settings


def write(folder: Path, text: str, name: str = "wirewatch.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_defaults_stand_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()


def test_the_environment_wins(tmp_path: Path) -> None:
    file = write(tmp_path, '[storage]\nurl = "sqlite:///a.db"\n[polling]\nconcurrency = 7')
    settings = load_settings(
        file,
        {
            "WIREWATCH_STORAGE__URL": "sqlite:///b.db",
            "WIREWATCH_POLLING__ALLOW_PRIVATE_ADDRESSES": "true",
            "UNRELATED__THING": "x",
        },
    )
    assert settings.storage.url == "sqlite:///b.db"
    assert settings.polling.concurrency == 7
    assert settings.polling.allow_private_addresses


def test_a_secret_comes_from_a_file_and_is_never_printed(tmp_path: Path) -> None:
    secret = write(tmp_path, "canary-token\n", "token")
    settings = load_settings(None, {"WIREWATCH_DISCORD__TOKEN_FILE": str(secret)})
    assert settings.discord.token.get_secret_value() == "canary-token"
    assert "canary" not in repr(settings)


def test_the_file_is_named_by_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path, '[[topic]]\nname = "A"\nquery = "a"')
    assert load_settings(None, {"WIREWATCH_CONFIG": str(file)}).topic[0].name == "A"


def test_watchlists_are_read_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path, '[[feed]]\nurl = "https://b.example/feed"', "list.toml")
    file = write(tmp_path, 'watchlists = ["list.toml"]\n[[feed]]\nurl = "https://a.example/feed"')
    urls = [feed.url for feed in load_settings(file, {}).feed]
    assert urls == ["https://a.example/feed", "https://b.example/feed"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[polling]\ninterval_minutes = 1", "polling.interval_minutes"),
        ("[polling]\nintervall = 1", "polling.intervall"),
        ("[pollling]\nx = 1", "pollling"),
        ('[[channel]]\nplatform = "irc"\nid = "x"', "channel.0.platform"),
        ("[[feed]]\nname = 'x'", "feed.0.url"),
        ("not toml", "wirewatch.toml"),
        ('watchlists = ["missing.toml"]', "missing.toml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(write(tmp_path, text), {})


def test_a_mistaken_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="WIREWATCH_DISCROD__TOKEN"):
        load_settings(None, {"WIREWATCH_DISCROD__TOKEN": "x"})


def test_a_bad_value_is_not_repeated(tmp_path: Path) -> None:
    file = write(tmp_path, "[discord]\ntoken = 12345678")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert "12345678" not in str(caught.value)


def test_the_shipped_configuration_loads_and_its_queries_read() -> None:
    from bot.commands.declared import check_references

    settings = load_settings(Path(__file__).parents[1] / "config" / "wirewatch.toml", {})
    assert len(settings.feed) >= 20
    assert len(settings.topic) >= 6
    check_references(settings)
