"""Mathematics: derivations of sizes, counts, fields and moments. Knows no language, no student and no markup.

    >>> import solver
    >>> said = solver.analyze("Conv2d(6, 5) ReLU MaxPool2d(2)", (1, "H", "W"))
    >>> said.output, said.conditions
    (6xfloor((H - 4)/2)xfloor((W - 4)/2), ['H >= 6', 'W >= 6'])
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.analysis import analyze as analyze


def __getattr__(name: str) -> Any:
    """`solver.analyze`, imported when it is asked for."""
    if name == "analyze":
        from solver.analysis import analyze  # `import solver` costs nothing

        return analyze
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
