"""gunicorn's process in which one thread answers all that is quick: a hand-over to another costs more than the answer.

What waits, for a client's bytes or for the disk, steps aside for the others, so that any number of slow clients hold up
nobody. What takes long, the operator's pages and whatever asks the database, is given to a thread.
"""

import errno
import io
import math
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from greenlet import getcurrent
from gunicorn import http
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from handlers.operating.guests import Aside, Loop
from handlers.operating.leaving import let_in
from handlers.operating.patient import PatientSocket
from handlers.operating.processes import HESITATION_SECONDS, BalancedWorker, connections_ahead
from handlers.waiting import Guest

SLOW_CLIENT_SECONDS = 5.0
DRIPPING_CLIENT_SECONDS = 60.0
LONGEST_SECONDS = 60.0
MOST_BYTES = 1_048_576
LOOKS = 3
AT_ONCE = 4


class LoopWorker(BalancedWorker):
    """Runs the requests that are `quick` in the thread that also accepts and polls, all others in the pool's threads.

    A request must be there `within_seconds`, however steadily it drips.
    """

    within_seconds = DRIPPING_CLIENT_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quick: Callable[[WSGIEnvironment], bool] = lambda _environ: False
        self._hesitates_until = 0.0
        self._loop: Loop
        self.wsgi: Any = None

    def init_process(self) -> None:
        """Become the process."""
        self._loop = Loop(self.method_queue.defer)
        super().init_process()

    def load_wsgi(self) -> None:
        """Stand between gunicorn and the app."""
        super().load_wsgi()
        self._app, self.wsgi = self.wsgi, self._serve

    def enqueue_req(self, conn: Any) -> None:
        """Answer a connection's request, or begin to; a new connection may be silent for as long as a kept one."""
        if conn.initialized:
            self._loop.start(lambda: self._answer(conn))
            return
        conn.initialized = True
        if self.departure.is_told():
            let_in(conn.sock)
        conn.sock = PatientSocket(conn.sock, self._until)
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def accept(self, listener: socket.socket) -> None:
        """Take connections, but leave them for a moment where another process has fewer."""
        now, ahead = time.monotonic(), connections_ahead(self.nr_conns)
        if ahead and self._hesitates_until == 0.0:
            self._hesitates_until = now + HESITATION_SECONDS * ahead
        if ahead and now < self._hesitates_until:
            self.set_accept_enabled(False)
            return
        self._hesitates_until = 0.0
        for _ in range(AT_ONCE):
            before = self.nr_conns
            ThreadWorker.accept(self, listener)
            self.tell()
            if self.nr_conns == before or connections_ahead(self.nr_conns):
                break

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Not while it hesitates."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._hesitates_until)

    def notify(self) -> None:
        """Before each round of events."""
        super().notify()
        self._loop.give_up()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """One round; before the thread sleeps, what came in it is finished together."""
        left = self._hesitates_until - time.monotonic()
        if left > 0:
            timeout = min(timeout, left)
        elif self._hesitates_until:
            self.set_accept_enabled(self.alive)
        looks = 0
        while self._loop.at_rest:
            events = self.poller.select(0) if looks < LOOKS else []
            for key, _ in events:
                key.data(key.fileobj)
            looks += 1
            if not events:
                self._loop.rest()
        super().wait_for_and_dispatch_events(timeout)

    def _answer(self, conn: Any) -> None:
        getcurrent().late_at = time.monotonic() + self.within_seconds
        try:
            keeps = self.handle(conn)
            conn.sock.flush()
        except OSError as error:  # the client has gone
            self.log.debug("Closing connection. %s", error)
            keeps = False
        self.finish_request(conn, Answered(keeps))

    def _keepalive_after(self, conn: Any, keepalive: object) -> bool:
        """A request has one answer: what is left of its body, and makes no sense, only ends the connection."""
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        except ParseException as error:
            self.log.debug("Closing connection. %s", error)
            return False

    def _until(self, connection: socket.socket, event: int) -> None:
        guest = getcurrent()
        if not isinstance(guest, Guest):
            raise BlockingIOError
        wait = Aside(guest, self._loop)
        self.poller.register(connection, event, lambda _connection: self._loop.resume(wait))
        left = guest.late_at - time.monotonic() if event == selectors.EVENT_READ else math.inf
        came = wait.wait(min(SLOW_CLIENT_SECONDS, left))
        self.poller.unregister(connection)
        if not came:
            raise ConnectionResetError(errno.ECONNRESET, "The client is too slow.")

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.quick(environ) or not isinstance(getcurrent(), Guest):
            answer: Iterable[bytes] = self._app(environ, start_response)
            return answer
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(MOST_BYTES))
        in_thread = partial(self._in_thread, copy_context())
        made = in_thread(self._app, environ, start_response)
        return Made(made, in_thread, environ["gunicorn.socket"].flush)

    def _in_thread(self, context: Context, work: Callable[..., Any], *args: Any) -> Any:
        wait = self._loop.wait_of(getcurrent())
        done = self.tpool.submit(context.run, work, *args)
        done.add_done_callback(lambda _done: wait.call())
        wait.wait(LONGEST_SECONDS)
        return done.result(timeout=0)


class Answered:
    """What gunicorn asks of the future of an answer, without a lock for each question: nobody waits for it."""

    def __init__(self, keeps: object) -> None:
        """Whether the connection is kept."""
        self._keeps = keeps

    def cancelled(self) -> bool:
        """It was not."""
        return False

    def exception(self) -> None:
        """None was left."""

    def result(self) -> object:
        """Whether the connection is kept."""
        return self._keeps


class Made:
    """An answer whose parts are made in threads, one after the other; each leaves before the next is made."""

    def __init__(self, answer: Any, in_thread: Callable[..., Any], flush: Callable[[], object]) -> None:
        self._answer, self._parts = answer, iter(answer)
        self._in_thread = in_thread
        self._flush = flush
        self._is_first = True

    def __iter__(self) -> "Made":
        return self

    def __next__(self) -> bytes:
        if not self._is_first:
            self._flush()
        self._is_first = False
        part: bytes | None = self._in_thread(next, self._parts, None)
        if part is None:
            raise StopIteration
        return part

    def close(self) -> None:
        """Nobody takes more."""
        if hasattr(self._answer, "close"):
            self._in_thread(self._answer.close)
