"""Data that lie in files go to Ray as their names, others as they are; tests/sweeps/test_streaming.py asks a Ray."""

from __future__ import annotations

from dataclasses import dataclass

from quantray.runner import nodes


@dataclass
class Held:
    nbytes: int = 7
    digest: str = "one"


@dataclass
class Lying(Held):
    there: bool = True

    def named(self) -> Held | None:
        return Held(0) if self.there else None

    def whole(self) -> bool:
        return self.there


def test_only_what_lies_in_files_has_names() -> None:
    held, out = Held(), Lying(there=False)
    assert nodes.named(held) is held
    assert nodes.named(out) is out
    assert nodes.named(Lying()).nbytes == 0


def test_a_cluster_without_a_node_is_asked_nothing() -> None:
    assert nodes.agreed([])
    nodes.refused([])
