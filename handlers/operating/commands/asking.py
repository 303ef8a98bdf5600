"""The API's operations as commands give them: the same schemas read what is asked, and write what is answered."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import OneOf

from handlers.errors import Refusal
from handlers.operating.api import OPERATIONS
from handlers.operating.auth import commander
from handlers.operating.commands.service import Service, quiet
from handlers.operating.operation import Given, Operation

Answer = Any
Values = dict[str, Any]
HELP: Mapping[str, str] = {
    "source": "Only of this source.",
    "event": "Only about the event of this external id.",
    "outcome": "Only with this outcome.",
    "reason": "Only for this reason, such as not_in_hubspot.",
    "since": "Only what came then or later, such as 2026-11-24T07:00:00Z.",
    "until": "Only what came before then.",
    "q": "A part of the name or the external id, or an objectId.",
    "state": "Only those that stand so.",
    "status": "Only calls with this HTTP status; or none: no answer, or failed: none of 2xx.",
    "operator": "Only what this one did.",
    "action": "Only this action, such as replay.",
    "kind": "Only what was done to one of these: sending, source, event, notification, filter, session.",
    "name": "Only what was done to the one of this name, such as tickets/ev-42.",
    "cursor": "Go on there, as the list before said.",
    "limit": "How many at most: 50 if not given.",
}
JSON = click.Option(["--json", "as_json"], is_flag=True, help="Write what the API answers, for machines.")


def operation(method: str, path: str) -> Operation:
    """The one of the API with that address."""
    return next(one for one in OPERATIONS if (one.method, one.path) == (method, path))


def ask(service: Service, asked: Operation, path: Values, query: Values, body: Values | None = None) -> Answer:
    """What the API would answer the system's user.

    Raises `click.UsageError` naming each option at fault, and `click.ClickException` for what the API would refuse.
    """
    given = Given(path, read(asked.query, query), read(asked.body, body or {}), commander())
    try:
        return asked.answer.dump(asked.act(service.desk, given))
    except Refusal as error:
        raise click.ClickException(error.detail) from error


def options(schema: Schema | None, *leave_out: str) -> list[click.Parameter]:
    """An option for each of the schema's fields, which reads what is given to it."""
    return [_option(name, field) for name, field in (schema.fields if schema else {}).items() if name not in leave_out]


def reading(
    service: Service, name: str, asked: Operation, path: Sequence[click.Parameter], show: Callable[[Answer], None]
) -> click.Command:
    """A command that asks one operation which only tells; `path` are the arguments that its address is made of."""
    of_path = [parameter.name for parameter in path]

    @quiet(service)
    def run(*, as_json: bool, **given: Any) -> None:
        placed = {key: given.pop(key) for key in list(given) if key in of_path}
        answer = ask(service, asked, placed, present(given))
        if as_json:
            write_json(answer)
        else:
            show(answer)

    words = f"{asked.summary}.\n\nThe exit status is 1 where the API would refuse it, and 2 for wrong usage."
    return click.Command(name, params=[*path, *options(asked.query), JSON], callback=run, help=words)


def present(given: Mapping[str, Any]) -> Values:
    """Only what was given."""
    return {name: value for name, value in given.items() if value is not None}


def write_json(answer: Answer) -> None:
    """In ASCII, so that nothing in it can move a cursor."""
    click.echo(json.dumps(answer, indent=2))


def read(schema: Schema | None, given: Values) -> Values:
    """What is given, as the schema reads it. Raises `click.UsageError` naming each option at fault."""
    if schema is None:
        return {}
    try:
        loaded: Values = schema.load(given)
    except ValidationError as error:
        faults = [f"{_said(name)}{' '.join(map(str, texts))}" for name, texts in error.messages_dict.items()]
        raise click.UsageError(" ".join(faults)) from error
    return loaded


def _said(name: str) -> str:
    return "" if name == "_schema" else f"--{_dashed(name)}: "


def _option(name: str, field: fields.Field[Any]) -> click.Option:
    choices = next((one.choices for one in field.validators if isinstance(one, OneOf)), None)
    kind = click.Choice([str(choice) for choice in choices]) if choices else click.STRING
    return click.Option([f"--{_dashed(name)}", name], type=kind, help=HELP[name])


def _dashed(name: str) -> str:
    return name.replace("_", "-")
