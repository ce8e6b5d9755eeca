"""The Dockerfiles, parsed: no engine runs where the tests do."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "deploy" / "docker").glob("*.Dockerfile"))
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "ENV", "ENTRYPOINT", "CMD"}


class Instruction(NamedTuple):
    """A word and what it is given."""

    word: str
    text: str


def parse(path: Path) -> list[Instruction]:
    """The instructions of a Dockerfile, its lines joined."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines()]


def last(instructions: list[Instruction], word: str) -> str:
    """What the last instruction of a word is given."""
    return [each.text for each in instructions if each.word == word][-1]


@pytest.fixture(params=DOCKERFILES, ids=lambda path: path.stem)
def dockerfile(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_one_each_for_stator_and_the_services() -> None:
    assert [path.stem for path in DOCKERFILES] == ["services", "stator"]


def test_instructions(dockerfile: Path) -> None:
    instructions = parse(dockerfile)
    assert instructions[0].word == "FROM"
    assert {each.word for each in instructions} <= KNOWN
    for each in instructions:
        if each.word == "FROM":
            assert re.fullmatch(r"python:3\.1[1-9]-slim( AS [a-z]+)?", each.text)
    for word in ("ENTRYPOINT", "CMD"):
        assert all(isinstance(part, str) for part in json.loads(last(instructions, word)))


def test_the_process_is_nobody_s_root(dockerfile: Path) -> None:
    instructions = parse(dockerfile)
    user, group = map(int, last(instructions, "USER").split(":"))
    assert user == group == 10001
    assert any(each.word == "RUN" and f"--uid {user}" in each.text for each in instructions)
    words = [each.word for each in instructions]
    assert words.index("USER") > max(number for number, word in enumerate(words) if word in ("RUN", "COPY"))


def test_what_is_copied_is_there_and_let_through(dockerfile: Path) -> None:
    ignored = dockerfile.with_name(dockerfile.name + ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    copied: set[str] = set()
    for each in parse(dockerfile):
        if each.word == "COPY" and not each.text.startswith("--from"):
            copied |= {source.removeprefix("./") for source in each.text.split()[:-1]}
    assert copied == let_through
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_stator_s_image_has_what_its_package_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    needed |= {
        path.split("/")[0] for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    }
    text = (ROOT / "deploy" / "docker" / "stator.Dockerfile.dockerignore").read_text().splitlines()
    assert needed == {line[1:] for line in text if line.startswith("!")}


def test_the_services_image_installs_the_extra() -> None:
    """Its command, run here, writes the requirements of the extra `services`, and none of Stator's."""
    (install,) = (each.text for each in parse(DOCKERFILES[0]) if "tomllib" in each.text)
    words = shlex.split(install.partition(">")[0])
    assert words[:2] == ["python", "-c"]
    done = subprocess.run(
        [sys.executable, *words[1:]], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert done.stdout.split("\n")[:-1] == extras["services"]
