"""Other users of the machine, for tests that run as root: what they may do is asked of the kernel, not of a mock."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


def uid_of(name: str) -> int:
    """The number of a user that every machine has; skips where this one has not."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        pytest.skip(f"this machine has no user {name}")


def as_user(name: str, program: str, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Run a Python program as that user, with no variables but these."""
    return subprocess.Popen(
        [_interpreter(name), "-c", program, *words], **_like(name, environment), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def said_by(name: str, program: str, *words: str, **environment: str) -> str:
    """What a program that ends well printed as that user."""
    process = as_user(name, program, *words, **environment)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return out.strip()


@cache
def _interpreter(name: str) -> str:
    """A Python of this version that the user may run; skips where the only one is in somebody's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, f"/usr/local/bin/{version}", f"/usr/bin/{version}"):
        with suppress(OSError):
            if subprocess.run([path, "-c", "import numpy"], **_like(name, {}), capture_output=True).returncode == 0:
                return path
    pytest.skip(f"no {version} that user {name} may run")


def _like(name: str, environment: dict[str, str]) -> dict[str, Any]:
    uid = uid_of(name)
    packages = [path for path in sys.path if path.endswith("site-packages")]
    path = os.pathsep.join([str(ROOT), *packages])
    mine = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath} | environment
    return {"user": uid, "group": pwd.getpwuid(uid).pw_gid, "extra_groups": [], "cwd": "/", "env": mine}
