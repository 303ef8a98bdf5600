"""What befalls a site under load: its web replicas are replaced one after the other while the worker that leads is killed."""

import time

from sqlalchemy import func, select

from handlers.inbox import tables


class Upheaval:
    """Two workers, of which one leads, and web replicas at `ports`, to which this happens as often as it is told to."""

    def __init__(self, site, ports):
        self.spans = []  # of each time: from when until when, by the steady clock
        self._site, self._ports, self._deaths = site, ports, []
        self._workers = [site.worker() for _ in range(2)]

    def happen(self):
        """Kill the leader, replace each replica, and start a worker for the one that is gone."""
        leader, _ = self._site.wait_for_leader(self._workers)
        begun = time.monotonic()
        leader.remove()
        self._deaths.append(time.time())
        self._workers.remove(leader)
        for port in self._ports:
            self._site.replace_web(port)
        self._workers.append(self._site.worker())
        self.spans.append((begun, time.monotonic()))

    def takeovers(self):
        """Seconds from each death of a leader until a batch was settled that was sent after it; None where none was yet."""
        return [self._takeover(death) for death in self._deaths]

    def _takeover(self, death):
        note, call = tables.notification, tables.attempt
        settled = select(func.min(note.c.settled_at)).select_from(note.join(call)).where(call.c.sent_at > death)
        (moment,) = self._site.database.rows(settled)[0]
        return moment and moment - death
