"""Mathematics: derivations of sizes, counts, fields and moments. Knows no language, no student and no markup.

    >>> import solver
    >>> said = solver.analyze("Conv2d(6, 5) ReLU MaxPool2d(2)", (1, "H", "W"))
    >>> said.output, said.conditions
    (6xfloor((H - 4)/2)xfloor((W - 4)/2), ['H >= 6', 'W >= 6'])
    >>> solver.moments.activation_moments("relu").second
    q/2
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver import moments as moments
    from solver import notation as notation
    from solver.analysis import analyze as analyze


def __getattr__(name: str) -> Any:
    """`analyze` and the packages with questions of their own, imported when asked for: `import solver` is free."""
    if name == "analyze":
        from solver.analysis import analyze  # loaded when it is first asked for

        return analyze
    if name in ("moments", "notation"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
