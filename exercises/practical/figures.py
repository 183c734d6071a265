"""What the practical found as figures: curves, confusion, predictions, kernels."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from exercises.exercise import Text
from exercises.exhibit import HeatMap, Image, ImageGrid, LineChart, Mark, Panels, Series
from exercises.practical.record import Line, Result

Chart = TypeVar("Chart", Panels, LineChart)

COLUMNS: Final = 5
INK: Final = (0.0, 255.0)
DIGITS: Final = tuple(Text(he=str(digit), en=str(digit)) for digit in range(10))
STEP, COST = Text(he="צעד", en="step"), Text(he="מחיר", en="cost")


def sweep(result: Result) -> Panels:
    """The curves of each step size, all on one scale."""
    costs = [cost for one in result.sweep for cost in (*one.train, *one.validation) if cost is not None and cost > 0]
    ends = min(costs), max(costs)
    charts = tuple(_chart(one, Text(he=f"η = {one.eta:g}", en=f"η = {one.eta:g}"), ends) for one in result.sweep)
    lasts = [(one.eta, one.validation[-1]) for one in result.sweep]
    said = ", ".join(f"η = {eta:g}: {'—' if cost is None else f'{cost:.3g}'}" for eta, cost in lasts)
    return Panels(
        title=Text(he="ארבעה גודלי צעד", en="Four step sizes"),
        description=Text(
            he=f"עקומות האימון והאימות של כל גודל צעד, בסולם לוגריתמי. המחיר האחרון באימות: {said}.",
            en="Training and validation curves of each step size on a logarithmic scale. "
            f"Last validation cost: {said}.",
        ),
        charts=charts,
        name="step-sizes",
    )


def curves(result: Result) -> LineChart:
    """The curves of the training."""
    main = result.main
    title = Text(he=f"האימון ב־η = {main.eta:g}", en=f"The training at η = {main.eta:g}")
    description = Text(
        he="עקומות האימון והאימות לפי צעד, בסולם לוגריתמי.",
        en="Training and validation cost by step on a logarithmic scale.",
    )
    return LineChart(title, description, STEP, COST, _series(main), logarithmic=True)


def training(result: Result) -> LineChart:
    """The same with the smallest validation cost marked."""
    main = result.main
    at = main.steps.index(main.best)
    least = main.validation[at] or 0.0
    description = Text(
        he=f"עקומות האימון והאימות לפי צעד, בסולם לוגריתמי. המחיר הקטן ביותר באימות הוא {least:.3g}, בצעד {main.best}.",
        en=f"Training and validation cost by step on a logarithmic scale. "
        f"The smallest validation cost is {least:.3g}, at step {main.best}.",
    )
    name = Text(he=f"מינימום האימות, צעד {main.best}", en=f"smallest validation cost, step {main.best}")
    return replace(curves(result), description=description, marks=(Mark(name, main.best),), name="training")


def with_record(figure: Chart, result: Result) -> Chart:
    """A figure that a key is read from, with the record of its run under it: seed, versions, hash."""
    made, title = result.made, figure.title
    run = f"{made['seed']}, torch {made['torch']}, {made['data']}"
    he = f"{title.he} (זרע {run}, גיבוב {result.fingerprint})"
    return replace(figure, title=Text(he=he, en=f"{title.en} (seed {run}, hash {result.fingerprint})"))


def _chart(one: Line, title: Text, ends: tuple[float, float]) -> LineChart:
    return LineChart(title, title, STEP, COST, _series(one), logarithmic=True, within=ends)


def _series(one: Line) -> tuple[Series, Series]:
    return (
        Series(Text(he="אימון", en="training"), one.train, one.steps),
        Series(Text(he="אימות", en="validation"), one.validation, one.steps),
    )


def confusion(result: Result) -> HeatMap:
    """How many images of each digit were read as which."""
    right = sum(row[digit] for digit, row in enumerate(result.confusion))
    many = sum(map(sum, result.confusion))
    return HeatMap(
        title=Text(he="מטריצת הבלבול של המבחן", en="The confusion matrix of the test"),
        description=Text(
            he=f"שורה לכל ספרה ועמודה לכל חיזוי. {right} מתוך {many} התמונות על האלכסון.",
            en=f"A row for each digit and a column for each prediction. {right} of {many} images are on the diagonal.",
        ),
        across=Text(he="חיזוי", en="prediction"),
        down=Text(he="תווית", en="label"),
        columns=DIGITS,
        rows=DIGITS,
        values=result.confusion,
        sparse=True,
        logarithmic=True,
        name="confusion",
    )


def predictions(result: Result) -> ImageGrid:
    """The first images of the test, each with what was said of it; a mistake in a frame."""
    images = tuple(
        Image(pixels, Text(he=f"חיזוי {said} ({label})", en=f"read as {said} ({label})"), marked=said != label)
        for pixels, (label, said) in zip(result.pixels, result.shown, strict=True)
    )
    wrong = sum(image.marked for image in images)
    return ImageGrid(
        Text(
            he="חיזויים על תמונות המבחן הראשונות, והתווית בסוגריים",
            en="Predictions on the first test images, label in brackets",
        ),
        Text(
            he=f"{len(images)} התמונות הראשונות במבחן. מספר הטעויות: {wrong}. תמונה שסווגה בטעות ממוסגרת.",
            en=f"The first {len(images)} images of the test. Mistakes: {wrong}. A mistaken one has a frame.",
        ),
        images,
        COLUMNS,
        *INK,
        name="predictions",
    )


def samples(result: Result) -> ImageGrid:
    """Images of MNIST, with their labels."""
    images = tuple(
        Image(pixels, Text(he=str(label), en=str(label)))
        for pixels, (label, _) in zip(result.pixels[: 2 * COLUMNS], result.shown, strict=False)
    )
    labels = ", ".join(image.caption.en for image in images if image.caption)
    return ImageGrid(
        Text(he="תמונות מ־MNIST", en="Images of MNIST"),
        Text(he=f"תמונות בגודל 28×28 של ספרות בכתב יד: {labels}.", en=f"28×28 images of handwritten digits: {labels}."),
        images,
        COLUMNS,
        *INK,
        name="mnist",
    )


def filters(result: Result) -> ImageGrid:
    """The kernels of C1, darker where weights are larger."""
    images = tuple(
        Image(kernel, Text(he=f"גרעין {number}", en=f"kernel {number}"))
        for number, kernel in enumerate(result.filters, 1)
    )
    return ImageGrid(
        Text(he="הגרעינים של C1 אחרי האימון", en="The kernels of C1 after the training"),
        Text(
            he=f"מספר הגרעינים: {len(images)}, כל אחד בגודל 5×5. משקולת גדולה כהה יותר.",
            en=f"{len(images)} kernels of size 5×5. A larger weight is darker.",
        ),
        images,
        len(images),
        name="kernels",
    )
