"""What every test has: hypothesis with no deadline and, under CI, no chance; shared data; commands, run in English."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tirgul import cli

settings.register_profile("tirgul", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("tirgul")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of data too big for the repository (hostile answers, MNIST), named by TIRGUL_DATA."""
    named = os.environ.get("TIRGUL_DATA")
    if not named:
        pytest.skip("TIRGUL_DATA does not name the folder of shared data")
    folder = Path(named)
    assert folder.is_dir(), f"TIRGUL_DATA names {folder}, which is not a folder"
    return folder


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """No language and no exercises but those that a test names."""
    for name in ("TIRGUL_LANG", "TIRGUL_EXERCISES", "TIRGUL_DEBUG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The exit code and the outputs of a command that is typed with blanks between its words."""

    def typed(*arguments: object) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return typed
