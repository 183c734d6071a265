"""The patterns of `match`: numbers, texts, sequences and names."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from solver.networks.interpreter.records import Records
from solver.networks.interpreter.values import Scopes


class Patterns(Records):
    """Whether a value has the form of a pattern; names in it are given their values."""

    def matches(self, pattern: ast.pattern, value: Any, scopes: Scopes) -> bool:
        """Whether a value has this form."""
        match pattern:
            case ast.MatchValue(wanted):
                return self.truth(self.comparison(ast.Eq(), value, self.value(wanted, scopes)))
            case ast.MatchSingleton(wanted):
                return value is wanted
            case ast.MatchOr(patterns):
                return any(self.matches(each, value, scopes) for each in patterns)
            case ast.MatchAs(inner, name):
                held = inner is None or self.matches(inner, value, scopes)
                if held and name is not None:
                    self.assign(ast.Name(name, ast.Store()), value, scopes)
                return held
            case ast.MatchSequence(patterns):
                return isinstance(value, list | tuple) and self._in_row(patterns, list(value), scopes)
            case ast.MatchClass(kind, [], []):
                return self._isinstance(value, self.value(kind, scopes))
            case _:
                self.refuse(type(pattern).__name__)
        return False

    def _in_row(self, patterns: Sequence[ast.pattern], values: list[Any], scopes: Scopes) -> bool:
        """Whether values have these forms one by one; one starred pattern takes what is left."""
        starred = next((at for at, each in enumerate(patterns) if isinstance(each, ast.MatchStar)), None)
        if starred is not None and len(values) >= len(patterns) - 1:
            behind = len(values) - (len(patterns) - starred - 1)
            rest = patterns[starred]
            if isinstance(rest, ast.MatchStar) and rest.name is not None:
                self.assign(ast.Name(rest.name, ast.Store()), values[starred:behind], scopes)
            patterns = [*patterns[:starred], *patterns[starred + 1 :]]
            values = [*values[:starred], *values[behind:]]
        return len(values) == len(patterns) and all(map(self.matches, patterns, values, [scopes] * len(values)))
