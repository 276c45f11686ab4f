"""The kit for a cluster in scripts/kuberay: manifest and image fit KubeRay, this package and each other."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from quantray.config.plans import load_plan
from quantray.sweeps.plan import Plan
from tests.builders.kuberay import KIT, RAY_JOB, instructions, manifest

ROOT = KIT.parents[1]


def _containers(job: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [container for group in groups for container in group["template"]["spec"]["containers"]]


def _faults(job: dict[str, Any]) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema", reason="it comes with ray[default]")
    return [error.message for error in jsonschema.Draft202012Validator(RAY_JOB).iter_errors(job)]


def test_the_manifest_is_what_kuberay_takes() -> None:
    assert _faults(manifest()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda spec: spec.update(entrypont="x"),
        lambda spec: spec.pop("entrypoint"),
        lambda spec: spec["rayClusterSpec"]["authOptions"].update(mode="tokn"),
        lambda spec: spec["rayClusterSpec"]["headGroupSpec"]["rayStartParams"].update({"num-cpus": 0}),
        lambda spec: spec["rayClusterSpec"]["workerGroupSpecs"][0].update(replicas="2"),
    ],
    ids=["typo", "missing", "mode", "number", "text"],
)
def test_a_wrong_manifest_would_be_noticed(spoil: Callable[[dict[str, Any]], object]) -> None:
    job = manifest()
    spoil(job["spec"])
    assert len(_faults(job)) == 1


def test_the_cluster_asks_for_a_token_that_stands_in_no_file() -> None:
    auth = manifest()["spec"]["rayClusterSpec"]["authOptions"]
    assert auth == {"mode": "token", "secretName": "quantray-token"}
    text = (KIT / "rayjob.yaml").read_text() + (KIT / "Dockerfile").read_text()
    assert "disabled" not in text
    assert not re.search(r"\b[0-9a-f]{32,}\b", text)


def test_what_runs_there_is_the_version_that_is_tested_here() -> None:
    job, pinned = manifest(), (ROOT / "constraints.txt").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"\nray=={job['spec']['rayClusterSpec']['rayVersion']}\n" in pinned
    assert {container["image"].rpartition(":")[2] for container in _containers(job)} == {project["version"]}
    assert len({container["image"] for container in _containers(job)}) == 1
    for container in _containers(job):
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip


@pytest.mark.slow
def test_the_entrypoint_is_a_run_that_joins_the_cluster_and_keeps_its_results() -> None:
    job = manifest()
    python, module, name, *overrides = shlex.split(job["spec"]["entrypoint"])
    assert (python, module, name) == ("python", "-m", "quantray.run")
    plan = load_plan(overrides)
    assert isinstance(plan, Plan)
    assert (plan.runner.kind, plan.runner.address) == ("ray", "auto")
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    (mount,) = head["containers"][0]["volumeMounts"]
    assert str(plan.run_dir).startswith(f"{mount['mountPath']}/")
    assert [volume["name"] for volume in head["volumes"]] == [mount["name"]]


def test_the_image_is_made_of_what_is_here() -> None:
    steps = instructions()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert steps[0][0] == "FROM"
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", steps[0][1])
    copied = [name for step, words in steps if step == "COPY" for name in words.split()[:-1]]
    assert all((ROOT / name).exists() for name in copied)
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*shipped["only-include"], "pyproject.toml", "constraints.txt", project["readme"]} == set(copied)
    (extras,) = re.findall(r"\.\[([a-z,]+)\]", " ".join(words for step, words in steps if step == "RUN"))
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    assert ("USER", "1000") in steps  # nobody is root on a node
    assert {step for step, _ in steps} <= {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER"}
