"""nginx with `deploy/nginx/marquee.conf`: all but where it listens, logs, and finds its replicas is as deployed."""

import requests
from balancers import Nginx, servers
from running import PROJECT


class Deployed(Nginx):
    """In front of `replicas`, which need not be there. What stands in `instead` is replaced too, so that a test need not wait."""

    def __init__(self, folder, replicas, instead=None):
        self._instead = instead or {}
        super().__init__(folder, replicas)

    def http(self, replicas):
        replaced = {
            "resolver 127.0.0.11 valid=5s;": "",
            "server web:8000 resolve max_fails=0;": servers(replicas),
            "listen 8080;": f"listen 127.0.0.1:{self.port};",
            "/dev/stdout": str(self.log),
            "/dev/stderr": str(self.log),
        } | self._instead
        deployed = (PROJECT / "deploy" / "nginx" / "marquee.conf").read_text()
        for there, here in replaced.items():
            assert there in deployed, there
            deployed = deployed.replace(there, here)
        return deployed

    def is_up(self):
        """By what nginx itself answers."""
        return requests.get(f"{self.url}/metrics", timeout=2).status_code == 404
