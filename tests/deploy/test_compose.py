"""compose.yaml names only what exists: settings, secrets, volumes, and what its checks ask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.roles.process import Role
from bot.settings import load_settings
from tests.deploy import plain_yaml

ROOT = Path(__file__).parents[2]
FILE: dict[str, Any] = plain_yaml.read((ROOT / "compose.yaml").read_text())
OURS = ("wirewatch", "wirewatch-postgresql")
APART = ("wirewatch-fetcher", "wirewatch-desk", "wirewatch-sender")


@pytest.mark.parametrize("name", OURS)
def test_its_settings_are_settings(name: str, tmp_path: Path) -> None:
    """An unknown one would be refused; each secret's text arrives where it belongs."""
    environ = dict(FILE["services"][name]["environment"])
    image = {"WIREWATCH_STORAGE__URL": "sqlite:////data/wirewatch.db"}
    for key, path in environ.items():
        if path.startswith("/run/secrets/"):
            assert key.endswith("_FILE")
            secret = tmp_path / Path(path).name
            secret.write_text(f"the text of {secret.name}")
            environ[key] = str(secret)
    settings = load_settings(ROOT / "config" / "wirewatch.toml", environ | image)
    assert settings.web.status_token.get_secret_value() == "the text of status_token"
    assert settings.discord.token.get_secret_value() == "the text of discord_token"
    expected = (
        "the text of storage_url" if "postgresql" in name else image["WIREWATCH_STORAGE__URL"]
    )
    assert settings.storage.url == expected


def test_secrets_volumes_and_services_are_declared() -> None:
    for name, service in FILE["services"].items():
        used = {
            Path(value).name
            for value in service["environment"].values()
            if value.startswith("/run/secrets/")
        }
        assert used == set(service["secrets"]), name
        assert used <= set(FILE["secrets"]), name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source.startswith("./") or source in FILE["volumes"], name
        for other in service.get("depends_on", {}):
            assert other in FILE["services"], name
            assert "healthcheck" in FILE["services"][other], name


def test_no_profile_starts_two_bots() -> None:
    profiles = [FILE["services"][name].get("profiles") for name in OURS]
    assert profiles == [["single"], ["postgresql"]]


@pytest.mark.parametrize("name", APART)
def test_a_cluster_has_each_role_and_one_sender(name: str) -> None:
    service = FILE["services"][name]
    assert service["profiles"] == ["cluster"]
    assert service["command"] == ["run", "--role", Role(name.removeprefix("wirewatch-"))]
    replicas = int(service.get("deploy", {}).get("replicas", 1))
    assert (replicas > 1) != (name == "wirewatch-sender")
    assert ("ports" in service) == (replicas == 1), "one port of the host serves one container"
    assert ("discord_token" in service["secrets"]) == (name == "wirewatch-sender")
    assert service["build"] == FILE["services"]["wirewatch-postgresql"]["build"]


@pytest.mark.parametrize("name", OURS)
def test_the_health_check_asks_whether_it_lives(name: str) -> None:
    service = FILE["services"][name]
    port = service["environment"]["WIREWATCH_WEB__LISTEN"].rpartition(":")[2]
    *python, code = service["healthcheck"]["test"]
    assert python == ["CMD", "python", "-c"]
    compile(code, "healthcheck", "exec")
    assert f"http://127.0.0.1:{port}/livez" in code
    assert all(one.startswith("127.0.0.1:") for one in service["ports"]), "not to the world"


def test_the_stage_that_is_built_has_the_driver() -> None:
    target = FILE["services"]["wirewatch-postgresql"]["build"]["target"]
    assert f" AS {target}\n" in (ROOT / "Dockerfile").read_text()
    built, tested, runtime = (_pins(name) for name in ("postgresql", "dev", "runtime"))
    assert {"psycopg", "psycopg-binary", "procrastinate"} <= built.keys()
    assert built.keys() - runtime.keys() <= DRIVER | ENGINE
    assert {name: tested.get(name) for name in built} == built, "the image runs what is tested"


DRIVER = {"psycopg", "psycopg-binary", "typing-extensions"}
ENGINE = {
    "procrastinate",
    "packaging",
    "psycopg-pool",
    "asgiref",
    "croniter",
    "python-dateutil",
    "six",
}


def _pins(name: str) -> dict[str, str]:
    """What a lock file pins: package -> version; every pin has hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    pin = re.compile(
        r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)([^\n]*\n\s+--hash=sha256:)?", re.MULTILINE
    )
    pins = pin.findall(text)
    assert pins
    assert all(hashes for _, _, hashes in pins), f"{name}.txt has a pin without a hash"
    return {package: version for package, version, _ in pins}
