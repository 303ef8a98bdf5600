"""Compose's and Kubernetes's files: as their own tools read them, and in agreement with what the service says of itself."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
TOOLS = Path(sys.executable).parent
ENDING_SECONDS = int(re.search(r"^ENDING_SECONDS = (\d+)", (DEPLOY / "gunicorn.conf.py").read_text(), re.MULTILINE)[1])
OURS = ("web", "worker")
OVERLAYS = ("production", "one-host")
KNOWN = set(re.findall(r"`([A-Z][A-Z_]+)`", (PROJECT / "README.md").read_text()))


def strangers(names):
    """Settings that no one reads: a misspelt one is silently without effect."""
    return [name for name in names if name.removesuffix("_FILE") not in KNOWN and name not in KNOWN]


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    """What Compose makes of the file, by its own schema; an unknown key is an error."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copytree(DEPLOY, folder / "deploy", ignore=shutil.ignore_patterns("sandbox", "__pycache__"))
    words = [TOOLS / "docker-compose", "--file", "deploy/compose.yaml", "--profile", "monitoring", "config"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    said = subprocess.run(
        [*words, "--format", "json"], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout)


@pytest.mark.parametrize("name", OURS)
def test_compose_gives_our_containers_no_more_than_they_need(composed, name):
    service = composed["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["replicas"] == 2
    assert {"DATABASE_URL_FILE", "HUBSPOT_ACCESS_TOKEN_FILE"} <= set(service["environment"])
    assert "ports" not in service


@pytest.mark.parametrize("name", OURS)
def test_compose_names_only_settings_that_are_read(composed, name):
    given = set(composed["services"][name]["environment"]) - {"TICKETS_SECRET_FILE"}
    assert strangers(given) == []


def test_compose_hands_every_secret_over_as_a_file(composed):
    for service in composed["services"].values():
        for name in service.get("environment", {}):
            assert not re.search(r"(PASSWORD|TOKEN|SECRET|DATABASE_URL)$", name), name


def test_compose_waits_for_a_drain_to_end(composed):
    drain = float(composed["services"]["web"]["environment"]["DRAIN_SECONDS"])
    assert f"{drain + ENDING_SECONDS + 5:.0f}s" == composed["services"]["web"]["stop_grace_period"]


def test_nothing_outside_reaches_the_database_or_the_metrics(composed):
    assert list(composed["services"]["database"]["networks"]) == ["inside"]
    assert composed["networks"]["inside"]["internal"]
    assert [name for name, one in composed["services"].items() if "ports" in one] == ["balancer", "grafana"]


def test_nginx_logs_no_path_token():
    known = re.search(r"~(\^\(\?<known>.+?) \$known", (DEPLOY / "nginx" / "marquee.conf").read_text())[1]
    matched = re.match(known.replace("?<known>", "?P<known>"), "/webhooks/box-office/secret-token?x=1")
    assert matched["known"] == "/webhooks/box-office"


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request, tmp_path_factory):
    """What kustomize makes of an overlay, valid against the API's own schemas."""
    if not shutil.which("kubectl"):
        pytest.skip("no kubectl on this machine, which has kustomize in it")
    folder = tmp_path_factory.mktemp("kubernetes")
    shutil.copytree(DEPLOY / "kubernetes", folder, dirs_exist_ok=True)
    (folder / "overlays" / request.param / "secrets.env").write_text("TICKETS_SECRET=only-for-this-test\n")
    words = ["kubectl", "kustomize", folder / "overlays" / request.param]
    built = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    (folder / "built.yaml").write_text(built)
    validated = subprocess.run(
        [TOOLS / "kubernetes-validate", "--strict", folder / "built.yaml"], check=False, capture_output=True, text=True
    )
    assert validated.returncode == 0, validated.stdout + validated.stderr
    return list(yaml.safe_load_all(built))


def of_kind(manifests, kind):
    return [one for one in manifests if one["kind"] == kind]


def test_pods_are_as_restricted_as_kubernetes_knows(manifests):
    assert of_kind(manifests, "Deployment")
    for deployment in of_kind(manifests, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["automountServiceAccountToken"]
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


def test_pods_are_given_the_time_to_drain(manifests):
    (web,) = [one for one in of_kind(manifests, "Deployment") if one["metadata"]["name"] == "web"]
    pod = web["spec"]["template"]["spec"]
    (drain,) = [one["value"] for one in pod["containers"][0]["env"] if one["name"] == "DRAIN_SECONDS"]
    assert pod["terminationGracePeriodSeconds"] >= float(drain) + ENDING_SECONDS
    probe = pod["containers"][0]["readinessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] < float(drain)


def test_pods_are_given_only_settings_that_are_read(manifests):
    (settings,) = [one for one in of_kind(manifests, "ConfigMap") if one["metadata"]["name"].startswith("settings-")]
    own = [
        one["name"]
        for deployment in of_kind(manifests, "Deployment")
        for one in deployment["spec"]["template"]["spec"]["containers"][0].get("env", [])
    ]
    assert strangers([*settings["data"], *own]) == []


def test_nothing_of_the_operator_is_let_in_from_the_internet(manifests):
    (ingress,) = of_kind(manifests, "Ingress")
    assert [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]] == ["/webhooks"]


def test_pods_may_call_no_private_network(manifests):
    (worker,) = [one for one in of_kind(manifests, "NetworkPolicy") if one["metadata"]["name"] == "worker"]
    (rule,) = worker["spec"]["egress"]
    assert rule["ports"] == [{"port": 443}]
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(rule["to"][0]["ipBlock"]["except"])


def test_a_pod_with_its_own_inbox_is_never_two(manifests):
    (web,) = [one for one in of_kind(manifests, "Deployment") if one["metadata"]["name"] == "web"]
    volumes = web["spec"]["template"]["spec"]["volumes"]
    if any("persistentVolumeClaim" in volume for volume in volumes):
        assert web["spec"]["replicas"] == 1
        assert web["spec"]["strategy"] == {"type": "Recreate"}
        assert of_kind(manifests, "HorizontalPodAutoscaler") == []


def test_what_compose_mounts_is_there(composed):
    mounted = [
        Path(volume["source"])
        for service in composed["services"].values()
        for volume in service.get("volumes", [])
        if volume["type"] == "bind"
    ]
    assert mounted
    assert [place for place in mounted if not place.exists()] == []
