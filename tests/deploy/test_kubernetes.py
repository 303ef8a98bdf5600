"""Kubernetes's files: as kustomize makes them, valid by the API's own schemas, and in agreement with the service."""

import shutil
import subprocess

import pytest
import yaml
from orchestration import DEPLOY, ENDING_SECONDS, TOOLS, strangers

OVERLAYS = ("production", "one-host")


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


def test_whatever_runs_more_than_once_is_spread_and_never_all_gone_at_once(manifests):
    many = [one for one in of_kind(manifests, "Deployment") if one["spec"]["replicas"] > 1]
    budgets = {
        one["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]: one["spec"]["maxUnavailable"]
        for one in of_kind(manifests, "PodDisruptionBudget")
    }
    for deployment in many:
        assert budgets[deployment["metadata"]["name"]] == 1
        assert deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    for scaler in of_kind(manifests, "HorizontalPodAutoscaler"):
        assert scaler["spec"]["scaleTargetRef"]["name"] in {one["metadata"]["name"] for one in many}
        assert scaler["spec"]["minReplicas"] >= 2


def test_every_pod_is_probed_and_asks_for_what_it_needs(manifests):
    for deployment in of_kind(manifests, "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    (web,) = [one for one in of_kind(manifests, "Deployment") if one["metadata"]["name"] == "web"]
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["startupProbe"]["httpGet"]["path"] == "/livez"


def test_nothing_is_let_in_or_out_but_what_is_named(manifests):
    (rest,) = [one for one in of_kind(manifests, "NetworkPolicy") if one["spec"]["podSelector"] == {}]
    assert sorted(rest["spec"]["policyTypes"]) == ["Egress", "Ingress"]
    assert not {"ingress", "egress"} & set(rest["spec"])


def test_a_service_finds_the_pods_that_the_ingress_asks_for(manifests):
    (service,), (ingress,) = of_kind(manifests, "Service"), of_kind(manifests, "Ingress")
    (asked,) = [
        path["backend"]["service"]["name"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]
    ]
    assert asked == service["metadata"]["name"]
    (web,) = [one for one in of_kind(manifests, "Deployment") if one["metadata"]["name"] == "web"]
    labels = web["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
