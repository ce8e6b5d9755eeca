"""Where the tests look for the provider, and what they do if it, or Terraform itself, is not there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness import terraform
from harness.terraform import find_mirror, require_terraform

PROVIDER = "registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws_v5.100.0_x5"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which there is nothing; its one folder."""
    for name in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setattr(terraform, "PACKAGED", (str(tmp_path / "opt"),))
    return tmp_path


def configured(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mirror = machine / "mine"
    text = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    (machine / "rc").write_text(text)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(machine / "rc"))
    return mirror


def cached(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(machine / "cache"))
    return machine / "cache"


def implied(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return machine / "share" / "terraform" / "plugins"


def of_the_user(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return machine / "home" / ".terraform.d" / "plugins"


def packaged(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return machine / "opt" / "terraform" / "providers"


@pytest.mark.parametrize("place", [configured, cached, implied, of_the_user, packaged])
def test_a_provider_is_found(
    bare: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path, pytest.MonkeyPatch], Path]
) -> None:
    mirror = place(bare, monkeypatch)
    assert find_mirror() is None
    (mirror / PROVIDER).mkdir(parents=True)
    assert find_mirror() == mirror


def test_a_configuration_that_is_not_there(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(bare / "absent"))
    assert find_mirror() is None


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_a_provider(
    bare: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    program = bare / "terraform"
    program.touch(mode=0o755)
    monkeypatch.setattr(terraform, "PATH", str(bare))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="provider aws is not"):
        require_terraform()


def test_without_terraform(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform, "PATH", str(bare))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match="terraform is not installed"):
        require_terraform()
