"""A Ray cluster for quantray, node by node: ``python scripts/cluster.py up|join|down`` (docs/cluster.md).

``up FOLDER`` starts the head on this machine and makes FOLDER/token; ``join FOLDER HEAD:PORT`` adds this machine, when
FOLDER/token holds the same token; ``down FOLDER`` ends what this script started here, and nothing else. Every port lies
in one range, BASE to BASE + 199. Nobody without the token can submit anything.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

RAY = [sys.executable, "-m", "ray.scripts.scripts"]
#: Offsets from BASE; workers have BASE + 100 to BASE + 199.
PORTS = {
    "--object-manager-port": 2, "--node-manager-port": 3, "--runtime-env-agent-port": 4,
    "--dashboard-agent-listen-port": 5, "--dashboard-agent-grpc-port": 6, "--metrics-export-port": 7,
}  # fmt: skip
HEAD_PORTS = {"--port": 0, "--dashboard-port": 1, "--ray-client-server-port": 8}
LAST = 199
#: By Ray's own, workers starve beside other work, and a node that is told to end waits half a minute for them.
OURS = {"RAY_worker_niceness": "0", "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0"}


def environment(folder: Path) -> dict[str, str]:
    """What a node and every client of the cluster need: the token, and where it answers."""
    wanted = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": (folder / "token").read_text().strip()}
    return {**OURS, **os.environ, **wanted, "RAY_USAGE_STATS_ENABLED": "0"}


def ports(base: int, head: bool) -> list[str]:
    """Options of ``ray start`` that keep every port in one range."""
    offsets = {**PORTS, **(HEAD_PORTS if head else {})}
    fixed = [f"{option}={base + offset}" for option, offset in offsets.items()]
    return [*fixed, f"--min-worker-port={base + 100}", f"--max-worker-port={base + LAST}"]


def up(given: argparse.Namespace) -> int:
    """Start the head, and wait until it takes jobs."""
    token = given.folder / "token"
    if not token.exists():
        given.folder.mkdir(parents=True, exist_ok=True)
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32) + "\n")
    options = ["--head", f"--node-ip-address={given.host}", f"--dashboard-host={given.host}"]
    start(given, [*options, f"--temp-dir={given.folder.resolve() / 'ray'}", *ports(given.base, True)])
    wait_for(given, given.base)
    wait_for(given, given.base + 1)
    print(f"head       {given.host}:{given.base}")
    print(f"jobs       http://{given.host}:{given.base + 1}")
    print(f"here       export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=$(cat {token})")
    print(f"elsewhere  python scripts/cluster.py join FOLDER {given.host}:{given.base}")
    return 0


def join(given: argparse.Namespace) -> int:
    """Add this machine to the cluster of a head."""
    start(given, [f"--address={given.head}", *ports(given.base, False)])
    wait_for(given, given.base + PORTS["--node-manager-port"])
    print(f"this machine works for {given.head}")
    return 0


def start(given: argparse.Namespace, options: list[str]) -> None:
    """``ray start --block`` in a session of its own, its pid kept in the folder."""
    if (given.folder / "pid").exists():
        raise SystemExit(f"{given.folder} has a node already; python scripts/cluster.py down {given.folder}")
    options += [f"--num-cpus={given.cpus}"] if given.cpus else []
    options += [f"--object-store-memory={given.store_mb << 20}"] if given.store_mb else []
    with open(given.folder / "node.log", "ab") as log:
        process = subprocess.Popen(
            [*RAY, "start", "--block", "--disable-usage-stats", *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(given.folder), start_new_session=True,
        )  # fmt: skip
    (given.folder / "pid").write_text(json.dumps({"pid": process.pid, "born": born(process.pid)}))


def wait_for(given: argparse.Namespace, port: int) -> None:
    """Until something listens on the port; ends when the node did."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if running(given.folder) is None:
            break
        try:
            socket.create_connection((given.host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.3)
    down(given)
    raise SystemExit(f"the node did not start; see {given.folder / 'node.log'}")


def born(pid: int) -> str | None:
    """When a process began; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def running(folder: Path) -> int | None:
    """The pid of the folder's node, if that very process lives."""
    if not (folder / "pid").exists():
        return None
    kept = json.loads((folder / "pid").read_text())
    return int(kept["pid"]) if kept["born"] is not None and born(kept["pid"]) == kept["born"] else None


def down(given: argparse.Namespace) -> int:
    """End this machine's node with what it started; other Ray clusters on the machine are left alone."""
    pid = running(given.folder)
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 30
        if running(given.folder) is not None and pid is not None:
            os.killpg(pid, number) if number == signal.SIGKILL else os.kill(pid, number)
        while running(given.folder) is not None and time.monotonic() < deadline:
            time.sleep(0.2)
    (given.folder / "pid").unlink(missing_ok=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(metavar="up|join|down", required=True)
    for name, work in (("up", up), ("join", join), ("down", down)):
        verb = verbs.add_parser(name, help=(work.__doc__ or "").splitlines()[0])
        verb.add_argument("folder", type=Path, help="where the token, the pid and the logs are; a short path")
        if name == "join":
            verb.add_argument("head", metavar="HEAD:PORT")
        verb.add_argument("--base", type=int, default=6379, help="the first of 200 ports (6379)")
        verb.add_argument("--host", default="127.0.0.1", help="the address of this machine for the others (127.0.0.1)")
        verb.add_argument("--cpus", type=int, help="cores to offer (all)")
        verb.add_argument("--store-mb", type=int, help="size of the object store in MB (Ray's own choice)")
        verb.set_defaults(work=work)
    given = parser.parse_args()
    return int(given.work(given))


if __name__ == "__main__":
    sys.exit(main())
