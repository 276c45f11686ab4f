"""The frame of every page: self-contained, no network, light and dark, screen and paper.

A page has one script, ``page.js`` and behind it what its package draws (``*.js``), and is readable without. Its policy
lets a browser run that script alone, by its hash, and fetch nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from quantray.outlets import clean
from quantray.plain import amount
from quantray.report.json_text import compact

if TYPE_CHECKING:
    from jinja2 import Environment

#: Where the script goes: as markup it cannot come from a text, all of which is escaped.
PLACE = "<script></script>"


def render(package: str, context: Mapping[str, object], label: Callable[[str], str]) -> str:
    """The template ``report.html`` of a package, on the frame that lies here, as text.

    ``label`` turns names of metrics and keys into words. All text is escaped.
    """
    env = _environment(package, label)
    script = _script(env)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = clean(env.get_template("report.html").render(context, script_digest=digest))
    return text.replace(PLACE, f"<script>{script}</script>")  # after the cleaning: its hash is that of what runs


def _script(env: Environment) -> str:
    """``page.js``, then what the package draws on demand."""
    assert env.loader is not None
    names = sorted(env.list_templates(extensions=["js"]), key=lambda name: (name != "page.js", name))
    return "".join(env.loader.get_source(env, name)[0] for name in names)


@cache
def _environment(package: str, label: Callable[[str], str]) -> Environment:
    """Templates are compiled once a process: a run about callers has several pages."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("quantray.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["label"] = label
    env.filters["amount"] = amount
    env.filters["json"] = _in_page
    return env


def _in_page(value: object) -> str:
    """A value as the content of a JSON element: no character in it ends the element."""
    return compact(value).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
