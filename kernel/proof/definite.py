"""Whether every symmetric matrix in a ball is positive definite, proved."""

import numpy as np
from flint import arb_mat
from numpy.typing import NDArray

from kernel.proof.terms import ZERO

Matrix = NDArray[np.float64]


def exact(matrix: Matrix) -> arb_mat:
    """A matrix of floats, as it is."""
    return arb_mat(matrix.tolist())


def middle(matrix: arb_mat) -> Matrix:
    """The middle of a ball of matrices."""
    return np.array([[float(entry.mid()) for entry in row] for row in matrix.tolist()])


def radius(matrix: arb_mat) -> Matrix:
    """The radii of a ball of matrices."""
    return np.array([[float(entry.rad()) for entry in row] for row in matrix.tolist()])


def symmetric(matrix: Matrix) -> Matrix:
    """The symmetric part: exactly so, which the forms of a proof must be."""
    half: Matrix = 0.5 * (matrix + matrix.T)
    return half


def is_positive_definite(matrix: arb_mat) -> bool:
    """Whether xᵀMx > 0 for every x ≠ 0 and every symmetric M in the ball.

    M is brought near the identity by the floating-point Cholesky factor of its middle, exactly the
    same for every M; there Gershgorin's discs decide. Which factor is taken, and how exact it is,
    matters to nothing but success: a congruence by any matrix that leaves strictly dominant
    diagonals is regular. Source: S. M. Rump, "Verification methods: rigorous results using
    floating-point arithmetic", Acta Numerica 19, 2010, section 10.8.
    """
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(middle(matrix)))
    except np.linalg.LinAlgError:
        return False
    if not np.isfinite(inverse).all():
        return False
    near_identity = (exact(inverse) * matrix * exact(inverse.T)).tolist()
    for index, row in enumerate(near_identity):
        others = sum((abs(entry) for entry in row[:index] + row[index + 1 :]), ZERO)
        if not row[index] > others:
            return False
    return True
