"""A section that reports have where the plant is a puck."""

from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section


def section(run: Run) -> Section | None:
    """The puck's way over the table, from above."""
    if run.manifest["plant"]["family"] != "puck":
        return None
    figure, (axis,) = draw()
    x, y, _ = run.vector("position")[:, 0].T
    axis.plot(x, y)
    axis.set_xlabel("x, m")
    axis.set_ylabel("y, m")
    text = f"The puck came to rest at {x[-1]:.3f} m, {y[-1]:.3f} m."
    return Section("On the table", svg(figure, "Path of the puck"), text)
