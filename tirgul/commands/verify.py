"""Asks the oracles about every step of every key, or about one network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

import click

from exercises.errata import Erratum
from exercises.exercise import LANGUAGES, Instance, Language
from exercises.library import BANK, files, load_file, survey
from reports.lines import Sayer
from reports.pages.errata import entry_lines, errata_checked
from reports.text import text_plain
from reports.words import words
from solver.derivation import Derived
from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.rows import listed
from solver.values import as_formula
from solver.verify.check import Check
from solver.verify.networks import network_checks
from solver.verify.records import every_check, record
from tirgul.language import language_option
from tirgul.networks import analysed, input_option, network_typed, shapes_typed
from tirgul.options import (
    Command,
    Refused,
    document,
    exercises_option,
    instance_of,
    json_option,
    library,
    printable,
    sentence,
)


@final
@frozen(slots=True)
class Row:
    """A step of a key, what it says, and one check of it."""

    part: str
    rule: str
    about: str
    says: str
    check: Check


@click.command("verify", cls=Command)
@click.argument("names", metavar="[EXERCISE…|NETWORK]", nargs=-1)
@input_option
@click.option("--record", "recording", is_flag=True, help="cli.option.record")
@click.option("--errata", is_flag=True, help="cli.option.errata")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="cli.option.seed")
@language_option
@json_option
@exercises_option
def command(
    names: tuple[str, ...],
    given: tuple[str, ...],
    recording: bool,
    errata: bool,
    seed: int,
    lang: Language,
    as_json: bool,
    folders: tuple[Path, ...],
) -> int:
    """Prints a row a claim: method, verdict, seconds; exit code 1 if a claim is refuted or could not be checked."""
    if errata:
        return _errata(lang, as_json)
    if given or any(set(name) & set("(: ") or name.endswith((".py", ".txt")) for name in names):
        return _network(names, given, lang, as_json)
    shelf = library(folders)
    wanted = names or [exercise.id for exercise in survey(shelf.path)[0]]
    try:
        instances = [instance_of(name, shelf, lang) for name in wanted]
    except Refused as refusal:
        raise Refused(refusal.message, sentence("cli.network_verified_with", lang)) from None
    if recording:
        _record(lang)
    rows = [(instance.exercise.id, row) for instance in instances for row in _rows(instance, seed)]
    failed = [row for _, row in rows if row.check.verdict != "verified"]
    if as_json:
        click.echo(document("verify", {"claims": [_data(exercise, row) for exercise, row in rows]}), nl=False)
    else:
        for exercise, row in rows:
            click.echo(_line(exercise, row, lang))
        for reason in dict.fromkeys(row.check.because for _, row in rows if row.check.because):
            click.echo(words(lang).say(f"because.{reason}"))
        click.echo(words(lang).say("cli.verified", verified=len(rows) - len(failed), claims=len(rows)))
    return int(bool(failed))


# --- one network


def _network(names: tuple[str, ...], given: tuple[str, ...], language: Language, as_json: bool) -> int:
    """A row a claim about one network."""
    shapes = shapes_typed(given, language)
    if len(names) != 1:
        raise Refused(sentence("cli.one_network", language, words=printable(" ".join(names[1:]))))
    if any(not isinstance(size, int) for shape in shapes for size in shape):
        raise Refused(sentence("cli.needs_numbers", language))
    network = network_typed(names[0], language)
    said = analysed(network, shapes, language)
    with redirect_stdout(sys.stderr):
        found = list(network_checks(network, said))
    failed = [check for check in found if check.verdict != "verified"]
    if as_json:
        claims = [{"claim": check.claim, **_check_data(check)} for check in found]
        data = {"network": said.name, "input": listed(said.input), "claims": claims}
        click.echo(document("verify", data), nl=False)
        return int(bool(failed))
    for check in found:
        click.echo(printable(f"{_claimed(check, language)}  {_said(check, language)}"))
        if check.verdict == "refuted" and check.value is not None:
            click.echo(f"    {sentence('cli.oracle_says', language, value=plain(as_formula(check.value)))}")
    if not find_spec("torch"):
        click.echo(sentence("cli.no_torch", language))
    click.echo(sentence("cli.verified", language, verified=len(found) - len(failed), claims=len(found)))
    return int(bool(failed))


# --- where the chapters are wrong


def _errata(language: Language, as_json: bool) -> int:
    """Prints each place, what is said there and what is right, with the check that shows it, run now."""
    entries = errata_checked()
    if as_json:
        click.echo(document("verify", {"errata": [_erratum(*entry) for entry in entries]}), nl=False)
    else:
        say = Sayer(words(language))
        for number, (erratum, check) in enumerate(entries, start=1):
            seconds = "" if check.because else f", {check.seconds:.3f} s"
            click.echo("\n   ".join(entry_lines(number, erratum, check, say)) + seconds)
        shown = sum(check.verdict == "verified" for _, check in entries)
        click.echo(say("cli.errata", shown=shown, entries=len(entries)))
    return int(any(check.verdict == "refuted" for _, check in entries))


def _erratum(erratum: Erratum, check: Check) -> dict[str, Any]:
    texts = {"where": erratum.where, "says": erratum.says, "right": erratum.right}
    return {
        "id": erratum.id,
        **{name: {lang: text_plain(text.said(lang), lang) for lang in LANGUAGES} for name, text in texts.items()},
        "method": check.method,
        "verdict": check.verdict,
        "because": check.because,
        "seconds": round(check.seconds, 6),
    }


# --- claims


def _rows(instance: Instance, seed: int) -> Iterator[Row]:
    """Every step once, where it is first used; torch is asked where it is installed."""
    seen: set[int] = set()
    noted = {f"note.{name}": note for name, note in instance.exercise.notes().items() if isinstance(note, Derived)}
    for part, key in {**instance.keys, **noted}.items():
        for node, said in every_check(key, live=True, seed=seed):
            if id(node) not in seen:
                seen.add(id(node))
                says = plain(as_formula(node.result))
                yield from (Row(part, node.rule.name, node.about, says, check) for check in said)
                yield from _inside(part, node)


def _inside(part: str, node: Derived) -> Iterator[Row]:
    """The steps that a lemma opens into."""
    if node.rule.opens is not None:
        from solver.verify.law_checks import inner_checks  # SymPy, which a law of moments has loaded

        for step, check in inner_checks(node):
            yield Row(part, step.rule.name, node.rule.name, plain(as_formula(step.result)), check)


def _record(language: Language) -> None:
    """Keeps what torch agrees with, of all of the bank."""
    if not find_spec("torch"):
        raise Refused(sentence("cli.no_torch", language))
    record(key for file in files(BANK) for key in load_file(file).canonical().keys.values())


def _line(exercise: str, row: Row, language: Language) -> str:
    say, check = words(language).say, row.check
    rule = say(f"rule.{row.rule}") if f"rule.{row.rule}" in words(language) else row.rule
    about = f" [{row.about}]" if row.about else ""
    if check.planted:
        claim = plain(formula(check.claim))
        return f"{exercise}/{row.part}  {claim}  {_sampled(check, language)}"
    return f"{exercise}/{row.part}  {rule}{about} = {row.says}  {_said(check, language)}"


def _claimed(check: Check, language: Language) -> str:
    """A claim about a network, in words."""
    key, *named = check.words
    values = dict(zip(("first", "second", "third", "fourth"), named, strict=False))
    return sentence(f"claim.{key}", language, **values)


def _said(check: Check, language: Language) -> str:
    """The verdict, the method and how long it took."""
    say = words(language).say
    method = say(f"method.{check.method}") + (f" ({check.scope})" if check.scope else "")
    return f"{say(f'check.{check.verdict}')}: {method}, {check.seconds:.3f} s"


def _sampled(check: Check, language: Language) -> str:
    """What samples say: the verdict, how they were drawn, how many, p or e, and what became of the planted error."""
    say = words(language).say
    verdict = say("sample.inconclusive" if check.verdict == "inconclusive" else f"check.{check.verdict}")
    drawn = f"{say(f'method.{check.method}')}, {say(f'setting.{check.setting}')}"
    counts = [f"N = {check.samples:,}", f"{check.measure} = {check.evidence:.2g}"]
    if check.skipped:
        counts.append(say("sample.skipped", n=f"{check.skipped:,}"))
    planted = say(f"sample.planted_{check.planted}")
    return f"{verdict}: {drawn} ({', '.join(counts)}; {planted}), {check.seconds:.3f} s"


def _data(exercise: str, row: Row) -> dict[str, Any]:
    """A row of a claim; of samples the value is their p or e-value."""
    check = row.check
    samples = {
        "setting": check.setting,
        "samples": check.samples,
        "skipped": check.skipped,
        "measure": check.measure,
        "planted": check.planted,
    }
    return {
        "exercise": exercise,
        "part": row.part,
        "rule": row.rule,
        "about": row.about,
        "claim": check.claim if check.planted else row.says,
        **_check_data(check),
        "value": check.evidence if check.planted else row.says,
        **(samples if check.planted else {}),
    }


def _check_data(check: Check) -> dict[str, Any]:
    said = {} if check.value is None else {"oracle": _plain(check.value)}
    return {
        "method": check.method,
        "verdict": check.verdict,
        **said,
        "scope": check.scope,
        "because": check.because,
        "seconds": round(check.seconds, 6),
    }


def _plain(value: Any) -> Any:
    """What an oracle said, as data."""
    if isinstance(value, tuple):
        return list(map(_plain, value))
    return value if isinstance(value, int) else str(value)
