"""Templates of the pages: files beside this one, with every value escaped."""

from importlib import resources
from typing import Any

import jinja2


def render_page(template: str, **values: Any) -> str:
    """A page as text; it gets the style sheet as ``style``."""
    here = resources.files("reports")

    def text(name: str) -> str:
        return here.joinpath(name).read_text(encoding="utf-8")

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(style=text("page.css"), **values)
