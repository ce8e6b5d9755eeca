"""Settings: which source wins, and what is said of a value that will not do."""

import dataclasses
import os
from pathlib import Path

import pytest

from stator.server.config import (
    FIELDS,
    WORKERS_MAX,
    SettingError,
    Settings,
    load,
    option,
    processors,
    unknown_variables,
    variable,
    worker_count,
)


def test_the_defaults(tmp_path: Path) -> None:
    settings = load({}, {}, tmp_path)
    assert settings == Settings()
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 8000, "./stator-data")
    assert (settings.region, settings.account) == ("us-east-1", "000000000000")


def test_an_option_beats_a_variable_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "stator.toml").write_text('port = 1\nregion = "file-1"\nlifecycle_delay = 0.5\n')
    variables = {"STATOR_PORT": "2", "STATOR_REGION": "variable-1"}
    settings = load({"port": "3", "region": None}, variables, tmp_path)
    assert (settings.port, settings.region, settings.lifecycle_delay) == (3, "variable-1", 0.5)
    assert load({}, variables, tmp_path).port == 2
    assert load({}, {}, tmp_path).port == 1


def test_the_file_may_be_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "stator.toml").write_text("port = 1")
    (tmp_path / "other.toml").write_text("port = 2")
    (tmp_path / "third.toml").write_text("port = 3")
    variables = {"STATOR_CONFIG": "other.toml"}
    assert load({}, variables, tmp_path).port == 2
    assert load({}, variables, tmp_path, Path("third.toml")).port == 3
    assert load({}, {}, tmp_path, tmp_path / "third.toml").port == 3


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("port", "x", "a whole number from 0 to 65535"),
        ("port", "65536", "a whole number from 0 to 65535"),
        ("port", "-1", "a whole number from 0 to 65535"),
        ("port", "tcp://10.0.0.1:8000", "a whole number from 0 to 65535"),
        ("port", "8000.5", "a whole number from 0 to 65535"),
        ("account", "12345678901", "twelve digits"),
        ("region", "", "a region's name, such as us-east-1"),
        ("region", "us east", "a region's name, such as us-east-1"),
        ("log_level", "loud", "one of debug, info, warning, error"),
        ("auth_headers", "on", "one of lenient, strict"),
        ("lifecycle_delay", "-1", "a number of seconds, at least 0"),
        ("lifecycle_delay", "nan", "a number of seconds, at least 0"),
        ("keep_alive_timeout", "0", "a number of seconds, at least 0.01"),
        ("keep_alive_timeout", "inf", "a number of seconds, at least 0.01"),
        ("max_connections", "0", "a whole number from 1 to 1000000"),
        ("host", "", "a host name or an address"),
        ("data", " ", "a directory"),
    ],
)
def test_a_value_that_will_not_do(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    tail = f" must be {wanted}, not {text!r}."
    with pytest.raises(SettingError) as raised:
        load({name: text}, {}, tmp_path)
    assert str(raised.value) == option(name) + tail
    with pytest.raises(SettingError) as raised:
        load({}, {variable(name): text}, tmp_path)
    assert str(raised.value) == variable(name) + tail
    (tmp_path / "stator.toml").write_text(f'{name} = "{text}"')
    with pytest.raises(SettingError) as raised:
        load({}, {}, tmp_path)
    assert str(raised.value) == f"{name} in stator.toml" + tail


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("prot = 1", "prot in stator.toml is not a setting. Did you mean port?"),
        ("zzz = 1", "zzz in stator.toml is not a setting. Known are: host, port, data, "),
        ("port = true", "port in stator.toml must be a text or a number."),
        ("[port]\na = 1", "port in stator.toml must be a text or a number."),
        ("port =", "stator.toml is not TOML: "),
        ("port = 1\nport = 2", "stator.toml is not TOML: "),
    ],
)
def test_a_file_that_will_not_do(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "stator.toml").write_text(text)
    with pytest.raises(SettingError) as raised:
        load({}, {}, tmp_path)
    assert str(raised.value).startswith(complaint)


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^none.toml does not exist\.$"):
        load({}, {}, tmp_path, Path("none.toml"))
    with pytest.raises(SettingError, match=r"^none.toml does not exist\.$"):
        load({}, {"STATOR_CONFIG": "none.toml"}, tmp_path)
    (tmp_path / "stator.toml").mkdir()
    with pytest.raises(SettingError, match=r"^stator.toml cannot be read: Is a directory\.$"):
        load({}, {}, tmp_path)


def test_foreign_variables_are_noticed(tmp_path: Path) -> None:
    variables = {"STATOR_PORT": "1", "STATOR_PROT": "1", "STATOR_CONFIG": "", "PATH": "x"}
    assert unknown_variables(variables) == ["STATOR_PROT"]
    assert load({}, variables, tmp_path).port == 1


def test_every_setting_can_be_told_from_its_help(tmp_path: Path) -> None:
    for name, field in FIELDS.items():
        help_ = field.metadata["help"]
        assert help_[0].isupper(), name
        assert help_.endswith("."), name
        # The default is a text that the setting itself would take.
        default = str(field.default)
        assert getattr(load({name: default}, {}, tmp_path), name) == field.default
    assert dataclasses.is_dataclass(Settings)


def test_memory_is_a_switch_that_a_nearer_directory_takes_back(tmp_path: Path) -> None:
    (tmp_path / "stator.toml").write_text("memory = true\n")
    assert load({}, {}, tmp_path).memory
    assert load({"memory": "true"}, {"STATOR_DATA": "here"}, tmp_path).memory
    taken_back = load({}, {"STATOR_DATA": "here"}, tmp_path)
    assert (taken_back.memory, taken_back.data) == (False, "here")
    with pytest.raises(SettingError, match="--data and --memory exclude each other"):
        load({"memory": "true", "data": "here"}, {}, tmp_path)
    with pytest.raises(SettingError, match="STATOR_MEMORY must be true or false"):
        load({}, {"STATOR_MEMORY": "perhaps"}, tmp_path)


def test_workers_are_as_many_as_processors_unless_told(tmp_path: Path) -> None:
    assert worker_count(load({"workers": "3"}, {}, tmp_path)) == 3
    assert 1 <= worker_count(load({}, {}, tmp_path)) <= min(os.cpu_count() or 1, WORKERS_MAX)
    assert worker_count(load({"memory": "true"}, {}, tmp_path)) == 1
    # For data on the disk, several may have been asked for further away.
    assert worker_count(load({"memory": "true"}, {"STATOR_WORKERS": "4"}, tmp_path)) == 1


@pytest.mark.parametrize(
    ("quota", "at_most"), [("150000 100000", 1), ("50000 100000", 1), ("max 100000", 64)]
)
def test_a_container_may_have_fewer_processors(tmp_path: Path, quota: str, at_most: int) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert 1 <= processors(tmp_path / "cpu.max") <= max(at_most, 1)
    assert processors(tmp_path / "cpu.max") <= processors(tmp_path / "none")


@pytest.mark.parametrize("variables", [{}, {"STATOR_MEMORY": "true"}])
def test_memory_is_not_shared_by_workers(tmp_path: Path, variables: dict[str, str]) -> None:
    options = {"workers": "2"} | ({} if variables else {"memory": "true"})
    with pytest.raises(SettingError, match="--workers must be 1 if the data is in memory"):
        load(options, variables, tmp_path)
