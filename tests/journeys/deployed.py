"""nginx with `deploy/nginx/marquee.conf`: all but where it listens, logs, and finds its replicas is as deployed."""

import os
import subprocess

from balancers import found
from running import PROJECT, free_port

AROUND = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/log notice;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {deployed}
}}
"""


class Deployed:
    """In front of `replicas`, which are ports. What stands in `instead` is replaced too, so that a test need not wait."""

    def __init__(self, folder, replicas, instead=None):
        self.port, self.log = free_port(), folder / "log"
        self.url = f"http://127.0.0.1:{self.port}"
        replaced = {
            "resolver 127.0.0.11 valid=5s;": "",
            "server web:8000 resolve max_fails=0;": "".join(f"server 127.0.0.1:{one} max_fails=0;" for one in replicas),
            "listen 8080;": f"listen 127.0.0.1:{self.port};",
            "/dev/stdout": str(self.log),
            "/dev/stderr": str(self.log),
        } | (instead or {})
        deployed = (PROJECT / "deploy" / "nginx" / "marquee.conf").read_text()
        for there, here in replaced.items():
            assert there in deployed, there
            deployed = deployed.replace(there, here)
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user, deployed=deployed))
        words = [found("nginx"), "-c", str(folder / "nginx.conf")]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
