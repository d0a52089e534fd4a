"""Configuration of the documentation; ``nox -s docs`` builds it."""

import importlib.metadata
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "motorhand"
release = importlib.metadata.version("motorhand")
copyright = "the owners of motorhand"  # noqa: A001

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "scenario_reference"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"motorhand {release}"
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False}
autodoc_mock_imports = ["pybullet"]
napoleon_use_ivar = True
