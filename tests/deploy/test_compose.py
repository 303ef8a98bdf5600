"""Compose's file: as Compose itself reads it, and in agreement with what the service says of itself."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from orchestration import DEPLOY, ENDING_SECONDS, TOOLS, strangers

OURS = ("web", "worker")


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


def test_prometheus_and_grafana_are_a_profile_of_their_own(composed):
    apart = {name for name, one in composed["services"].items() if one.get("profiles")}
    assert apart == {"prometheus", "grafana"}
    assert {tuple(composed["services"][name]["profiles"]) for name in apart} == {("monitoring",)}


def test_what_compose_mounts_is_there(composed):
    mounted = [
        Path(volume["source"])
        for service in composed["services"].values()
        for volume in service.get("volumes", [])
        if volume["type"] == "bind"
    ]
    assert mounted
    assert [place for place in mounted if not place.exists()] == []
