"""Runs the practical: trains LeNet-5 on MNIST, compares step sizes, and reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exercises.exercise import Language
from exercises.practical.record import RECORD, Result
from reports.formats import files
from reports.pages.practical import practical_report
from reports.words import words
from tirgul.files import write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import Command, Refused, document, json_option, printable, sentence, writing

if TYPE_CHECKING:
    from exercises.practical.lenet5 import Report
    from exercises.practical.mnist import Mnist

NAMES = ("lenet5",)
NO_DATA = {
    "missing": "cli.no_data.missing",
    "changed": "cli.no_data.changed",
    "unreadable": "cli.no_data.unreadable",
    "no_network": "cli.no_data.no_network",
}
"""What is said where the data are not at hand, by the reason."""
CACHE = Path.home() / ".cache" / "tirgul" / "mnist"


@click.command("practical", cls=Command)
@click.argument("name", type=click.Choice(NAMES), default=NAMES[0])
@click.option("--data", "folder", type=click.Path(path_type=Path), metavar="DIR", help="cli.option.data")
@click.option("--small", is_flag=True, help="cli.option.small")
@click.option("--epochs", type=click.IntRange(1, 200), default=20, help="cli.option.epochs")
@click.option("--eta", type=click.FloatRange(0, 10, min_open=True), default=0.3, help="cli.option.eta")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, help="cli.option.train_seed")
@click.option("--device", type=click.Choice(("cpu", "cuda", "mps")), default=None, help="cli.option.device")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("practical"), metavar="DIR",
              help="cli.option.practical_out")  # fmt: skip
@click.option("--record", "recording", is_flag=True, help="cli.option.record_run")
@languages_option
@json_option
def command(
    name: str, folder: Path | None, small: bool, epochs: int, eta: float, seed: int, device: str | None, out: Path,
    recording: bool, lang: str, as_json: bool,
) -> int:  # fmt: skip
    """Trains, tests and reports; a run that was interrupted goes on where it stood."""
    language = spoken(lang)
    if not find_spec("torch"):
        raise Refused(sentence("cli.no_torch", language))
    from exercises.practical.lenet5 import practical  # torch, which takes a second to load
    from exercises.practical.training import devices

    if device not in (None, *devices()):
        raise Refused(sentence("cli.no_device", language, device=device, there=", ".join(devices())))
    data = _data(folder, small, language)
    with writing(out, language), _progress(as_json) as report:
        result = practical(data, eta=eta, epochs=epochs, seed=seed, device=device or devices()[0],
                           saved=out / "runs" / f"{data.source}-{seed}", report=report)  # fmt: skip
        files = _written(result, out, languages_of(lang))
        if recording:
            write(RECORD, result.to_json().encode())
    if as_json:
        click.echo(document("practical", {"files": files, **_summary(result)}), nl=False)
    else:
        _tell(result, out, language)
    return 0


def _data(folder: Path | None, small: bool, language: Language) -> Mnist:
    """MNIST, or its bundled part; refuses where there is none, and says what to do."""
    from exercises.practical.mnist import NoData, bundled, load  # torch, as above

    if small:
        return bundled()
    try:
        return load(folder, cache=CACHE)
    except NoData as missing:
        where = printable(missing.where)
        raise Refused(sentence(NO_DATA[missing.reason], language, file=missing.name, where=where)) from None
    except (OSError, ValueError) as problem:
        said = {"file": type(problem).__name__, "where": printable(str(folder or ""))}
        raise Refused(sentence(NO_DATA["unreadable"], language, **said)) from None


@contextmanager
def _progress(quiet: bool) -> Iterator[Report | None]:
    """Bars on the standard error, one a run; none where a program reads."""
    if quiet:
        yield None
        return
    from rich.console import Console  # only where somebody looks
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[cost]}"))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars: dict[str, Any] = {}

        def report(name: str, step: int, steps: int, cost: float) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=steps, cost="")
            progress.update(bars[name], completed=step, cost=f"{cost:.4f}")

        yield report


def _written(result: Result, out: Path, languages: Sequence[Language]) -> list[str]:
    """Writes what was found and the report, and gives the files' names."""
    documents = [practical_report(result, language) for language in languages]
    found = {"result.json": result.to_json().encode(), **dict(files("report", documents, ("html", "pdf")))}
    for name, data in found.items():
        write(out / name, data)
    return list(found)


def _summary(result: Result) -> dict[str, Any]:
    """The figures that say how it went."""
    return {
        "test_error": result.last.error,
        "test_cost": result.last.cost,
        "early_stopping": {"step": result.main.best, "test_error": result.early.error, "test_cost": result.early.cost},
        "sweep": [{"eta": line.eta, "validation": line.validation[-1]} for line in result.sweep],
        "made": dict(result.made),
        "hash": result.fingerprint,
    }


def _tell(result: Result, out: Path, language: Language) -> None:
    made = result.made
    sets = {name: made[name] for name in ("train", "validation", "test")}
    click.echo(sentence("practical.data", language, **sets))
    for line in result.sweep:
        cost = "–" if line.validation[-1] is None else f"{line.validation[-1]:.4f}"
        click.echo(words(language).say_count("practical.swept", made["swept"], eta=f"{line.eta:g}", cost=cost))
    last, early = result.last, result.early
    said = {"error": f"{last.error:.4f}", "cost": f"{last.cost:.4f}"}
    click.echo(words(language).say_count("practical.last", made["epochs"], **said))
    said = {"error": f"{early.error:.4f}", "cost": f"{early.cost:.4f}"}
    click.echo(sentence("practical.early", language, step=result.main.best, **said))
    click.echo(sentence("practical.written", language, path=printable(str(out))))
