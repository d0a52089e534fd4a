"""Refutes stability: two solutions in the region that draw apart, whatever the reference does.

If some symmetric S with a positive direction satisfies JᵀSJ ≻ g² S for every Jacobian J of the
loop, for one delay and one gain of the range, then ΔᵀSΔ of the difference Δ of two solutions grows
by more than g² a tick once it is positive: for g ≥ 1 they part, until one leaves the region. S is
indefinite; on the eigenvectors outside a circle between the unit circle and the largest eigenvalue
it is positive. This holds for loops that vary with time, where eigenvalues say nothing, and
whatever disturbs both solutions alike, for it is shown all over the region.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.nominal import spectral_radius
from kernel.proof.definite import exact, is_positive_definite, middle, symmetric
from kernel.proof.loop import Enclosure, axes_of, entries, tick_jacobian
from kernel.proof.problem import Piece, Problem
from kernel.proof.scales import axis_matrix, state_scales
from kernel.proof.search import growing_form
from kernel.proof.terms import ONE, ZERO, ProofError
from kernel.proof.verify import box_of, error_box

Array = NDArray[np.float64]


def refutation(problem: Problem, parts: Sequence[Enclosure], most: int) -> dict[str, Any] | None:
    """A quadratic form that shows solutions parting, with its growth; None where none was found.

    Args:
        problem: The problem.
        parts: The loop at samples of the reference.
        most: How many boxes may be tried.
    """
    unstable = []
    for gain in sorted(set(problem.gains)):
        for delay in sorted(set(problem.delays)):
            axis = _mean_axis(problem, parts, gain, delay)
            radius = spectral_radius(axis)
            if radius > 1.0:
                unstable.append((delay, -radius, gain, axis))
    # The fewer commands are in flight the less is lost by taking them as unrelated.
    for delay, radius, gain, axis in sorted(unstable, key=lambda one: one[:2]):
        growth = _circle(axis, -radius)
        scales = state_scales(problem, parts, delay)
        own = scales[:, None] * axis / scales
        form = growing_form(own, growth)
        values, vectors = np.linalg.eigh(form)
        found = {
            "form": symmetric(scales[:, None] * form * scales / values[-1]).tolist(),
            "direction": (vectors[:, -1] / scales).tolist(),
            "growth_per_tick": growth,
            "delay_ticks": delay,
            "gain": gain,
        }
        if why_not_refuted(problem, found, most):
            continue
        return found
    return None


def told(problem: Problem, claim: dict[str, Any]) -> str:
    """A refutation in a sentence."""
    per_second = claim["growth_per_tick"] ** (1.0 / problem.dt)
    return (
        f"With {claim['delay_ticks']} ticks of delay and {claim['gain']:.4g} of the thrust "
        "commanded, two solutions near the reference draw apart, in the end by at least "
        f"{per_second:.6g} a second, until one leaves the region or a limit."
    )


def _mean_axis(problem: Problem, parts: Sequence[Enclosure], gain: float, delay: int) -> Array:
    """The Jacobian of an axis, as it is in the mean."""
    states = problem.loop.states
    group = [middle(tick_jacobian(part, arb(gain), delay, delay, states)) for part in parts]
    mean: Array = np.mean(group, axis=0)
    return axis_matrix(mean)


def _circle(axis: Array, radius: float) -> float:
    """A circle between 1 and the largest eigenvalue that keeps clear of all eigenvalues."""
    moduli = np.abs(np.linalg.eigvals(axis))
    inner = max(1.0, float(moduli[moduli < radius * (1.0 - 1e-9)].max(initial=0.0)))
    return float(np.sqrt(inner * radius)) if inner > 1.0 else 1.0 + 0.5 * (radius - 1.0)


def why_not_refuted(problem: Problem, claim: dict[str, Any], most: int) -> str:
    """Why a refutation does not hold; empty if it does."""
    growth, gain, delay = claim["growth_per_tick"], claim["gain"], claim["delay_ticks"]
    within = problem.gains[0] <= gain <= problem.gains[1]
    if not (growth >= 1.0 and within and delay in range(problem.delays[0], problem.delays[1] + 1)):
        return "the growth, gain or delay is none that refutes"
    form: Array = symmetric(np.asarray(claim["form"], dtype=np.float64))
    s = exact(np.asarray(np.kron(form, np.eye(3))))
    along = arb_mat([[entry] for entry in claim["direction"]])
    if not (along.transpose() * exact(form) * along)[0, 0] > 0:
        return "the form is not positive along the direction"
    error = error_box(problem)
    error[3] = problem.limit_m_s2 * max(1.0, gain)
    vehicles, ticks = problem.references.shape[:2]
    left = [Piece(vehicle, 0, ticks - 1) for vehicle in range(vehicles)]
    tried = 0
    while left:
        piece = left.pop()
        tried += 1
        try:
            box = box_of(problem, piece, error)
            parts, nominal = problem.loop.enclose(box), problem.loop.nominal(box, arb(gain))
            commands = sum((entry * entry for entry in nominal.command), ZERO).sqrt()
            limited = not commands + problem.strays[2] < problem.limit_m_s2
            j = tick_jacobian(parts, arb(gain), delay, delay, problem.loop.states)
            grown = j.transpose() * s * j - s * (arb(growth) * arb(growth))
            if not limited and _whole(problem, parts) and is_positive_definite(grown):
                continue
        except ProofError:
            pass
        halves = piece.halves()
        if halves is None or tried + len(left) >= most:
            return "the form does not grow on every stretch of the reference, short of the limit"
        left += halves
    return ""


def _whole(problem: Problem, parts: Enclosure) -> bool:
    """Whether what is not fed back has no part in what is."""
    kept = axes_of(problem.loop.states)
    free = [axis for axis in range(parts.axes) if axis not in kept]
    j = entries(tick_jacobian(parts, ONE, 0, 0, range(parts.axes // 3)))[np.ix_(kept, free)]
    return all(entry.is_zero() for entry in j.flat)
