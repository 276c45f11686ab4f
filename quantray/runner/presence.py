"""Is there a Ray cluster at an address? Asked in seconds; Ray itself waits for minutes for one that is not there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress

from quantray.errors import ConfigError
from quantray.outlets import logger

_log = logger(__name__)
#: How long a cluster's head may be away before a run is given up: one of this machine does not come back.
GONE_S, LOCAL_GONE_S, LOOK_S = 10.0, 4.0, 1.0
ANSWER_S = 5.0  # until whoever listens there has spoken
JOIN_S, LEAVE_S = 20.0, 3.0  # until a process that does nothing else has joined, and has left
#: What Ray logs once a second while the port does not answer as it should, and how often that is enough.
_REFUSED, MOST_REFUSED = "Failed to get cluster ID from GCS server", 4
#: How every gRPC server is greeted (RFC 9113, 3.4): the preface and empty SETTINGS. It answers with its own.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS = 4
_JOINED, _FAILED = "quantray joined", "quantray failed: "
#: What Ray Client asks first (ClusterInfo of type PING, ray_client.proto). No other port of Ray knows the question,
#: and Ray itself would ask it again and again.
_CLIENT, _QUESTION, _PING = "ray://", "/ray.rpc.RayletDriver/ClusterInfo", bytes([8, 6])
_NOT_CLIENT = (
    "a gRPC server listens there, and is not Ray Client's; give its port (10001 unless it was chosen), "
    "or HOST:PORT of the cluster's head"
)
_JOIN = f"""
import os, sys, ray
try:
    if sys.argv[1].startswith("{_CLIENT}") and os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        import grpc
        try:
            with grpc.insecure_channel(sys.argv[1].removeprefix("{_CLIENT}")) as channel:
                channel.unary_unary("{_QUESTION}")({_PING!r}, timeout={ANSWER_S})
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                raise ConnectionError("{_NOT_CLIENT}")
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level="CRITICAL", configure_logging=False)
    print("{_JOINED}", flush=True)
    ray.shutdown()
except BaseException as error:
    print("{_FAILED}" + (str(error).strip().splitlines() or [type(error).__name__])[0], flush=True)
    os._exit(3)
"""


def check(address: str) -> None:
    """ConfigError unless a cluster is at ``address`` (auto, HOST:PORT or ray://HOST:PORT) that takes a job.

    First the port is greeted as gRPC greets: what is something else says so at once, or nothing at all. Then another
    process joins, because only Ray knows whether it is Ray, and of a version that ours can talk to; that process can
    be given up, which a thread inside Ray cannot.
    """
    if address != "auto":
        host, _, port = address.removeprefix(_CLIENT).rpartition(":")
        if said := silent(host.strip("[]"), int(port)):
            raise ConfigError(f"runner.address={address}: no Ray cluster answers there: {said}")
    if said := _join(address):
        raise ConfigError(f"runner.address={address}: no Ray cluster answers there: {said}")


def _join(address: str) -> str | None:
    """What keeps another process from joining, in half a sentence; it is given up as soon as Ray's log says so."""
    process = subprocess.Popen(
        [sys.executable, "-c", _JOIN, address],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    timer = threading.Timer(JOIN_S, process.kill)
    timer.start()
    refused = 0
    try:
        for line in process.stdout:
            text = line.decode(errors="replace").strip()
            if text.startswith(_JOINED):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LEAVE_S)
                return None
            if text.startswith(_FAILED):
                return text.removeprefix(_FAILED)
            refused += _REFUSED in text
            if "InvalidAuthToken" in text:
                return "it asks for a token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN to those of the cluster"
            if refused == MOST_REFUSED:
                return f"something listens that does not answer as Ray does ({text.partition(_REFUSED)[2].strip(': ')})"
        return f"something listens, and took no job in {JOIN_S:.0f} s; is the cluster up (ray status)?"
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def silent(host: str, port: int, seconds: float = ANSWER_S) -> str | None:
    """What is wrong with the gRPC server at a port, in half a sentence; None when it answers as one.

    Where Ray speaks TLS a connection has to do.
    """
    try:
        with closing(socket.create_connection((host, port), timeout=seconds)) as line:
            if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
                return None
            line.sendall(_PREFACE)
            answer = line.recv(9)
    except TimeoutError:
        return (
            f"whatever listens there said nothing in {seconds:g} s, which Ray does at once; is it the cluster's port?"
        )
    except (OSError, OverflowError) as error:
        return str(error)
    if len(answer) < 4 or answer[3] != _SETTINGS:
        return "what listens there is not Ray; give the port of the cluster's head (6379 unless it was chosen)"
    return None


def same(address: str, other: str) -> bool:
    """Do two addresses HOST:PORT name one port of one machine?"""
    ours, theirs = ((host.strip("[]"), port) for host, _, port in (a.rpartition(":") for a in (address, other)))
    if ours[1] != theirs[1]:
        return False
    return ours[0] == theirs[0] or bool(_machines(ours[0]) & _machines(theirs[0]))


def _machines(host: str) -> set[str]:
    """Addresses of a host; those of this machine stand for each other."""
    try:
        found = {str(line[4][0]) for line in socket.getaddrinfo(host, None)}
    except OSError:
        return set()
    return found | {"here"} if any(_is_ours(one) for one in found) else found


def _is_ours(ip: str) -> bool:
    """An address is this machine's when something can listen at it."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as line:
            line.bind((ip, 0))
    except OSError:
        return False
    return True


_watched: set[str] = set()
_lost: list[Callable[[str], None]] = []


def when_lost(end: Callable[[str], None]) -> None:
    """``end`` hears the sentence about a cluster that went away, in a thread of its own, and must end the process.

    Nothing else can: inside Ray every thread waits, deaf to signals, until Ray ends the process a minute later.
    Without this the sentence is logged, and that minute passes.
    """
    _lost[:] = [end]


def watch(address: str, head: str, joined: Callable[[], bool]) -> None:
    """Look after the head of the cluster at HOST:PORT while this process has ``joined`` it."""
    if head not in _watched:
        _watched.add(head)
        threading.Thread(target=_look, args=(address, head, joined), name="quantray-cluster", daemon=True).start()


def _look(address: str, head: str, joined: Callable[[], bool]) -> None:
    host, _, port = head.rpartition(":")
    patience = LOCAL_GONE_S if address == "local" else GONE_S
    gone, told = 0.0, False
    while joined():
        time.sleep(LOOK_S)
        said, now = silent(host.strip("[]"), int(port)), time.monotonic()
        if said is None:
            gone, told = 0.0, False
            continue
        gone = gone or now
        if not told and now - gone >= 2 * LOOK_S and joined():
            told = True
            _log.warning(
                "the head of the Ray cluster at %s does not answer (%s); waiting %g s for it", head, said, patience
            )
        if now - gone >= patience and joined():
            _give_up(
                f"the Ray cluster went away: its head at {head} has not answered for {now - gone:.0f} s ({said}). "
                "What is stored stays stored; the same command goes on with it"
                + ("" if address == "local" else ", once the cluster is up again")
            )
            break
    _watched.discard(head)


def _give_up(sentence: str) -> None:
    _log.error("%s", sentence) if not _lost else _lost[0](sentence)
