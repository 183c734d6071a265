"""The laws of expectation and variance: each rewrites an expression, rests on declared assumptions, and has its slips.

    rewrite(expression, facts)   the rewritten expression; the same where there is nothing to rewrite

A law is a rule whose premises are an expression and facts. It rewrites wherever it can, so that it also carries on from
what a slip left behind. Lemmas, which students read as one step, open into the smaller laws that prove them.

    X, Y  products of random variables      w_i, x_i  members of families      c  not random
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from sympy import Abs, Add, Indexed, Integer, Mul, Pow, Rational, S, Sum, Symbol, expand, sqrt, tanh

from solver.derivation import Conclusion, Derivation, DoesNotFit, Rule
from solver.moments.assumptions import Expr, Facts, Symmetric, assume, families
from solver.moments.derive import chain, given
from solver.symbols import Cov, E, Var, Variable, relu, sigmoid
from solver.values import Value

Rewrite: TypeAlias = Callable[[Expr, Facts], Expr]

ROSS: Final = "Ross, A First Course in Probability, chapters 4 and 7"
GLOROT: Final = "Glorot and Bengio 2010, section 4.2.1"
HE: Final = "He et al. 2015, section 2.2"
ONE: Final = Integer(1)


def rewriting(
    name: str,
    rewrite: Rewrite,
    *,
    assumes: tuple[str, ...] = (),
    source: str = ROSS,
    lemma: Callable[[], tuple[Rule, ...]] | None = None,
    **slips: Rewrite,
) -> Rule:
    """A law: its premises are an expression and facts of the kinds it assumes; `lemma` gives the laws that prove it."""

    def made(named: str, said: Rewrite, **more: Any) -> Rule:
        return Rule(named, law=_conclusion(named, said), source=source, assumes=assumes, **more)

    def opens(premises: Mapping[str, Value]) -> Derivation:
        facts = assume(*Facts.among(premises.values()))
        return chain(given(_expression(name, premises)), lemma() if lemma else (), facts)

    wrong = {slip: made(slip, said) for slip, said in slips.items()}
    return made(name, rewrite, slips=wrong, opens=opens if lemma else None)


def _conclusion(name: str, rewrite: Rewrite) -> Conclusion:
    remembered = lru_cache(maxsize=2048)(rewrite)

    def conclude(premises: Mapping[str, Value]) -> Value:
        return cast("Value", remembered(_expression(name, premises), Facts.among(premises.values())))

    return conclude


def _expression(name: str, premises: Mapping[str, Value]) -> Expr:
    if "expression" not in premises:
        raise DoesNotFit(name, premises)
    return premises["expression"]


# --- parts of expressions


def is_random(expr: Expr) -> bool:
    """Whether an expression varies with chance: a random variable stands in it outside E, Var and Cov."""
    if isinstance(expr, E | Var | Cov):
        return False
    return isinstance(expr, Indexed | Variable) or any(map(is_random, expr.args))


def split(expr: Expr) -> tuple[Expr, Expr]:
    """c and X of c X."""
    factors = Mul.make_args(expr)
    random = [factor for factor in factors if is_random(factor)]
    return Mul(*(factor for factor in factors if not is_random(factor))), Mul(*random)


def summed(body: Expr, *limits: Any) -> Expr:
    """The sum of a body, 0 if the body is; what does not change with the index stands before it."""
    if body == 0:
        return S.Zero
    variable = limits[0][0]
    outer = [factor for factor in Mul.make_args(body) if not factor.has(variable) and factor.is_number]
    inner = Mul(*(factor for factor in Mul.make_args(body) if factor not in outer))
    return Mul(*outer) * Sum(inner, *limits)


def tidy(expr: Expr) -> Expr:
    """Sums of 0 are 0."""
    return expr.replace(Sum, summed) if expr.has(Sum) else expr


def at(body: Expr, index: Symbol, value: Expr) -> Expr:
    """A body with a value for its index."""
    return body.xreplace({index: value})


def together(groups: Iterable[Expr], apart: Callable[[Expr, Expr], bool]) -> list[Expr]:
    """Products of the factors that are not apart."""
    found: list[list[Expr]] = []
    for factor in groups:
        near = [group for group in found if not all(apart(factor, other) for other in group)]
        found = [group for group in found if group not in near] + [[factor, *(one for group in near for one in group)]]
    return [Mul(*group) for group in found]


def index_sum(expr: Expr) -> tuple[Expr, Symbol, Expr] | None:
    """Body, index and last index of a sum that begins at 1."""
    if isinstance(expr, Sum) and len(expr.limits) == 1 and expr.limits[0][1] == 1:
        return expr.function, expr.limits[0][0], expr.limits[0][2]
    return None


# --- what a name is short for


def _defined(expr: Expr, facts: Facts) -> Expr:
    """v -> w_1 x_1 + … + w_n x_n, x_i -> f(y_i)"""
    for left, right in facts.definitions().items():
        members = [one for one in expr.atoms(Indexed) if isinstance(left, Indexed) and one.base == left.base]
        expr = expr.xreplace({left: right} if not members else {one: _member(one, left, right) for one in members})
    return expr


def _member(one: Expr, left: Expr, right: Expr) -> Expr:
    """What x_1 is, where x_i is known."""
    return right.xreplace(dict(zip(left.indices, one.indices, strict=True)))


DEFINED: Final = rewriting("moments.definition", _defined, assumes=("definition",), source="")


# --- expectation


def _linear(expr: Expr, facts: Facts) -> Expr:
    """E[c X + Y] -> c E[X] + E[Y], and sums go out"""
    return tidy(expr.replace(E, mean))


def mean(body: Expr) -> Expr:
    """E[body], constants and sums before it."""
    if not is_random(body):
        return body
    if isinstance(body, Add):
        return Add(*map(mean, body.args))
    if isinstance(body, Sum):
        return summed(mean(body.function), *body.limits)
    constant, rest = split(body)
    if constant != 1 and rest != 1:
        return constant * mean(rest)
    expanded = expand(body)
    return mean(expanded) if isinstance(expanded, Add) else E(body)


LINEAR: Final = rewriting("moments.linearity", _linear)


def _factorised(expr: Expr, facts: Facts) -> Expr:
    """E[X Y] -> E[X] E[Y], X and Y independent"""

    def apart(one: Expr, other: Expr) -> bool:
        return facts.independent(families(one), families(other))

    def each(body: Expr) -> Expr:
        if not isinstance(body, Mul):
            return E(body)
        return Mul(*map(E, together(body.args, apart)))

    return expr.replace(E, each)


INDEPENDENCE: Final = rewriting("moments.independence", _factorised, assumes=("independent",))


def _separated(expr: Expr, facts: Facts) -> Expr:
    """E[w_i w_j] -> E[w_i] E[w_j], i != j and the w uncorrelated"""

    def each(body: Expr, distinct: frozenset[tuple[Expr, Expr]]) -> Expr:
        match body:
            case Mul(args=(Indexed() as one, Indexed() as other)) if one.base == other.base:
                pair = (one.indices[0], other.indices[0])
                if (pair in distinct or _differ(*pair)) and facts.uncorrelated(str(one.base.label)):
                    return E(one) * E(other)
        return E(body)

    def inside(body: Expr, *limits: Any) -> Expr:
        pairs = [(limit[0], low) for limit in limits for low in [limit[1] - 1] if low.is_Symbol]
        distinct = frozenset([*pairs, *(pair[::-1] for pair in pairs)])
        return summed(body.replace(E, lambda arg: each(arg, distinct)), *limits)

    outside = expr.replace(E, lambda arg: each(arg, frozenset()))
    return outside.replace(Sum, inside)


def _differ(first: Expr, second: Expr) -> bool:
    return bool(first.is_number and second.is_number and first != second)


UNCORRELATED: Final = rewriting("moments.uncorrelated", _separated, assumes=("uncorrelated",))


def _centred(expr: Expr, facts: Facts) -> Expr:
    """E[w_i] -> 0"""
    zero = {one: S.Zero for one in expr.atoms(E) if _is_atom(one.args[0]) and facts.centred(*families(one.args[0]))}
    return tidy(expr.xreplace(zero))


def _is_atom(expr: Expr) -> bool:
    return isinstance(expr, Indexed | Variable)


CENTRED: Final = rewriting("moments.centred", _centred, assumes=("symmetric", "centred"))


def _odd(expr: Expr, facts: Facts) -> Expr:
    """E[w_i^k] -> 0, k odd and the law of w symmetric"""

    def each(body: Expr) -> Expr:
        base, exponent = body.as_base_exp()
        odd = exponent.is_odd and exponent.is_positive
        return S.Zero if _is_atom(base) and odd and facts.symmetric(*families(base)) else E(body)

    return tidy(expr.replace(E, each))


ODD_MOMENT: Final = rewriting("moments.odd_moment", _odd, assumes=("symmetric",))


# --- variance


def _by_definition(expr: Expr, facts: Facts) -> Expr:
    """Var(X) -> E[X^2] - E[X]^2, Cov(X, Y) -> E[X Y] - E[X] E[Y]"""
    apart = expr.replace(Cov, lambda one, other: E(one * other) - E(one) * E(other))
    return apart.replace(Var, lambda body: E(body**2) - E(body) ** 2)


def _square_alone(expr: Expr, facts: Facts) -> Expr:
    """Var(X) -> E[X^2]"""
    return expr.replace(Var, lambda body: E(body**2))


def _scaled(expr: Expr, facts: Facts) -> Expr:
    """Var(c X) -> c^2 Var(X)"""
    return _pulled(expr, 2)


def _scaled_once(expr: Expr, facts: Facts) -> Expr:
    """Var(c X) -> c Var(X)"""
    return _pulled(expr, 1)


def _pulled(expr: Expr, power: int) -> Expr:
    def each(body: Expr) -> Expr:
        constant, rest = split(body)
        return constant**power * Var(rest) if is_random(rest) else S.Zero

    return expr.replace(Var, each)


SCALED: Final = rewriting("moments.scaled", _scaled, factor_not_squared=_scaled_once)


def _second_split(expr: Expr, facts: Facts) -> Expr:
    """E[X^2] -> Var(X) + E[X]^2"""

    def each(body: Expr) -> Expr:
        base, exponent = body.as_base_exp()
        return Var(base) + E(base) ** 2 if exponent == 2 else E(body)

    return expr.replace(E, each)


def _second_is_variance(expr: Expr, facts: Facts) -> Expr:
    """E[X^2] -> Var(X)"""
    return expr.replace(E, lambda body: Var(body.args[0]) if _is_square(body) else E(body))


def _is_square(body: Expr) -> bool:
    return isinstance(body, Pow) and body.exp == 2


SECOND_SPLIT: Final = rewriting("moments.second_split", _second_split, mean_forgotten=_second_is_variance)


def _expanded(expr: Expr, facts: Facts) -> Expr:
    """(a + b) c -> a c + b c, inside the sums where there are sums"""
    return expr.replace(Sum, lambda body, *limits: Sum(expand(body), *limits)) if expr.has(Sum) else expand(expr)


EXPANDED: Final = rewriting("moments.expanded", _expanded, source="")


def _folded(instead: Callable[[Expr], Expr]) -> Rewrite:
    """A Var(X) + A E[X]^2 -> A instead(X)"""

    def folded(expr: Expr, facts: Facts) -> Expr:
        return expr.replace(lambda one: isinstance(one, Add), each)

    def each(total: Expr) -> Expr:
        terms = list(total.args)
        for variance in sorted(total.atoms(Var), key=str):
            body = variance.args[0]
            for term in list(terms):
                rest, left = term / variance, None
                if term in terms and not rest.has(variance):
                    left = rest * E(body) ** 2
                if left in terms:
                    terms.remove(term)
                    terms.remove(left)
                    terms.append(rest * instead(body))
        return Add(*terms)

    return folded


SECOND: Final = rewriting(
    "moments.second_moment",
    _folded(lambda body: E(body**2)),
    square_of_mean=_folded(lambda body: E(body) ** 2),
    mean_forgotten=_folded(Var),
)


# --- variance of products and sums


def _multiplied(expr: Expr, facts: Facts) -> Expr:
    """Var(X Y) -> Var(X) Var(Y)"""
    return expr.replace(Var, lambda body: Mul(*map(Var, Mul.make_args(body))))


VARIANCE: Final = rewriting(
    "moments.variance", _by_definition, mean_not_subtracted=_square_alone, variances_multiplied=_multiplied
)


def _of_product(law: Callable[[Expr, Expr], Expr]) -> Rewrite:
    """Var(X Y) -> law(X, Y), X and Y independent"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def apart(one: Expr, other: Expr) -> bool:
            return facts.independent(families(one), families(other))

        def each(body: Expr) -> Expr:
            if not isinstance(body, Mul):
                return Var(body)
            first, *rest = sorted(together(body.args, apart), key=str)
            return law(first, Mul(*rest)) if rest else Var(body)

        return expr.replace(Var, each)

    return rewrite


def _product_variance(one: Expr, other: Expr) -> Expr:
    return E(one) ** 2 * Var(other) + E(other) ** 2 * Var(one) + Var(one) * Var(other)


PRODUCT: Final = rewriting(
    "moments.product_variance",
    _of_product(_product_variance),
    assumes=("independent",),
    lemma=lambda: (VARIANCE, INDEPENDENCE, SECOND_SPLIT, EXPANDED),
    variances_multiplied=_of_product(lambda one, other: Var(one) * Var(other)),
)


def _spread(expr: Expr, facts: Facts) -> Expr:
    """Var(sum of X_i) -> sum of Var(X_i) + 2 sum over i < j of Cov(X_i, X_j)"""
    return expr.replace(Var, lambda body: _spread_of(body) if index_sum(body) else Var(body))


def _spread_of(total: Expr) -> Expr:
    body, i, n = cast("tuple[Expr, Symbol, Expr]", index_sum(total))
    j = next(
        letter for letter in (Symbol(name, integer=True) for name in "jklm") if not body.has(letter) and letter != i
    )
    mixed = Sum(Cov(body, at(body, i, j)), (j, i + 1, n), (i, 1, n))
    return Sum(Var(body), (i, 1, n)) + 2 * mixed


SPREAD: Final = rewriting("moments.sum_spread", _spread)


def _covariance(expr: Expr, facts: Facts) -> Expr:
    """Cov(X, Y) -> E[X Y] - E[X] E[Y]"""
    return expr.replace(Cov, lambda one, other: E(one * other) - E(one) * E(other))


COVARIANCE: Final = rewriting("moments.covariance", _covariance)


def _of_sum(law: Callable[[Expr, Any], Expr]) -> Rewrite:
    """Var(sum of X_i) -> law(X_i), the X_i uncorrelated"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(total: Expr) -> Expr:
            found = index_sum(total)
            if found is None or not _uncorrelated_terms(found[0], found[1], facts):
                return Var(total)
            return law(found[0], total.limits[0])

        return expr.replace(Var, each)

    return rewrite


def _uncorrelated_terms(body: Expr, index: Symbol, facts: Facts) -> bool:
    """Whether the terms of a sum are uncorrelated: w_i, or w_i x_i with w centred and independent of x."""
    names = families(body)
    factors = [one for one in Mul.make_args(body) if isinstance(one, Indexed) and one.indices == (index,)]
    single = {str(one.base.label) for one in factors}
    return any(
        facts.uncorrelated(name) and (len(names) == 1 or (facts.centred(name) and facts.independent([name], others)))
        for name in sorted(single)
        for others in [[other for other in names if other != name]]
    )


SUM: Final = rewriting(
    "moments.sum_variance",
    _of_sum(lambda body, limit: Sum(Var(body), limit)),
    assumes=("symmetric", "centred", "uncorrelated", "independent"),
    lemma=lambda: (SPREAD, COVARIANCE, INDEPENDENCE, UNCORRELATED, CENTRED),
    deviations_added=_of_sum(lambda body, limit: Sum(sqrt(Var(body)), limit) ** 2),
)


# --- equal terms


def _alike(expr: Expr, facts: Facts) -> Expr:
    """E[w_i], Var(w_i), E[w_i^2] -> those of w_1"""

    def of_first(moment: Expr) -> Expr:
        base, exponent = moment.args[0].as_base_exp()
        same = isinstance(base, Indexed) and facts.alike(str(base.base.label))
        if not same or exponent not in ((1,) if isinstance(moment, Var) else (1, 2)):
            return moment
        return moment.func(base.base[(ONE,) * len(base.indices)] ** exponent)

    return expr.replace(lambda one: isinstance(one, E | Var), of_first)


ALIKE: Final = rewriting("moments.alike", _alike, assumes=("alike",))


def _counted(count: Callable[[Expr], Expr]) -> Rewrite:
    """sum of c -> count(n) c"""

    def each(body: Expr, *limits: Any) -> Expr:
        total = Sum(body, *limits)
        found = index_sum(total)
        return total if found is None or body.has(found[1]) else count(found[2]) * body

    return lambda expr, facts: expr.replace(Sum, each)


CONSTANT: Final = rewriting("moments.constant_sum", _counted(lambda n: n))


def _equal_terms(count: Callable[[Expr], Expr]) -> Rewrite:
    counted = _counted(count)
    return lambda expr, facts: counted(_alike(expr, facts), facts)


EQUAL: Final = rewriting(
    "moments.equal_terms",
    _equal_terms(lambda n: n),
    assumes=("alike",),
    source=GLOROT,
    lemma=lambda: (ALIKE, CONSTANT),
    one_term_only=_equal_terms(lambda n: ONE),
    terms_squared=_equal_terms(lambda n: n**2),
)


# --- symmetry and activations


def _even_part(expr: Expr, facts: Facts) -> Expr:
    """E[f(y_i)] -> E[f(y_i) + f(-y_i)]/2, the law of y symmetric"""

    def each(body: Expr) -> Expr:
        inside = body.atoms(Indexed, Variable)
        if len(inside) != 1 or _is_atom(body) or not activations(body) or not facts.symmetric(*families(body)):
            return E(body)
        (y,) = inside
        both = body + body.xreplace({y: -y})
        return (E(both) if is_random(both) else both) / 2

    return expr.replace(E, each)


def activations(expr: Expr) -> frozenset[Expr]:
    """The activations in an expression, each with its argument."""
    return frozenset(expr.atoms(relu, sigmoid, tanh, Abs))


EVEN: Final = rewriting("moments.even_part", _even_part, assumes=("symmetric",))


def _reflected(expr: Expr, facts: Facts) -> Expr:
    """relu(y) + relu(-y) -> |y|, relu(y)^2 + relu(-y)^2 -> y^2, sigmoid(y) + sigmoid(-y) -> 1, and E[c] -> c"""

    def each(total: Expr) -> Expr:
        for y in total.atoms(Indexed, Variable):
            for pair, whole in (
                (relu(y) + relu(-y), Abs(y)),
                (relu(y) ** 2 + relu(-y) ** 2, y**2),
                (sigmoid(y) + sigmoid(-y), ONE),
            ):
                if set(pair.args) <= set(total.args):
                    total = total - pair + whole
        return total

    paired = expr.replace(lambda one: isinstance(one, Add), each)
    return paired.replace(E, lambda body: E(body) if is_random(body) else body)


REFLECTED: Final = rewriting("moments.reflected", _reflected, source="")


def _half(factor: Expr) -> Rewrite:
    """E[relu(y_i)^2] -> factor Var(y_i), the law of y symmetric; it applies where no other moment of relu is left"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(body: Expr) -> Expr:
            base, exponent = body.as_base_exp()
            if exponent == 2 and isinstance(base, relu) and _is_atom(base.args[0]) and facts.symmetric(*families(base)):
                return factor * Var(base.args[0])
            return E(body)

        halved = expr.replace(E, each)
        if activations(halved):
            raise DoesNotFit("moments.half", {"expression": expr})
        return halved

    return rewrite


HALF: Final = rewriting(
    "moments.half",
    _half(Rational(1, 2)),
    assumes=("symmetric",),
    source=HE,
    lemma=lambda: (EVEN, REFLECTED, SECOND_SPLIT, CENTRED),
    half_forgotten=_half(ONE),
)


# --- conclusions that are no rewriting


def _solved(instead: Callable[[Expr], Expr]) -> Conclusion:
    """The value of `unknown` for which `variance` is `wanted`."""

    def conclude(premises: Mapping[str, Value]) -> Value:
        variance, wanted, unknown = (cast("Expr", premises[name]) for name in ("variance", "wanted", "unknown"))
        solution = _root(variance, wanted, unknown)
        if solution is None:
            raise DoesNotFit("moments.solved", premises)
        return cast("Value", instead(solution))

    return conclude


@lru_cache(maxsize=2048)
def _root(variance: Expr, wanted: Expr, unknown: Expr) -> Expr | None:
    """(wanted - b)/a for variance = a unknown + b"""
    b = variance.xreplace({unknown: S.Zero})
    a = expand(variance - b) / unknown
    a = expand(a)
    if a == 0 or a.has(unknown):
        return None
    return (wanted - b) / a


SOLVED: Final = Rule(
    "moments.solved",
    law=_solved(lambda root: root),
    source=GLOROT,
    slips={
        "inverted": Rule("inverted", law=_solved(lambda root: 1 / root), assumes=()),
        "deviation_for_variance": Rule("deviation_for_variance", law=_solved(sqrt), assumes=()),
    },
    assumes=(),
)


def _symmetric_sum(premises: Mapping[str, Value]) -> Value:
    """Symmetric(y) for y_i = sum of u_ij z_j, where u is symmetric and independent of z."""
    facts = Facts.among(premises.values())
    for left, right in facts.definitions().items():
        body = right.function if isinstance(right, Sum) else right
        factors = Mul.make_args(body)
        for factor in factors:
            others = families(Mul(*(other for other in factors if other is not factor)))
            name = families(factor)
            if isinstance(factor, Indexed) and facts.symmetric(*name) and facts.independent(name, others):
                return cast("Value", Symmetric(Symbol(families(left)[0])))
    raise DoesNotFit("moments.symmetric_sum", premises)


SYMMETRIC_SUM: Final = Rule(
    "moments.symmetric_sum",
    law=_symmetric_sum,
    source=HE,
    assumes=("symmetric", "independent", "definition"),
)


def _is_zero(premises: Mapping[str, Value]) -> Value:
    """Whether an expectation is 0: 0 itself, another number, or E|y| of a y that is not always 0."""
    expression, facts = cast("Expr", _expression("moments.is_zero", premises)), Facts.among(premises.values())
    if expression == 0:
        return True
    positive = expression.xreplace(
        {one: ONE for one in expression.atoms(E) if isinstance(one.args[0], Abs) and facts.varies(*families(one))}
    )
    if positive.is_number and positive != 0:
        return False
    raise DoesNotFit("moments.is_zero", premises)


IS_ZERO: Final = Rule("moments.is_zero", law=_is_zero, assumes=("varies",))


LAWS: Final[tuple[Rule, ...]] = tuple(value for value in list(vars().values()) if isinstance(value, Rule))
"""Every law."""
