"""What the autopilot told its motors."""

import numpy as np
from numpy.typing import NDArray

from reports.figure import SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.autopilot.phases import draw_phases, in_the_air
from reports.series import thinned

Array = NDArray[np.float64]

_FULL = 0.999


def section(run: Run) -> Section | None:
    """Motor commands over time; only where there are motors."""
    outputs: list[Array] = []
    while run.has(f"motor_{len(outputs) + 1}_output"):
        outputs.append(run.column(f"motor_{len(outputs) + 1}_output")[:, 0])
    if not outputs:
        return None
    _, unit = run.axis
    figure, (axis,) = draw(width_in=12.0, height_in=3.0)
    for which, output in enumerate(outputs):
        t, y = thinned(run.t, output)
        style = STYLES[which % len(STYLES)]
        colour = SERIES[which % len(SERIES)]
        axis.plot(t, y, style, color=colour, label=f"{which + 1}", linewidth=1.0)
    draw_phases(axis, run)
    axis.set_ylim(0.0, 1.02)
    axis.set_xlim(0.0, float(run.t[-1]) or 1.0)
    axis.set_ylabel("command")
    axis.set_xlabel(f"time, {unit}")
    axis.legend(title="motor", ncols=4, loc="lower center")
    flown = in_the_air(run)
    flying = np.stack(outputs)[:, flown if flown.any() else slice(None)]
    means = ", ".join(f"{mean:.3f}" for mean in flying.mean(axis=1))
    full = 100.0 * float((flying >= _FULL).any(axis=0).mean())
    text = f"In the air on average {means}. "
    text += f"At least one was at full for {full:.2g} % of that time." if full else "None was full."
    return Section("Motors", svg(figure, "Motor commands over time"), text, wide=True)
