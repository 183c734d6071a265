"""How second moments pass through a network, forward and backward: E[x^2] of each layer, E[d^2] of its gradient.

A layer with weights has fan_in n and fan_out m: v = sum of n terms w x, and each x is used in m sums. So

    E[v^2] = n Var(w) E[x^2] + Var(b)            E[d_x^2] = m Var(w) E[d_v^2]

which holds at every width: weights have mean 0, are uncorrelated and independent of what they multiply; the x may
depend on one another as they like. An activation multiplies by E[s(v)^2]/E[v^2] and E[s'(v)^2]; slopes that a gradient
meets at one unit with no weights between are counted together (`backward`). Results are labelled:

    exact        at every width: signs of weights may be turned without changing their law, so that v is symmetric
    mean field   in the limit of wide layers, where v is normal and what meets in a sum is independent
    numeric      the same, and integrated numerically

    n, m  fan_in, fan_out      V  Var(w)      c, c'  gains, forward and backward, of what follows a layer

    state         what is known of one number of a signal      table         rows and totals
    images        moments of an activation on a law            recommending  what to draw weights with
    layers, joins, rules   what each layer does                schemes       solutions of one equation
    walk          through the network: `propagate`             backward      gradients back through it
    telling       short formulas, long numbers
"""

from solver.moments.propagation.images import rectified_sum as rectified_sum
from solver.moments.propagation.layers import moments_of_layer as moments_of_layer
from solver.moments.propagation.rules import RULES as RULES
from solver.moments.propagation.rules import UNFOLLOWED as UNFOLLOWED
from solver.moments.propagation.rules import rule_of as rule_of
from solver.moments.propagation.schemes import SCHEMES as SCHEMES
from solver.moments.propagation.schemes import Edge as Edge
from solver.moments.propagation.schemes import Scheme as Scheme
from solver.moments.propagation.schemes import edge_of_chaos as edge_of_chaos
from solver.moments.propagation.schemes import fixup as fixup
from solver.moments.propagation.schemes import keeping as keeping
from solver.moments.propagation.schemes import scheme as scheme
from solver.moments.propagation.state import ASSUMPTIONS as ASSUMPTIONS
from solver.moments.propagation.table import Row as Row
from solver.moments.propagation.table import Table as Table
from solver.moments.propagation.walk import propagate as propagate
