"""Everything that moves a vehicle but its own thrust, term by term."""

from collections.abc import Iterator, Sequence
from typing import Any

from kernel.gravity import GravityModel
from kernel.third_body import third_body
from sims.orbit.perturbations import Drag, SolarPressure

Triple = tuple[float, float, float]


class Environment:
    """Gravity near and far, drag and sunlight at the present time.

    Time goes on by :meth:`next_tick`; within a tick distant bodies move on straight lines.
    """

    def __init__(
        self,
        gravity: GravityModel,
        third_body_mus: Sequence[float] = (),
        sky: Iterator[Any] | None = None,
        drag: Drag | None = None,
        sunlight: SolarPressure | None = None,
        turn_rate_rad_s: float = 0.0,
    ) -> None:
        """Put the terms together.

        Args:
            gravity: Of the central body, or of both in a synodic frame.
            third_body_mus: Gravitational parameters of the first bodies of the sky, m³/s².
            sky: States of distant bodies, (bodies, 6) a tick; the Sun is the last of them where
                there is sunlight.
            drag: Drag, if any.
            sunlight: Solar pressure, if any.
            turn_rate_rad_s: Rate at which the frame turns about z.
        """
        self._gravity = self._model = gravity
        self._mus = tuple(third_body_mus)
        self._sky = sky
        self._drag = drag
        self._sunlight = sunlight
        self._rate = turn_rate_rad_s
        self._bodies: list[list[float]] = []
        self.bare = not (self._mus or drag or sunlight or turn_rate_rad_s)
        """Whether the central body's gravity is all there is."""
        self.next_tick()

    def next_tick(self) -> None:
        """Move the sky to the next tick, at first to t = 0."""
        if self._sky is not None:
            self._bodies = next(self._sky).tolist()

    def pull_harder(self, percent: float) -> None:
        """Let the central body's gravity be off by so much; 0 is as modelled."""
        model, factor = self._model, 1.0 + percent / 100.0

        def scaled(x: float, y: float, z: float) -> Triple:
            ax, ay, az = model(x, y, z)
            return factor * ax, factor * ay, factor * az

        self._gravity = scaled if percent else model

    def gravity(self, position: Triple, elapsed: float) -> Triple:
        """Gravitational acceleration some time after the tick's start, m/s²."""
        if not self._mus:
            return self._gravity(*position)
        ax, ay, az = self._gravity(*position)
        for mu, body in zip(self._mus, self._bodies, strict=False):
            bx, by, bz = third_body(mu, *position, *_moved(body, elapsed))
            ax, ay, az = ax + bx, ay + by, az + bz
        return ax, ay, az

    def surface_force(self, position: Triple, velocity: Triple, elapsed: float) -> Triple:
        """Drag and sunlight, N."""
        fx = fy = fz = 0.0
        if self._drag is not None:
            fx, fy, fz = self._drag.force(position, velocity)
        if self._sunlight is not None:
            sx, sy, sz = self._sunlight.force(position, _moved(self._bodies[-1], elapsed))
            fx, fy, fz = fx + sx, fy + sy, fz + sz
        return fx, fy, fz

    def turned(self, velocity: Triple, step: float) -> Triple:
        """The velocity v for which v = given + (step/2)·(−2 ω × v): Coriolis' half kick, implicit.

        With the explicit half kick after it that makes the trapezoidal rule, which only turns the
        velocity and keeps the leapfrog reversible.
        """
        k = self._rate * step
        x, y, z = velocity
        scale = 1.0 / (1.0 + k * k)
        return (x + k * y) * scale, (y - k * x) * scale, z

    def coriolis(self, velocity: Triple) -> Triple:
        """−2 ω × v, m/s²."""
        return 2.0 * self._rate * velocity[1], -2.0 * self._rate * velocity[0], 0.0


def _moved(body: list[float], elapsed: float) -> Triple:
    x, y, z, vx, vy, vz = body
    return x + elapsed * vx, y + elapsed * vy, z + elapsed * vz
