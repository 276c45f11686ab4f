"""What KubeRay takes, as far as the manifest in scripts/kuberay uses it: its RayJob of ray.io/v1 and Kubernetes' pods.

Reduced by hand from their references; a key that stands nowhere here is refused, as ``kubectl --validate=strict`` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

KIT = Path(__file__).parents[2] / "scripts" / "kuberay"
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}
FLAG: dict[str, Any] = {"type": "boolean"}
NAME: dict[str, Any] = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
QUANTITY: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"}


def mapping(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object of these keys and no other; ``required`` are names with blanks between them."""
    return {
        "type": "object", "properties": properties, "required": required.split(), "additionalProperties": False,
    }  # fmt: skip


def several(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


def of(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


SECRET = mapping("name key", name=NAME, key=TEXT)
ENV = mapping("name", name=TEXT, value=TEXT, valueFrom=mapping(secretKeyRef=SECRET))
CONTAINER = mapping(
    "name image", name=NAME, image=TEXT, env=several(ENV),
    ports=several(mapping("containerPort", name=NAME, containerPort=WHOLE)),
    resources=mapping(requests=of(QUANTITY), limits=of(QUANTITY)),
    securityContext=mapping(
        allowPrivilegeEscalation=FLAG, capabilities=mapping(drop=several(TEXT)), readOnlyRootFilesystem=FLAG
    ),
    volumeMounts=several(mapping("name mountPath", name=NAME, mountPath=TEXT, readOnly=FLAG)),
)  # fmt: skip
VOLUME = mapping("name", name=NAME, persistentVolumeClaim=mapping("claimName", claimName=NAME, readOnly=FLAG))
POD = mapping(
    "containers", containers=several(CONTAINER, 1), volumes=several(VOLUME),
    securityContext=mapping(runAsNonRoot=FLAG, runAsUser=WHOLE, fsGroup=WHOLE),
)  # fmt: skip
TEMPLATE = mapping("spec", spec=POD)
CLUSTER = mapping(
    "headGroupSpec", rayVersion=TEXT,
    authOptions=mapping(mode={"enum": ["disabled", "token"]}, secretName=NAME),
    headGroupSpec=mapping("template", rayStartParams=of(TEXT), template=TEMPLATE),
    workerGroupSpecs=several(
        mapping(
            "groupName template maxReplicas minReplicas", groupName=TEXT, replicas=WHOLE, minReplicas=WHOLE,
            maxReplicas=WHOLE, rayStartParams=of(TEXT), template=TEMPLATE,
        )
    ),
)  # fmt: skip
RAY_JOB = mapping(
    "apiVersion kind metadata spec", apiVersion={"const": "ray.io/v1"}, kind={"const": "RayJob"},
    metadata=mapping("name", name=NAME, namespace=NAME, labels=of(TEXT)),
    spec=mapping(
        "entrypoint rayClusterSpec", entrypoint=TEXT, backoffLimit=WHOLE, shutdownAfterJobFinishes=FLAG,
        ttlSecondsAfterFinished=WHOLE, activeDeadlineSeconds=WHOLE, runtimeEnvYAML=TEXT, suspend=FLAG,
        rayClusterSpec=CLUSTER,
    ),
)  # fmt: skip


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((KIT / "rayjob.yaml").read_text(encoding="utf-8"))
    return found


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile does: instruction and arguments, continued lines as one, comments left out."""
    lines = [line for line in (KIT / "Dockerfile").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split()[0], " ".join(line.split()[1:])) for line in joined.splitlines() if line.strip()]
