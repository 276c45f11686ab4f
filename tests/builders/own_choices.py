"""Choices of the user's own in conf/."""

from __future__ import annotations

from pathlib import Path


def write(conf: Path, name: str, text: str) -> None:
    path = conf / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
