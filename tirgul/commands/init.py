"""Says how signals and gradients grow in a network, layer by layer, and what to draw its weights with."""

from __future__ import annotations

import click

from exercises.exercise import Language
from solver.moments import SCHEMES
from tirgul.language import language_option
from tirgul.networks import fitting, network_typed, shape_typed
from tirgul.options import Command, Refused, document, json_option

CHOICES = click.Choice(["recommended", *SCHEMES])


@click.command("init", cls=Command)
@click.argument("network")
@click.option("--input", "given", metavar="C,H,W", required=True, help="cli.option.input")
@click.option("--weights", type=CHOICES, default="recommended", help="cli.option.weights")
@language_option
@json_option
def command(network: str, given: str, weights: str, lang: Language, as_json: bool) -> None:
    """Prints a row a layer: gains, fans, the variance that keeps the signal at its size, and torch's default."""
    from tirgul.initialisation import NoMoments, Report, reason  # loads SymPy, which --help does without

    shape = shape_typed(given, lang)
    try:
        with fitting(lang):
            report = Report.of(network_typed(network, lang), shape, weights)
    except NoMoments as none:
        raise Refused(reason(none, lang)) from None
    click.echo(document("init", report.data(lang)), nl=False) if as_json else click.echo("\n".join(report.lines(lang)))
