"""A second opinion by running: only in bubblewrap, with nothing to write, no network, and an end from outside."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from solver.verify import sandbox
from solver.verify.sandbox import NotRun, Ran, second_opinion
from tests.test_code import written
from tirgul.cli import tirgul_command


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A bubblewrap that does what a line of shell says."""

    def made(line: str) -> None:
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return made


def works() -> bool:
    found = shutil.which("bwrap")
    return found is not None and not subprocess.run(
        [found, "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, check=False
    ).returncode


boxed = pytest.mark.skipif(not works(), reason="bubblewrap is not here, or may not make namespaces")


@pytest.mark.parametrize("language, said", [("en", "bubblewrap is missing"), ("he", "bubblewrap חסרה")])
def test_without_bubblewrap_nothing_is_run(language, said, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", None)
    asked = CliRunner().invoke(tirgul_command, ["check", "lenet5", "code", written(), "--run", "--lang", language])
    assert asked.exit_code == 2 and said in asked.output


def test_running_is_for_networks_alone():
    asked = CliRunner().invoke(tirgul_command, ["check", "lenet5", "loop", "x", "--run", "--lang", "en"])
    assert asked.exit_code == 2 and "--run" in asked.output


@pytest.mark.parametrize(
    "line, found",
    [
        ('echo "bwrap: No permissions to create a new namespace" >&2; exit 1', "no_namespaces"),
        ("echo '{\"no_torch\": true}'", "no_torch"),
        ("echo nonsense", "killed"),
        ("echo '[[1]]'", "killed"),
        ("echo '{\"parameters\": \"1\", \"output\": [10]}'", "killed"),
        ("sleep 60", "killed"),
    ],
)
def test_what_comes_out_of_the_box_is_not_trusted(line, found, fake):
    fake(line)
    opinion = second_opinion("", (1,), seconds=1)
    assert isinstance(opinion, NotRun) and opinion.reason == found


def test_the_walls_let_nothing_be_written_and_nothing_of_ours_be_read():
    walls = list(sandbox._walls())
    assert {"--unshare-all", "--die-with-parent", "--new-session", "--clearenv"} <= set(walls)
    assert not {"--bind", "--dev-bind", "--share-net", "--tmpfs"} & set(walls)
    bound = [Path(path) for option, path in pairwise(walls) if option.startswith("--ro-bind")]
    assert not any(Path(__file__).is_relative_to(path) for path in bound)
    assert not any(Path.home() == path for path in bound)


@boxed
def test_torch_agrees_in_the_box():
    pytest.importorskip("torch")
    assert second_opinion(written(), (1, 28, 28), "LeNet5") == Ran(61_706, (10,))


@boxed
def test_nothing_gets_out_of_the_box(tmp_path):
    pytest.importorskip("torch")
    marker = tmp_path / "marker"
    code = (
        "import os, socket, resource\nimport torch.nn as nn\nsaid = []\n"
        f"for what in (lambda: open({str(marker)!r}, 'w'), lambda: open('/tmp/x', 'w'), lambda: os.mkdir('/usr/x'),\n"
        "             lambda: open('/etc/passwd'), lambda: socket.create_connection(('192.0.2.1', 80), 1),\n"
        f"             lambda: open({str(Path(__file__))!r}),\n"
        "             lambda: resource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096))):\n"
        "    try:\n        what()\n        said.append('did it')\n"
        "    except Exception:\n        said.append('no')\n"
        "raise_it = RuntimeError(' '.join(said))\n"
        "class Net(nn.Module):\n    def forward(self, x):\n        raise raise_it\n"
    )
    found = second_opinion(code, (3,), "Net")
    assert found == Ran(raised="RuntimeError: " + " ".join(["no"] * 7))
    assert not marker.exists()
