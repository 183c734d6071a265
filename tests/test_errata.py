"""The errata: each has words in both languages, and its check shows what we say; a broken one fails."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from exercises import errata
from exercises.errata import DATA, Erratum, checked, everything, initialisation, missing, tutorial
from exercises.exercise import LANGUAGES, Language
from reports.html.page import document_html
from reports.pages.errata import errata_sheet
from reports.text import text_plain
from solver.layers.composite import Chain
from solver.verify.check import Check
from tirgul import cli

ENTRIES = everything()
SAID_OTHERWISE = ("not-vanishing",)
"""Errata in which one language says in words what the other says in mathematics."""


def test_there_are_enough() -> None:
    assert len(ENTRIES) >= 25
    assert len({erratum.id for erratum in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("erratum", ENTRIES, ids=lambda erratum: erratum.id)
def test_the_check_shows_what_we_say(erratum: Erratum) -> None:
    if lacking := missing(erratum):
        pytest.skip(f"needs {lacking}")
    assert checked(erratum).verdict == "verified"


@pytest.mark.parametrize("erratum", ENTRIES, ids=lambda erratum: erratum.id)
def test_texts_are_in_both_languages(erratum: Erratum) -> None:
    for text in (erratum.where, erratum.says, erratum.right):
        assert text.he.strip() and text.en.strip()
        assert not re.search("[\u05d0-\u05ea]", text.en)
    assert re.search("[\u05d0-\u05ea]", erratum.right.he + erratum.says.he)


@pytest.mark.parametrize("erratum", ENTRIES, ids=lambda erratum: erratum.id)
def test_the_same_is_mathematics_in_both_languages(erratum: Erratum) -> None:
    if erratum.id in SAID_OTHERWISE:
        return
    for text in (erratum.where, erratum.says, erratum.right):
        assert text.he.count("$") == text.en.count("$"), text


def test_a_check_that_fails_refutes_us() -> None:
    assert checked(replace(ENTRIES[0], shown=lambda: False)).verdict == "refuted"


def test_checks_fail_where_things_are_not_as_we_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break what a check looks at, and it no longer holds."""
    by_id = {erratum.id: erratum for erratum in ENTRIES}
    monkeypatch.setattr(tutorial, "PRINTED", "x = 1\n")
    monkeypatch.setattr(tutorial, "OBJECTIVE", "import torch\ntorch.nn\n")
    monkeypatch.setattr(initialisation, "dead", lambda width, layers: 0.46)
    monkeypatch.setattr(tutorial, "lenet", lambda padding: Chain(()))
    for broken in ("code-cut-off", "code-nn", "no-vanishing", "padding-and-32"):
        assert not by_id[broken].shown(), broken


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(errata, "find_spec", lambda name: None)
    monkeypatch.setenv(DATA, str(tmp_path))
    found = {erratum.by: checked(erratum) for erratum in ENTRIES}
    for by in ("torch", "data"):
        assert (found[by].verdict, found[by].because) == ("inconclusive", by)


def command(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What `tirgul verify --errata` prints."""
    assert cli.run(["verify", "--errata", *options]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_lists_them(language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    printed = command(capsys, "--lang", language)
    for erratum in ENTRIES:
        assert text_plain(erratum.right.said(language), language) in printed


def test_the_command_in_data(capsys: pytest.CaptureFixture[str]) -> None:
    entries = json.loads(command(capsys, "--json"))["errata"]
    assert [entry["id"] for entry in entries] == [erratum.id for erratum in ENTRIES]
    assert {entry["verdict"] for entry in entries} <= {"verified", "inconclusive"}
    assert all(entry["where"]["he"] and entry["seconds"] >= 0 for entry in entries)
    assert bool(os.environ.get(DATA)) or any(entry["because"] == "data" for entry in entries)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_has_every_entry_with_its_check(language: Language) -> None:
    entries = [(erratum, Check(erratum.id, erratum.by, "verified")) for erratum in everything()]
    sheet = errata_sheet(entries, language)
    said = document_html([sheet])
    assert said.count('class="part"') == len(entries) >= 25
    with pytest.raises(ValueError, match=entries[0][0].id):
        errata_sheet([(entries[0][0], Check("", "counts", "refuted"))], language)
