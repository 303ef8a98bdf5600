"""nginx and haproxy in front of several replicas, as an operator would set them up; each on a port of its own."""

import os
import shutil
import subprocess

import pytest
import requests
from running import free_port, wait_until

# Refused means another replica is asked (nginx does that by itself as long as nothing was sent); POST is never sent twice.
# timeout check: else a replica that answers late twice, on a busy machine, is left out like one that does not answer.
# max_fails=0: nginx has no health checks of its own, and shall not leave a replica out that is back already.
AROUND = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {log} notice;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
}}
"""
NGINX = """
    access_log off;
    upstream marquee {{
        {servers}
        keepalive 16;
        keepalive_timeout 1s;
    }}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 1000000;
        location / {{
            proxy_pass http://marquee;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""
HAPROXY = """
defaults
    mode http
    timeout connect 2s
    timeout client 75s
    timeout server 30s
    timeout check 2s
    option redispatch
frontend door
    bind 127.0.0.1:{port}
    default_backend marquee
backend marquee
    balance roundrobin
    option httpchk GET /readyz
    default-server check inter 250ms fall 2 rise 2 pool-purge-delay 1s
    {servers}
"""


class Balancer:
    """One program, written out and started; `replicas` are the ports behind it."""

    def __init__(self, folder, replicas):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        place = folder / f"{self.name}.conf"
        place.write_text(self.written(folder, replicas))
        words = [found(self.name), *self.options, str(place)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        wait_until(self._answers, f"{self.name} is ready", 15)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)

    def _answers(self):
        assert self._process.poll() is None, f"{self.name} ended"
        try:
            return self.is_up()
        except requests.ConnectionError:
            return False

    def is_up(self):
        """With a replica that answers."""
        return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200


class Nginx(Balancer):
    name, options = "nginx", ["-c"]

    def written(self, folder, replicas):
        user = "user root;" if os.getuid() == 0 else ""
        return AROUND.format(folder=folder, user=user, log=self.log, http=self.http(replicas))

    def http(self, replicas):
        return NGINX.format(port=self.port, servers=servers(replicas))


class Haproxy(Balancer):
    name, options = "haproxy", ["-db", "-f"]

    def written(self, _folder, replicas):
        listed = "\n".join(f"server at-{port} 127.0.0.1:{port}" for port in replicas)
        return HAPROXY.format(port=self.port, servers=listed)


def servers(replicas):
    """As nginx lists them."""
    return "".join(f"server 127.0.0.1:{port} max_fails=0;" for port in replicas)


def found(name):
    """Where the program is; without it the test is skipped, unless nothing may be."""
    place = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if place is None and "REQUIRE_ALL" not in os.environ:
        pytest.skip(f"no {name} on this machine")
    assert place, f"{name} is not installed"
    return place
