"""Directives that write the reference from what the program itself knows.

``{scenario-reference}`` lists every key of a scenario from its JSON Schema, ``{command-reference}``
every command from its own help, and ``{module-reference}`` every module of the packages it names.
"""

import importlib
import pkgutil
from typing import Any

import typer
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from harness.cli.main import app as cli
from harness.scenario.schema import PARTIAL, scenario_schema


class _Generated(Directive):
    """Parses the text that a subclass makes, as if it stood in the document."""

    def text(self) -> list[str]:
        """Lines of Markdown."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """See docutils."""
        container = nodes.container()
        self.state.nested_parse(StringList(self.text(), self.name), 0, container, match_titles=True)
        return container.children


class ScenarioReference(_Generated):
    """Every key of a scenario, part by part."""

    def text(self) -> list[str]:
        """See :class:`_Generated`."""
        parts = scenario_schema()["$defs"]
        lines = _section("A scenario", parts.pop("scenario"))
        for name, part in parts.items():
            if part.get("type") == "object" and not name.startswith(PARTIAL):
                lines += _section(f"`{name}`", part)
        return lines


def _section(title: str, part: dict[str, Any]) -> list[str]:
    lines = [f"## {title}", "", part.get("description", ""), ""]
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    required = part.get("required", ())
    for key, value in part.get("properties", {}).items():
        default = "required" if key in required else _shown(value.get("default"))
        about = " ".join(value.get("description", "").split()).replace("|", "\\|")
        lines.append(f"| `{key}` | {_kind(value)} | {default} | {about} |")
    return [*lines, ""]


def _kind(value: dict[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{name.lower().replace(':', '-')})"
    for together in ("anyOf", "oneOf"):
        if together in value:
            kinds = [_kind(one) for one in value[together] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    return _plain_kind(value)


def _plain_kind(value: dict[str, Any]) -> str:
    """The same of a value of one type."""
    kind = str(value.get("type", "anything"))
    if kind == "array":
        inner = value.get("items") or value.get("prefixItems", [{}])[0]
        count = value.get("maxItems")
        fixed = count is not None and count == value.get("minItems")
        return f"{count} × {_kind(inner)}" if fixed else f"list of {_kind(inner)}"
    by_name = [value.get("additionalProperties"), *value.get("patternProperties", {}).values()]
    if kind == "object" and (named := [one for one in by_name if isinstance(one, dict)]):
        return f"mapping of {_kind(named[0])}"
    limits = [
        f"{sign} {value[name]:g}"
        for name, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if name in value
    ]
    return " ".join([kind, *limits])


def _shown(default: Any) -> str:
    return "" if default in (None, "", [], {}) else f"`{str(default)[:60]}`"


class CommandReference(_Generated):
    """Every command with its arguments and options."""

    def text(self) -> list[str]:
        """See :class:`_Generated`."""
        group: Any = typer.main.get_command(cli)
        lines: list[str] = []
        for name, command in group.commands.items():
            context = command.make_context(
                f"motorhand {name}", [], parent=None, resilient_parsing=True
            )
            help_text = command.get_help(context)
            lines += [f"## motorhand {name}", "", "```text", *help_text.splitlines(), "```", ""]
        return lines


class ModuleReference(_Generated):
    """Every module of some packages, and some single modules, from their docstrings."""

    required_arguments = 1
    final_argument_whitespace = True

    def text(self) -> list[str]:
        """See :class:`_Generated`."""
        lines: list[str] = []
        for name in (found for named in self.arguments[0].split() for found in _modules(named)):
            lines += [f"## `{name}`", "", "```{eval-rst}", f".. automodule:: {name}", "```", ""]
        return lines


def _modules(name: str) -> list[str]:
    """The modules of a package; of a module that one."""
    package = importlib.import_module(name)
    if not hasattr(package, "__path__"):
        return [name]
    return [f"{name}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]


def _plain_bars(app: Sphinx, *about: Any) -> None:
    """Absolute values are written |x| in docstrings, which reStructuredText would substitute."""
    lines: list[str] = about[-1]
    lines[:] = [line.replace("|", "\\|") for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.connect("autodoc-process-docstring", _plain_bars)
    app.add_directive("scenario-reference", ScenarioReference)
    app.add_directive("command-reference", CommandReference)
    app.add_directive("module-reference", ModuleReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
