"""Moments of activations: E[s(y)], E[s(y)^2], E[s'(y)^2] for y ~ N(0, q).

An activation is one entry of ACTIVATIONS: its definition, from which the rest follows.

    integrals    against the normal density, in closed form     definitions  four families of functions
    entries      the activations                                numbers      to any number of digits
    moments      what is known of one: `activation_moments`
"""

from solver.moments.activations.definitions import FACTS as FACTS
from solver.moments.activations.definitions import Definition as Definition
from solver.moments.activations.definitions import Fact as Fact
from solver.moments.activations.entries import ACTIVATIONS as ACTIVATIONS
from solver.moments.activations.entries import selu_constants as selu_constants
from solver.moments.activations.integrals import largest_moment as largest_moment
from solver.moments.activations.integrals import normal_moment as normal_moment
from solver.moments.activations.integrals import q as q
from solver.moments.activations.integrals import truncated as truncated
from solver.moments.activations.integrals import y as y
from solver.moments.activations.moments import ActivationMoments as ActivationMoments
from solver.moments.activations.moments import NoMoments as NoMoments
from solver.moments.activations.moments import activation_moments as activation_moments
