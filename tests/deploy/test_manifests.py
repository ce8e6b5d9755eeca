"""The manifests, as `kubectl kustomize` makes them of each overlay."""

import base64
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.programs import PROGRAM_SECONDS_MAX, require_program

from .schema import problems

DEPLOY = Path(__file__).parents[2] / "deploy"
OVERLAYS = ("local", "aws", "aws-external-secret")
PORTS = {
    "movimiento-inventario": 5001,
    "orden-compra": 5002,
    "proveedor": 5003,
    "ingreso-inventario": 5004,
}
# The variables of each service: where the endpoint, the region and the keys come from.
DYNAMODB = ("DYNAMODB_ENDPOINT_URL", "DYNAMODB_REGION", "DYNAMODB_ACCESS_KEY", "DYNAMODB_SECRET_KEY")
AWS = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
VARIABLES = {
    "movimiento-inventario": DYNAMODB,
    "orden-compra": AWS,
    "proveedor": AWS,
    "ingreso-inventario": DYNAMODB,
}

Manifests = dict[tuple[str, str], dict[str, Any]]


@cache
def render(overlay: str) -> Manifests:
    """The manifests of an overlay, by kind and name; generated names are without their hash."""
    done = subprocess.run(
        [require_program("kubectl"), "kustomize", str(DEPLOY / "kubernetes" / "overlays" / overlay)],
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        (manifest["kind"], generated(manifest["kind"], manifest["metadata"]["name"])): manifest
        for manifest in yaml.safe_load_all(done.stdout)
    }


def generated(kind: str, name: str) -> str:
    """The name of a manifest, without the hash that a generator adds."""
    return name.rpartition("-")[0] if kind in ("ConfigMap", "Secret") else name


def containers(manifests: Manifests) -> dict[str, dict[str, Any]]:
    """The container of each deployment."""
    return {
        name: manifest["spec"]["template"]["spec"]["containers"][0]
        for (kind, name), manifest in manifests.items()
        if kind == "Deployment"
    }


def environment(container: dict[str, Any]) -> dict[str, Any]:
    """A container's variables: texts, or the name and key that they are taken from."""
    found = {}
    for each in container["env"]:
        (source,) = each.get("valueFrom", {"": None}).values()
        found[each["name"]] = each.get("value") if source is None else (source["name"], source["key"])
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_manifests_follow_their_schemas(overlay: str) -> None:
    assert [problem for manifest in render(overlay).values() for problem in problems(manifest)] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda pod: pod["containers"][0].update(imagePullpolicy="Always"), "imagePullpolicy: unknown"),
        (lambda pod: pod["containers"][0].pop("resources"), "resources: missing"),
        (lambda pod: pod["containers"][0].update(image="stator"), "'stator' is not a image"),
        (lambda pod: pod["containers"][0]["env"][0].update(value=5004), "5004 is not of type str"),
        (lambda pod: pod.update(containers=[]), "containers: not a list with entries"),
    ],
)
def test_the_schema_finds_faults(change: Callable[[Any], Any], problem: str) -> None:
    manifest = yaml.safe_load(yaml.safe_dump(render("local")["Deployment", "proveedor"]))
    change(manifest["spec"]["template"]["spec"])
    (found,) = problems(manifest)
    assert found.endswith(problem)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_and_their_deployments_fit(overlay: str) -> None:
    manifests = render(overlay)
    for service, port in PORTS.items():
        spec = manifests["Service", service]["spec"]
        deployment = manifests["Deployment", service]["spec"]
        assert spec["selector"].items() <= deployment["template"]["metadata"]["labels"].items()
        assert (spec["ports"][0]["port"], spec["ports"][0]["targetPort"]) == (port, "http")
        container = containers(manifests)[service]
        assert container["ports"] == [{"name": "http", "containerPort": port}]
        assert (environment(container)["PORT"], environment(container)["PROJECTORS"]) == (str(port), "apart")
        projector = manifests["Deployment", f"{service}-projector"]["spec"]
        assert (projector["replicas"], projector["strategy"]["type"]) == (1, "Recreate")
        module = f"services.inventory.{service.replace('-', '_')}"
        assert (DEPLOY.parent / module.replace(".", "/") / "__main__.py").is_file()
        assert container["args"] == [module, "serve"]
        assert containers(manifests)[f"{service}-projector"]["args"] == [module, "project"]
    for (kind, _), manifest in manifests.items():
        if kind in ("Deployment", "StatefulSet"):
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_run_with_few_rights(overlay: str) -> None:
    for (kind, _), manifest in render(overlay).items():
        if kind not in ("Deployment", "StatefulSet", "Job"):
            continue
        pod = manifest["spec"]["template"]["spec"]
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        # With service links, the Service called stator would set STATOR_PORT to an address.
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_settings_come_from_a_map_and_keys_from_a_secret(overlay: str) -> None:
    manifests = render(overlay)
    settings = manifests["ConfigMap", "dynamodb"]
    secret = manifests.get(("Secret", "dynamodb-credentials"), {"metadata": {"name": "dynamodb-credentials"}})
    for service, (endpoint, region, access_key, secret_key) in VARIABLES.items():
        for deployment in (service, f"{service}-projector"):
            found = environment(containers(manifests)[deployment])
            assert found[endpoint] == (settings["metadata"]["name"], "endpoint")
            assert found[region] == (settings["metadata"]["name"], "region")
            keys = (found.get(access_key), found.get(secret_key))
            if overlay == "aws":
                assert keys == (None, None)
            else:
                name = secret["metadata"]["name"]
                assert keys == ((name, "access-key"), (name, "secret-key"))


def test_local_has_stator_and_its_tables() -> None:
    manifests = render("local")
    assert manifests["ConfigMap", "dynamodb"]["data"]["endpoint"] == "http://stator:8000"
    assert manifests["Service", "stator"]["spec"]["ports"][0]["port"] == 8000
    data = manifests["Secret", "dynamodb-credentials"]["data"]
    assert {name: base64.b64decode(value) for name, value in data.items()} == {
        "access-key": b"local",
        "secret-key": b"local",
    }
    (job,) = manifests["Job", "create-tables"]["spec"]["template"]["spec"]["containers"]
    assert job["args"] == ["services.inventory", "create-tables"]


def test_aws_has_a_role_and_no_keys() -> None:
    manifests = render("aws")
    assert manifests["ConfigMap", "dynamodb"]["data"] == {"endpoint": "", "region": "us-east-1"}
    account = manifests["ServiceAccount", "inventory"]
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].startswith("arn:aws:iam::")
    assert {kind for kind, _ in manifests} == {
        "ConfigMap",
        "Deployment",
        "Namespace",
        "Service",
        "ServiceAccount",
    }
    for (kind, _), manifest in manifests.items():
        if kind == "Deployment":
            assert manifest["spec"]["template"]["spec"]["serviceAccountName"] == "inventory"


def test_the_alternative_fetches_keys_from_secrets_manager() -> None:
    manifests = render("aws-external-secret")
    assert manifests["ConfigMap", "dynamodb"]["data"]["endpoint"] == ""
    spec = manifests["ExternalSecret", "dynamodb-credentials"]["spec"]
    assert spec["target"]["name"] == "dynamodb-credentials"
    assert [each["secretKey"] for each in spec["data"]] == ["access-key", "secret-key"]
    store = manifests[spec["secretStoreRef"]["kind"], spec["secretStoreRef"]["name"]]
    assert store["spec"]["provider"]["aws"]["service"] == "SecretsManager"
    assert ("Secret", "dynamodb-credentials") not in manifests
