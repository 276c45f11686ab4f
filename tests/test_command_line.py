"""Commands as text: what Hydra and a shell read back is what was written."""

from __future__ import annotations

import subprocess
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from quantray.command_line import in_shell, written

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12)
HOSTILE = ["", "null", "True", "nan", "it's", "a\\", "\\'", "${a}", "\\${a}", "a b", "9:30", "[1", "{a:1}", "=", "~x",
           "é",           "$HOME", "`ls`", "a;b", '"', "!x", "#", "-", "1e5", "007", "x,y"]  # fmt: skip
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_hydra_reads_a_value_back(value: Any):
    read = OverridesParser.create().parse_override(f"++k={written(value)}").value()
    told = OmegaConf.to_container(OmegaConf.create({"k": read}), resolve=True)
    assert told == {"k": value}


def test_a_shell_reads_words_back():
    words = [f"key={text}" for text in [*HOSTILE, "tab\tand\nline", "\x1b[31m", "'\x07\\", "\u202e", "\u2028 é'\x01"]]
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {in_shell(words)}"], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == words
    assert all(c.isprintable() for c in in_shell(words))


def test_what_needs_no_quotes_has_none():
    assert (
        in_shell(["quantray", "run", "+experiment=options_sweep", "seed=3"])
        == "quantray run +experiment=options_sweep seed=3"
    )
    assert in_shell(["space.a=['x y']"]) == "\"space.a=['x y']\""
