"""Delays of any length by a small-gain argument: sound, and somewhat pessimistic.

Write the late command as the present one less what it changed by meanwhile, u(k−δ) = u(k) − Δ(k),
where Δ(k) is the sum of the last δ changes q(j) = u(j) − u(j−1). Whatever the delays 0…d, changing
at every tick, the energies weighted with L⁻²ᵏ obey Σ|Δ|² ≤ γ² Σ|q|² with

    γ² = d Σ_{j<d} L^{−2j},

by Cauchy and Schwarz. The loop without delay, driven by Δ, is ξ⁺ = Mξ + BΔ with u = Cξ. From one
tick to the next C changes by some D, so that q⁺ = C(ξ⁺ − ξ) + Dξ⁺. If some P ≻ 0 gives

    ‖ξ⁺‖²_P ≤ L² ‖ξ‖²_P − m (γ² L⁻² |q⁺|² − |Δ|²)    for all ξ and Δ and some weight m > 0,

then of two solutions that have the same commands in flight at first

    ‖ξ(k)‖_P ≤ μ Lᵏ ‖ξ(0)‖_P    with    μ² = 1 + m γ² L⁻² sup |Cξ|² / ‖ξ‖²_P,

where μ is the overshoot: a difference that appears is a jump of the command, which is late. Where
commands in flight differ too, ‖ξ(0)‖²_P + m γ² L⁻² Σ|q(j)|² over the last d changes takes the place
of μ²‖ξ(0)‖²_P. The size of the inequality does not grow with the delay. Source: the idea is C.-Y.
Kao and B. Lincoln's, "Simple stability criteria for systems with time-varying delays", Automatica
40, 2004.
"""

from flint import arb, arb_mat

from kernel.proof.problem import Evidence
from kernel.proof.terms import ZERO, above


def gain_squared(rate: float, delay: int) -> arb:
    """γ² of delays up to so many ticks at a factor a tick."""
    each = 1 / (arb(rate) * arb(rate))
    if each == 1 or delay == 0:
        return arb(delay) * arb(delay)
    return delay * (each**delay - 1) / (each - 1)


def jump_weight(evidence: Evidence) -> float:
    """What |q|² of a change of the command counts beside ‖ξ‖²_P at most: m γ² L⁻²; else 0."""
    if evidence.method != "small gain":
        return 0.0
    rate = arb(evidence.per_tick)
    return above(
        evidence.weight * gain_squared(evidence.per_tick, evidence.delays[1]) / (rate * rate)
    )


def storage_form(
    m: arb_mat,
    b: arb_mat,
    c: arb_mat,
    d: arb_mat,
    rate: float,
    gamma_squared: arb,
    weight: float,
    p: arb_mat,
) -> arb_mat:
    """The quadratic form of (ξ, Δ) that must be positive definite.

    Args:
        m: M.
        b: B.
        c: C.
        d: D.
        rate: L.
        gamma_squared: γ².
        weight: What |Δ|² counts beside ‖ξ‖²_P, any positive number.
        p: P.
    """
    states, commands = b.nrows(), b.ncols()
    moved = joined(m, b)
    step = joined(m - _identity(states), b)
    change = c * step + d * moved
    square = arb(rate) * arb(rate)
    counted = arb(weight) * gamma_squared / square
    form = moved.transpose() * p * moved + change.transpose() * change * counted
    size = states + commands
    own = [[ZERO] * size for _ in range(size)]
    for row, given in enumerate((p * square).tolist()):
        own[row][:states] = given
    for row in range(states, size):
        own[row][row] = arb(weight)
    return arb_mat(own) - form


def joined(left: arb_mat, right: arb_mat) -> arb_mat:
    """Two matrices side by side."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return arb_mat([[*one, *other] for one, other in pairs])


def _identity(size: int) -> arb_mat:
    return arb_mat([[int(row == column) for column in range(size)] for row in range(size)])
