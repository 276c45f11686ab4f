"""A command with verbs, and the parser of one: help comes at once, what is typed wrong is answered in one sentence."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

from quantray.cli.exits import DONE
from quantray.errors import ConfigError, near_miss

#: What a command line asks for, once it is understood; gives the exit code.
Work = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Verb:
    """``parse`` turns what stands behind the verb into its work; ConfigError, or help and SystemExit, otherwise."""

    help: str
    parse: Callable[[Sequence[str]], Work]


def family(module: str, *words: str) -> Callable[[Sequence[str]], Work]:
    """Parses with ``quantray.cli.<module>``, which is imported when one of its verbs is asked for."""

    def parse(given: Sequence[str]) -> Work:
        found: Callable[[Sequence[str]], Work] = import_module(f"quantray.cli.{module}").parse
        return found([*words, *given])

    return parse


def work_of(
    command: str, about: str, verbs: Mapping[str, Verb], given: Sequence[str], options: Mapping[str, Work] | None = None
) -> Work:
    """The work of the verb that ``given`` begins with, or of one of the ``options``.

    Without one the command's help; ConfigError with the near miss.
    """
    options = {**(options or {}), "--help": lambda: _help(command, about, verbs)}
    word, rest = (given[0], given[1:]) if given else ("--help", [])
    if word in verbs:
        return verbs[word].parse(rest)
    if word in options:
        return options[word]
    if word in ("-h", "help"):
        return options["--help"]
    if "=" in word:
        raise ConfigError(f"{word} stands before any verb; did you mean {command} {next(iter(verbs))} {word}?")
    raise ConfigError(near_miss(word, [*verbs, *options], what=f"verb of {command}"))


def _help(command: str, about: str, verbs: Mapping[str, Verb]) -> int:
    print(f"usage: {command} VERB …\n\n{about}\n\nverbs:")
    width = max(map(len, verbs)) + 4
    for name, verb in verbs.items():
        print(textwrap.fill(verb.help, 100, initial_indent=f"  {name:<{width - 2}}", subsequent_indent=" " * width))
    print(f"\n{command} VERB --help says what a verb takes.")
    return DONE


class Parser(argparse.ArgumentParser):
    """Answers a wrong flag with the near miss instead of a page of usage. No flag may be shortened.

    What it is told to refuse is raised as ConfigError.
    """

    def __init__(self, command: str, about: str, *, examples: str | None = None) -> None:
        super().__init__(
            prog=command, description=about, epilog=examples, allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    def read(self, given: Sequence[str]) -> argparse.Namespace:
        """What was typed; flags and what has no flag may stand in any order."""
        return self.parse_intermixed_args(given)

    def error(self, message: str) -> NoReturn:
        """ConfigError: argparse's sentence in ours."""
        if found := re.match(r"unrecognized arguments: (\S+)", message):
            raise ConfigError(self._unknown(found[1]))
        if found := re.match(r"the following arguments are required: ([^,]+)", message):
            raise ConfigError(f"{self.prog} needs {found[1]}; {self.prog} --help says what it takes")
        message = message.removeprefix("argument ")
        if found := re.match(r"(\S+): expected (one|at least one) argument", message):
            flag = found[1].rpartition("/")[2]
            raise ConfigError(f"{found[1]}: expected {found[2]} argument; one that begins with - is written {flag}=-…")
        if found := re.match(r"(\S+): ignored explicit argument (.+)", message):
            raise ConfigError(f"{found[1]} takes no value, got {found[2]}; write it alone, or leave it out")
        raise ConfigError(message)

    def _unknown(self, word: str) -> str:
        if not word.startswith("-"):
            return f"unexpected {word!r}; {self.prog} --help says what it takes"
        known = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        return near_miss(word.partition("=")[0], known, what="flag")


def whole(text: str) -> int:
    """A whole number that a flag was given."""
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number")
    return int(text)


def at_least_one(text: str) -> int:
    """A number of things."""
    if (number := whole(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return number
