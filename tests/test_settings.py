"""The file, the environment over it, and errors that name the setting and never a secret."""

from __future__ import annotations

from datetime import timedelta
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


@pytest.mark.parametrize(
    ("text", "named", "told"),
    [
        ('digest = "dayly 8:30"', "channel.0.digest", "immediate, hourly, daily 08:30"),
        ('quiet = "22:00"', "channel.0.quiet", "22:00-07:00"),
        ('timezone = "Kyjiw"', "channel.0.timezone", "Europe/Kyiv"),
        ("alerts_an_hour = -1", "channel.0.alerts_an_hour", "from 0 to 1000"),
        ('alerts_an_hour = "many"', "channel.0.alerts_an_hour", "from 0 to 1000"),
        ("outlets_needed = 21", "channel.0.outlets_needed", "20"),
        ('on_doubt = "panic"', "channel.0.on_doubt", "never lose"),
        ('mention = "@everyone"', "channel.0", 'mention: write "role:ID" or "user:ID"'),
        ('mention = "group:S1"', "channel.0", 'mention: write "role:ID" or "user:ID"'),
    ],
)
def test_a_wish_that_does_not_read_says_what_to_write(
    tmp_path: Path, text: str, named: str, told: str
) -> None:
    file = write(tmp_path, f'[[channel]]\nplatform = "discord"\nid = "1"\n{text}')
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    first, *lines = str(caught.value).splitlines()
    assert first.endswith("1 to correct")
    assert lines[0].startswith(f"{named}: ")
    assert told in lines[0]


def test_there_is_nobody_to_mention_in_a_terminal(tmp_path: Path) -> None:
    file = write(tmp_path, '[[channel]]\nplatform = "console"\nid = "x"\nmention = "user:1"')
    with pytest.raises(SettingsError, match="nobody to mention on console"):
        load_settings(file, {})


def test_the_workspaces_zone_comes_from_the_environment_too() -> None:
    settings = load_settings(None, {"WIREWATCH_WORKSPACE__TIMEZONE": "Europe/Kyiv"})
    assert settings.workspace.timezone == "Europe/Kyiv"


def test_every_commented_default_of_a_channel_reads(tmp_path: Path) -> None:
    """What the shipped file shows as an example can be switched on as it stands."""
    shipped = Path(__file__).parents[1] / "config" / "wirewatch.toml"
    lines = shipped.read_text(encoding="utf-8").splitlines()
    begin = lines.index("#[[channel]]")
    named = [line[1:] for line in lines[begin:] if line.startswith("#") and line[1:2].isalpha()]
    table = "\n".join(
        line for line in named if " = " in line and not line.startswith(("platform", "id "))
    )
    file = write(tmp_path, f'[[channel]]\nplatform = "discord"\nid = "1"\n{table}')
    (entry,) = load_settings(file, {}).channel
    assert entry.digest == "immediate"
    assert entry.alerts_an_hour == 10
    assert entry.mention == "role:123456789012345678"


@pytest.mark.parametrize(
    ("values", "named"),
    [({"URL": "http://127.0.0.1:1/v1"}, "model"), ({"URL": "localhost", "MODEL": "m"}, "http")],
)
def test_an_endpoint_is_named_in_full(values: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(None, {f"WIREWATCH_LLM__{key}": value for key, value in values.items()})


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"PUBLIC_URL": "wire.example", "LISTEN": "127.0.0.1:8080"}, "web.public_url: write an"),
        ({"PUBLIC_URL": "https://wire.example"}, "public_url needs listen as well"),
    ],
)
def test_a_public_address_is_whole_and_served(values: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(None, {f"WIREWATCH_WEB__{key}": value for key, value in values.items()})


@pytest.mark.parametrize(("days", "kept"), [("0", None), ("7", timedelta(days=7))])
def test_articles_are_kept_for_a_week_at_least_or_for_ever(
    days: str, kept: timedelta | None
) -> None:
    assert Settings().storage.keep_for == timedelta(days=90)
    settings = load_settings(None, {"WIREWATCH_STORAGE__KEEP_ARTICLES_DAYS": days})
    assert settings.storage.keep_for == kept
    with pytest.raises(SettingsError, match="write 0 \\(for ever\\) or at least 7, not 6"):
        load_settings(None, {"WIREWATCH_STORAGE__KEEP_ARTICLES_DAYS": "6"})


HOSTED = {
    "WIREWATCH_SLACK__CLIENT_ID": "1.2",
    "WIREWATCH_SLACK__CLIENT_SECRET": "shh",
    "WIREWATCH_SLACK__SIGNING_SECRET": "shhh",
    "WIREWATCH_WEB__LISTEN": "127.0.0.1:8080",
    "WIREWATCH_WEB__PUBLIC_URL": "https://wire.example",
}


def test_a_hosted_slack_app_is_set_up_whole(tmp_path: Path) -> None:
    empty = tmp_path / "wire.toml"
    empty.write_text("")
    assert load_settings(empty, HOSTED).chat_configured
    for name, problem in (
        ("WIREWATCH_SLACK__CLIENT_SECRET", "client_id needs client_secret"),
        ("WIREWATCH_SLACK__SIGNING_SECRET", "client_id needs signing_secret"),
        ("WIREWATCH_WEB__PUBLIC_URL", "needs web.listen and web.public_url"),
    ):
        lacking = {key: value for key, value in HOSTED.items() if key != name}
        with pytest.raises(SettingsError, match=problem):
            load_settings(empty, lacking)
    with pytest.raises(SettingsError, match="take bot_token and app_token out"):
        load_settings(empty, HOSTED | {"WIREWATCH_SLACK__BOT_TOKEN": "xoxb-1"})
