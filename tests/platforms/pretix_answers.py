"""The REST API of pretix and its fork as a table of answers, for questions that are asked one by one."""

from recorded import answer, source

from handlers.platform import Answer, Get

ORGANIZER = "/api/v1/organizers/acme/"
EVENTS = f"{ORGANIZER}events/"
FORBIDDEN = 403, {"detail": "You do not have permission to perform this action."}
NO_DATE = 404, {"detail": "No SubEvent matches the given query."}


class Api:
    """Answers from a table of paths (with `?page=2` where there is one), and notes what was asked.

    `ordering` is left out of the path: the dates of a series are always asked for in the order of their numbers.
    """

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def talk(self, asking):
        """What comes of the questions."""
        try:
            question = next(asking)
            while True:
                status, body = self._answer(question)
                assert status in question.expects, (question, status)
                question = asking.send(Answer(status, body if status == 200 else {}))
        except StopIteration as end:
            return end.value

    def _answer(self, question):
        assert isinstance(question, Get)
        params = dict(question.params)
        assert params.pop("ordering", "id") == "id"
        assert ("ordering" in question.params) == question.path.endswith("/subevents/")
        key = question.path + "".join(f"?{name}={value}" for name, value in params.items())
        self.asked.append(key)
        return self.answers[key]


class Recorded:
    """One platform's samples, as answers."""

    def __init__(self, platform, look_up):
        self.platform, self.look_up = platform, look_up

    def __getattr__(self, name):
        return answer(self.platform, name)

    def source(self, **changes):
        return source(self.platform, **changes)

    def beside(self, slug, settings=None, organizer=None):
        """What stands beside an event, as a token with all rights sees it."""
        return {
            ORGANIZER: (200, self.organizer) if organizer is None else organizer,
            f"{EVENTS}{slug}/settings/": (200, self.settings) if settings is None else settings,
        }

    def spring(self, settings=None, organizer=None, **changes):
        """The single event."""
        return {f"{EVENTS}spring27/": (200, self.event | changes)} | self.beside("spring27", settings, organizer)

    def first_date(self, parent=None, settings=None, **changes):
        """The first date of the series."""
        series = self.event | {"slug": "series27", "has_subevents": True} | (parent or {})
        return {
            f"{EVENTS}series27/subevents/1/": (200, self.date | changes),
            f"{EVENTS}series27/": (200, series),
        } | self.beside("series27", settings)

    def find(self, answers, external_id="acme:spring27", **changes):
        return Api(answers).talk(self.look_up(external_id, self.source(**changes)))

    def find_date(self, parent=None, source=None, **changes):
        return self.find(self.first_date(parent, **changes), "acme:series27:1", **(source or {}))


def page(*results, more=False):
    """A page of a list."""
    follows = "https://evil.example/steal?page=2" if more else None
    return 200, {"count": len(results), "next": follows, "previous": None, "results": list(results)}


def slugs(*names, more=False):
    """A page of a list, of which only the slugs matter."""
    return page(*({"slug": name} for name in names), more=more)
