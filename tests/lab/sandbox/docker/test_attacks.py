"""The attacks on a local lab, on a Docker lab: the same agent stands behind the same walls."""

from __future__ import annotations

import pytest

from lab.client import Client
from lab.sandbox.docker.backend import DockerLab
from tests.lab.sandbox import test_attacks as attacks

pytestmark = pytest.mark.docker

test_no_process_has_a_right_to_lose = attacks.test_no_process_has_a_right_to_lose
test_links_lead_only_where_the_client_could_go = (
    attacks.test_links_lead_only_where_the_client_could_go
)
test_what_is_no_file_keeps_nobody_waiting = attacks.test_what_is_no_file_keeps_nobody_waiting
test_the_kernels_settings_cannot_be_written = attacks.test_the_kernels_settings_cannot_be_written
test_system_calls_are_refused = attacks.test_system_calls_that_a_client_does_not_need_are_refused
test_only_sockets_of_a_network_can_be_made = attacks.test_only_sockets_of_a_network_can_be_made
test_nobody_types_into_a_terminal = attacks.test_nobody_types_into_a_terminal
test_a_limit_is_a_limit = attacks.test_a_limit_is_a_limit
test_a_command_ends_with_its_first_process = attacks.test_a_command_ends_with_its_first_process
test_nothing_that_an_arm_started_or_wrote_outlives_it = (
    attacks.test_nothing_that_an_arm_started_or_wrote_outlives_it
)
test_what_is_used_up_is_said = attacks.test_what_is_used_up_is_said
test_what_is_read_back_is_bounded = attacks.test_what_is_read_back_is_bounded
test_what_cannot_be_executed_is_126 = attacks.test_what_cannot_be_executed_is_126
test_a_directory_that_has_gone_is_said = attacks.test_a_directory_that_has_gone_is_said


@pytest.fixture
def client(docker_client: Client) -> Client:
    return docker_client


@pytest.fixture(scope="module")
def running_lab(docker_lab: DockerLab) -> DockerLab:
    return docker_lab


@pytest.mark.parametrize("signal", ["KILL", "TERM", "INT", "HUP", "SEGV"])
def test_the_agent_cannot_be_killed(
    docker_lab: DockerLab, docker_client: Client, signal: str
) -> None:
    docker_client.run(["sh", "-c", f"kill -{signal} 1; kill -{signal} -1"], limit=20)
    docker_lab.check()
    assert docker_client.run(["true"], limit=20).exit == 0


def test_a_file_that_the_image_has_cannot_be_replaced(docker_client: Client) -> None:
    for path in ("/lab/go", "/opt/golab", "/bin", "/etc/passwd"):
        done = docker_client.run(["sh", "-c", f"mv {path} /tmp/; echo x >{path}"], limit=20)
        assert done.exit != 0, path
    assert docker_client.run("go version", limit=20).exit == 0
