"""What is typed behind the command, made ready for Hydra: wrong names are answered here, sweeps become jobs.

Hydra's struct mode refuses new keys with a message of its own, so every plain ``a.b=…`` becomes ``++a.b=…`` and the
composed configuration is checked as a whole; group names and choices are checked before Hydra looks for files.
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.command_line import quoted
from quantray.config import wings
from quantray.config.composition import wing_of
from quantray.config.wings import ADDED
from quantray.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

#: Keys whose words are names of people.
NAMES = ("calls.callers", "calls.groups")
OUTPUTS = "outputs"  # where runs write unless they are told otherwise
TOLD = 200  # characters of what cannot be read


@dataclass(frozen=True, slots=True)
class Job:
    """One composition: its wing, overrides Hydra accepts, the swept ``key=value`` pairs that set this job apart.

    ``typed`` are the overrides as a person would type them for this job alone.
    """

    wing: str
    overrides: tuple[str, ...]
    swept: tuple[tuple[str, str], ...] = ()
    typed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Given:
    """One ``key=value`` of one job: ``value`` as it reads, ``text`` as Hydra's grammar writes it.

    ``chooses``: the key is that of a group.
    """

    line: str
    key: str
    value: Any
    text: str
    chooses: bool
    swept: bool = False
    deleted: bool = False

    @property
    def group(self) -> str | None:
        """The group that it chooses from, None for a plain value."""
        return self.key.split("@")[0] if self.chooses and not isinstance(self.value, dict) else None

    @property
    def typed(self) -> str:
        """As it is typed for one job."""
        return f"{'+' if self.group == ADDED else ''}{self.key}={self.text}" if self.swept else self.line

    @property
    def names(self) -> list[str]:
        """The choices it makes."""
        values = self.value if isinstance(self.value, list) else [self.value]
        return ["null" if value is None else str(value) for value in values]


def jobs(lines: Sequence[str], *, multirun: bool) -> list[Job]:
    """Expand ``key=a,b`` (with ``multirun``) into one job a combination, the last key running fastest."""
    groups = wings.every_group()
    axes = [_values(override, multirun, groups) for override in _parse(lines)]
    return [_job(combination) for combination in itertools.product(*axes)]


def _values(override: Override, multirun: bool, groups: set[str]) -> list[_Given]:
    """What one override says in each job."""
    line, key = str(override.input_line), _key(override)
    chooses = key.split("@")[0] in groups
    if override.is_delete():
        return [_Given(line, key, None, "", chooses, deleted=True)]
    if not override.is_sweep_override():
        return [_Given(line, key, override.value(), override.get_value_element_as_str(), chooses)]
    if not multirun:
        raise ConfigError(f"{line}: several values need -m (--multirun), or [..] for one list")
    if not override.is_discrete_sweep():
        raise ConfigError(f"{line}: only lists, choice() and range() can be swept")
    values = [str(value) for value in override.sweep_string_iterator()]
    return [_Given(line, key, value, value, chooses, swept=True) for value in values]


def _job(given: Sequence[_Given]) -> Job:
    """Refuse what means nothing in this experiment, complete the choices that depend on it."""
    chosen = [name for g in given if g.group == ADDED and not g.deleted for name in g.names]
    wing = wing_of(chosen)
    for g in given:
        wings.check_key(g.line, g.key, wing, chosen[-1] if chosen else None)
        if g.group not in (None, ADDED) and not g.deleted:
            for name in g.names:
                wings.check_choice(str(g.group), name, wing)
    lines = [line for g in given for line in _lines(g)]
    if wing == wings.CALLERS and not any(g.key == "data" for g in given):
        lines += [f"data={kind}" for kind in wings.data_kind({g.key for g in given if g.text not in ("", "null")})]
    swept = tuple((g.key, g.text) for g in given if g.swept)
    return Job(wing, tuple(lines), swept, tuple(g.typed for g in given))


def _parse(lines: Sequence[str]) -> list[Override]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser, known = OverridesParser.create(), wings.heads()
    found = []
    for line in map(str, lines):
        key, equals, value = line.partition("=")
        if key.lstrip("+") in NAMES and value not in ("", "null"):
            line = f"{key}={as_names(value)}"
        override = None
        # a path such as ~/x is no word of Hydra's grammar: it is tried again as quoted text
        for text in (line, f"{key}={quoted(value, literal=False)}" if equals and value[:1] not in "[{'\"" else line):
            with contextlib.suppress(HydraException):
                override = override or parser.parse_override(text)
        if override is None:
            raise ConfigError(_unread(line))
        _check_head(override, known)
        found.append(override)
    return found


def _unread(line: str) -> str:
    """The sentence that answers what is no ``key=value``: an experiment's name, a run's directory, or neither."""
    told = repr(line if len(line) <= TOLD else f"{line[:TOLD]}…")
    if "=" in line:
        return f"{told} cannot be read; write key=value, in quotes where the shell reads brackets"
    if line.lstrip("+").partition(".")[0] in wings.heads():
        return f"{told} is a key without a value; write {line}=VALUE"
    experiments = sorted({name for wing in wings.WINGS for name in wings.choices(ADDED, wing)})
    if line and (close := difflib.get_close_matches(line, experiments, n=1, cutoff=0.6)):
        return f"{told} is no key=value; did you mean +{ADDED}={close[0]}?"
    runs = {str(run): run.name for run in sorted(Path(OUTPUTS).iterdir())} if Path(OUTPUTS).is_dir() else {}
    if line in runs.values() or (line.strip() and Path(line[:TOLD]).is_dir()):
        return (
            f"{told} is the directory of a run, and a request is made of key=value: give those that it was made by, "
            f"and it goes on there (quantray study show {line} tells of it)"
        )
    if close := difflib.get_close_matches(line, [*runs, *runs.values()], n=1, cutoff=0.6):
        return f"{told} is no key=value, and no directory of a run; did you mean {close[0]!r}?"
    return f"{told} is no key=value; give an experiment such as +{ADDED}={experiments[0]}, a group or a key"


def as_names(text: str) -> str:
    """Every word of a value in quotes: a caller may be called 007, on or 12:30.

    >>> as_names("[on,007,'a b']"), as_names("{whales:[7,12:30]}")
    ("['on','007','a b']", "{whales:['7','12:30']}")
    """
    if re.match(r"\w+\(", text):
        return text  # choice(…) of several runs
    made, word, depth, quote, escaped = "", "", "", "", False
    for letter in text + ",":
        if quote:
            word += letter
            quote = "" if letter == quote and not escaped else quote
            escaped = letter == "\\" and not escaped
        elif letter in "'\"" and not word.strip():
            word, quote, escaped = letter, letter, False
        elif letter in "[{,]}" or (letter == ":" and depth.endswith("{")):
            # Hydra's grammar knows no quoted name of a group
            plain = letter == ":" or word.strip()[:1] in ("'", '"', "")
            made += (word.strip() if plain else quoted(word.strip())) + letter
            depth = depth + ("{" if letter == "{" else "[") if letter in "[{" else depth
            depth = depth[:-1] if letter in "]}" else depth
            depth = depth[:-1] + ":" if letter == ":" else depth.replace(":", "{") if letter == "," else depth
            word = ""
        else:
            word += letter
    return text if quote else made[:-1]


def _key(override: Override) -> str:
    return str(override.get_key_element()).lstrip("+~")


def _check_head(override: Override, known: set[str]) -> None:
    head = _key(override).split(".")[0].split("@")[0].split("/")[0]
    if head == "hydra":
        raise ConfigError(
            f"{override.input_line}: Hydra's own keys are not used here; run_dir=DIR says where results go"
        )
    if head not in known:
        raise ConfigError(f"{override.input_line}: {near_miss(head, known, what='key or group')}")


def _lines(given: _Given) -> tuple[str, ...]:
    """What Hydra is told: ``+`` adds an experiment, ``++`` sets a value, a choice of another group stands alone."""
    if given.deleted:
        return (given.line,)
    if given.group is not None:
        plus = "+" if given.group == ADDED else ""
        names = given.names
        return (f"{plus}{given.key}={names[0] if len(names) == 1 else '[' + ','.join(names) + ']'}",)
    line = f"++{given.key}={given.text}"
    # Hydra would merge a mapping into the strategy's own space, and space={} would change nothing
    if given.key.startswith("space.") and isinstance(given.value, dict):
        return (f"++{given.key}=null", line)  # a range replaces a list of levels; Hydra refuses to merge the two
    return ("~space", line) if given.key == "space" else (line,)
