"""nginx and haproxy in front of several replicas, as an operator would set them up; each on a port of its own."""

import os
import shutil
import subprocess

import pytest
import requests
from running import free_port, wait_until

# Refused means another replica is asked (nginx does that by itself as long as nothing was sent); POST is never sent twice.
# max_fails=0: nginx has no health checks of its own, and shall not leave a replica out that is back already.
NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
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
}}
"""
HAPROXY = """
defaults
    mode http
    timeout connect 2s
    timeout client 75s
    timeout server 30s
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
        place = folder / f"{self.name}.conf"
        given = {"folder": folder, "port": self.port, "user": "user root;" if os.getuid() == 0 else ""}
        place.write_text(self.text.format(servers="\n".join(map(self.line, replicas)), **given))
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
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False


class Nginx(Balancer):
    name, text, options = "nginx", NGINX, ["-c"]

    def line(self, port):
        return f"server 127.0.0.1:{port} max_fails=0;"


class Haproxy(Balancer):
    name, text, options = "haproxy", HAPROXY, ["-db", "-f"]

    def line(self, port):
        return f"server at-{port} 127.0.0.1:{port}"


def found(name):
    """Where the program is; without it the test is skipped, unless nothing may be."""
    place = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if place is None and "REQUIRE_ALL" not in os.environ:
        pytest.skip(f"no {name} on this machine")
    assert place, f"{name} is not installed"
    return place
