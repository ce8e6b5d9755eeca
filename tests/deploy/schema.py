"""What manifests may have, as data: the fields of the kinds that we use, which are needed, and their types.

A schema is a type, a predicate, a list of one schema, or a mapping of fields; a field with a "!" must be
there, and ANY stands for every name. What no schema names is wrong: a misspelt field is silently ignored by
Kubernetes. Source: the API reference of Kubernetes 1.32 and, for its kinds, of the External Secrets Operator.
"""

import re
from collections.abc import Iterator
from typing import Any

ANY = "*"
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi)?")
IMAGE = re.compile(r"[a-z0-9./-]+:[0-9][0-9.]*")


def name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def quantity(value: Any) -> bool:
    return isinstance(value, str) and QUANTITY.fullmatch(value) is not None


def image(value: Any) -> bool:
    """An image of a version; none that may be another one tomorrow."""
    return isinstance(value, str) and IMAGE.fullmatch(value) is not None


def port(value: Any) -> bool:
    return name(value) or (isinstance(value, int) and 0 < value < 65536)


TEXTS = {ANY: str}
META = {"name!": name, "namespace": name, "labels": TEXTS, "annotations": TEXTS}
KEY = {"name!": name, "key!": str, "optional": bool}
ENV = {"name!": str, "value": str, "valueFrom": {"configMapKeyRef": KEY, "secretKeyRef": KEY}}
PROBE = {
    "httpGet!": {"path!": str, "port!": port},
    "periodSeconds": int,
    "timeoutSeconds": int,
    "failureThreshold": int,
}
CONTAINER = {
    "name!": name,
    "image!": image,
    "args": [str],
    "env": [ENV],
    "ports": [{"name": name, "containerPort!": port}],
    "readinessProbe": PROBE,
    "livenessProbe": PROBE,
    "volumeMounts": [{"name!": name, "mountPath!": str}],
    "resources!": {"requests!": {ANY: quantity}, "limits!": {ANY: quantity}},
    "securityContext!": {
        "allowPrivilegeEscalation!": bool,
        "readOnlyRootFilesystem!": bool,
        "capabilities!": {"drop!": [str]},
    },
}
POD = {
    "serviceAccountName": name,
    "automountServiceAccountToken!": bool,
    "enableServiceLinks!": bool,
    "restartPolicy": str,
    "securityContext!": {
        "runAsNonRoot!": bool,
        "runAsUser!": int,
        "runAsGroup!": int,
        "fsGroup": int,
        "seccompProfile!": {"type!": str},
    },
    "containers!": [CONTAINER],
    "volumes": [{"name!": name, "emptyDir": {}}],
}
TEMPLATE = {"metadata!": {"labels!": TEXTS}, "spec!": POD}
SELECTOR = {"matchLabels!": TEXTS}

KINDS: dict[tuple[str, str], dict[str, Any]] = {
    ("v1", "Namespace"): {},
    ("v1", "ServiceAccount"): {},
    ("v1", "ConfigMap"): {"data!": TEXTS},
    ("v1", "Secret"): {"type!": str, "data!": TEXTS},
    ("v1", "Service"): {
        "spec!": {"selector!": TEXTS, "ports!": [{"name": name, "port!": port, "targetPort": port}]}
    },
    ("apps/v1", "Deployment"): {
        "spec!": {
            "replicas!": int,
            "strategy": {"type!": str},
            "selector!": SELECTOR,
            "template!": TEMPLATE,
        }
    },
    ("apps/v1", "StatefulSet"): {
        "spec!": {
            "serviceName!": name,
            "replicas!": int,
            "selector!": SELECTOR,
            "template!": TEMPLATE,
            "volumeClaimTemplates": [
                {
                    "metadata!": META,
                    "spec!": {"accessModes!": [str], "resources!": {"requests!": {"storage!": quantity}}},
                }
            ],
        }
    },
    ("batch/v1", "Job"): {
        "spec!": {"backoffLimit": int, "ttlSecondsAfterFinished": int, "template!": TEMPLATE}
    },
    ("external-secrets.io/v1", "SecretStore"): {
        "spec!": {"provider!": {"aws!": {"service!": str, "region!": str}}}
    },
    ("external-secrets.io/v1", "ExternalSecret"): {
        "spec!": {
            "refreshInterval": str,
            "secretStoreRef!": {"kind!": str, "name!": name},
            "target!": {"name!": name},
            "data!": [{"secretKey!": str, "remoteRef!": {"key!": str, "property": str}}],
        }
    },
}


def problems(manifest: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a manifest, by paths."""
    kind = (manifest.get("apiVersion"), manifest.get("kind"))
    if kind not in KINDS:
        yield f"no schema of {kind}"
        return
    opening = {"apiVersion!": str, "kind!": str, "metadata!": META}
    yield from _problems(opening | KINDS[kind], manifest, f"{kind[1]} {manifest['metadata'].get('name')}")


def _problems(schema: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from _of_fields(schema, value, path)
    elif isinstance(schema, list):
        if not isinstance(value, list) or not value:
            yield f"{path}: not a list with entries"
            return
        for number, entry in enumerate(value):
            yield from _problems(schema[0], entry, f"{path}.{number}")
    elif isinstance(schema, type):
        if not isinstance(value, schema) or (schema is int and isinstance(value, bool)):
            yield f"{path}: {value!r} is not of type {schema.__name__}"
    elif not schema(value):
        yield f"{path}: {value!r} is not a {schema.__name__}"


def _of_fields(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    fields = {field.rstrip("!"): inner for field, inner in schema.items()}
    for field in schema:
        if field.endswith("!") and field[:-1] not in value:
            yield f"{path}.{field[:-1]}: missing"
    for field, inner in value.items():
        if field in fields or ANY in fields:
            yield from _problems(fields.get(field, fields.get(ANY)), inner, f"{path}.{field}")
        else:
            yield f"{path}.{field}: unknown"
