"""Settings: read from variables, wrong ones named, secrets hidden."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from services.common.dynamodb import connect
from services.common.settings import (
    DatabaseSettings,
    ServerSettings,
    SettingsError,
    environment,
    flag,
    group,
    name_of,
    one_of,
    port,
    read,
    secrets_of,
    variable,
)

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}


@dataclass(frozen=True)
class Settings:
    table: str = variable("TABLE")
    port: int = variable("PORT", default=3000, parse=port)
    careful: bool = variable("CAREFUL", default=False, parse=flag)
    mode: str = variable("MODE", default="a", parse=one_of("a", "b"))
    token: str = variable("TOKEN", default="", secret=True)
    database: DatabaseSettings = group(
        DatabaseSettings, defaults={"region": "sa-east-1"}, endpoint="DYNAMODB_ENDPOINT_URL"
    )
    server: ServerSettings = group(ServerSettings)


def test_defaults() -> None:
    settings = read(Settings, {"TABLE": "t"})
    assert (settings.table, settings.port, settings.careful, settings.mode) == ("t", 3000, False, "a")
    assert (settings.database.endpoint, settings.database.region) == (None, "sa-east-1")
    assert settings.database.attempts_max == 8


def test_values() -> None:
    settings = read(
        Settings,
        {
            "TABLE": " t ",
            "PORT": "0",
            "CAREFUL": "TRUE",
            "MODE": "B",
            "DYNAMODB_ENDPOINT_URL": "http://[::1]:8000",
            "AWS_REGION": "eu-west-1",
        },
    )
    assert (settings.table, settings.port, settings.careful, settings.mode) == ("t", 0, True, "b")
    assert (settings.database.endpoint, settings.database.region) == ("http://[::1]:8000", "eu-west-1")


def test_an_empty_variable_has_its_default() -> None:
    settings = read(Settings, {"TABLE": "t", "PORT": "", "DYNAMODB_ENDPOINT_URL": " ", "AWS_REGION": ""})
    assert (settings.port, settings.database.endpoint, settings.database.region) == (3000, None, "sa-east-1")


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read(
            Settings,
            {"PORT": "70000", "CAREFUL": "yes", "MODE": "c", "DYNAMODB_ENDPOINT_URL": "nowhere"},
        )
    assert caught.value.problems == (
        "TABLE: must be set",
        "PORT: must be a whole number from 0 to 65535, not '70000'",
        "CAREFUL: must be one of true, false, not 'yes'",
        "MODE: must be one of a, b, not 'c'",
        "DYNAMODB_ENDPOINT_URL: must be an address like http://localhost:8000, not 'nowhere'",
    )


def test_names() -> None:
    settings = read(Settings, {"TABLE": "t"})
    assert name_of(Settings, "table") == "TABLE"
    assert settings.database.names["endpoint"] == "DYNAMODB_ENDPOINT_URL"
    assert settings.database.names["access_key"] == "AWS_ACCESS_KEY_ID"


def test_secrets_are_known_and_not_shown() -> None:
    settings = read(Settings, {"TABLE": "t", "TOKEN": "of-the-test", **KEYS})
    assert secrets_of(settings) == {"of-the-test", "AKIAEXAMPLE", "a-secret"}
    assert [secret for secret in secrets_of(settings) if secret in repr(settings)] == []


def test_an_empty_endpoint_is_aws() -> None:
    for variables in ({}, {"DYNAMODB_ENDPOINT": ""}):
        database = connect(read(DatabaseSettings, {**KEYS, "AWS_REGION": "eu-west-1", **variables}))
        try:
            assert database.endpoint == "https://dynamodb.eu-west-1.amazonaws.com"
            assert database.region == "eu-west-1"
        finally:
            database.close()


@pytest.mark.parametrize("present", list(KEYS))
def test_half_of_the_keys(present: str) -> None:
    (absent,) = KEYS.keys() - {present}
    with pytest.raises(SettingsError, match=f"{absent}: must be set, since {present} is"):
        connect(read(DatabaseSettings, {present: KEYS[present]}))


def test_variables_come_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, beside = tmp_path / "here", tmp_path / "beside"
    for place in (here, beside):
        place.mkdir()
    monkeypatch.chdir(here)
    (beside / ".env").write_text("ONE=beside\n")
    assert environment(beside)["ONE"] == "beside"
    (here / ".env").write_text("ONE=here\nTWO=here\nDYNAMODB_ENDPOINT=http://localhost:8000\n# THREE=here\n")
    monkeypatch.setenv("TWO", "process")
    monkeypatch.setenv("DYNAMODB_ENDPOINT", "")
    found = environment(beside)
    assert (found["ONE"], found["TWO"], found["DYNAMODB_ENDPOINT"]) == ("here", "process", "")
    assert "THREE" not in found


def test_a_file_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "named.env"
    monkeypatch.setenv("ENV_FILE", str(named))
    with pytest.raises(SettingsError, match="ENV_FILE"):
        environment()
    named.write_text("ONE='a b'\n")
    assert environment()["ONE"] == "a b"
