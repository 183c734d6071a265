"""The laws of expectation and variance: each rewrites an expression, rests on declared assumptions, and has its slips.

    rewrite(expression, facts)   the rewritten expression; the same where there is nothing to rewrite

A law is a rule whose premises are an expression and facts. It rewrites wherever it can, so that it also carries on from
what a slip left behind. Lemmas, which students read as one step, open into the smaller laws that prove them.

    X, Y  products of random variables      w_i, x_i  members of families      c  not random
"""

from typing import Final

from solver.derivation import Rule
from solver.moments.laws.conclusions import IS_ZERO as IS_ZERO
from solver.moments.laws.conclusions import SOLVED as SOLVED
from solver.moments.laws.conclusions import SYMMETRIC_SUM as SYMMETRIC_SUM
from solver.moments.laws.expectation import CENTRED as CENTRED
from solver.moments.laws.expectation import DEFINED as DEFINED
from solver.moments.laws.expectation import INDEPENDENCE as INDEPENDENCE
from solver.moments.laws.expectation import LINEAR as LINEAR
from solver.moments.laws.expectation import ODD_MOMENT as ODD_MOMENT
from solver.moments.laws.expectation import UNCORRELATED as UNCORRELATED
from solver.moments.laws.rewriting import Rewrite as Rewrite
from solver.moments.laws.rewriting import rewriting as rewriting
from solver.moments.laws.sums import ALIKE as ALIKE
from solver.moments.laws.sums import CONSTANT as CONSTANT
from solver.moments.laws.sums import COVARIANCE as COVARIANCE
from solver.moments.laws.sums import EQUAL as EQUAL
from solver.moments.laws.sums import SPREAD as SPREAD
from solver.moments.laws.sums import SUM as SUM
from solver.moments.laws.symmetry import EVEN as EVEN
from solver.moments.laws.symmetry import HALF as HALF
from solver.moments.laws.symmetry import REFLECTED as REFLECTED
from solver.moments.laws.symmetry import activations as activations
from solver.moments.laws.variance import EXPANDED as EXPANDED
from solver.moments.laws.variance import PRODUCT as PRODUCT
from solver.moments.laws.variance import SCALED as SCALED
from solver.moments.laws.variance import SECOND as SECOND
from solver.moments.laws.variance import SECOND_SPLIT as SECOND_SPLIT
from solver.moments.laws.variance import VARIANCE as VARIANCE

LAWS: Final[tuple[Rule, ...]] = tuple(value for value in list(vars().values()) if isinstance(value, Rule))
"""Every law."""
