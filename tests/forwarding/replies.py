"""HubSpot's answers, made by hand, and a HubSpot that gives them."""

import orjson

from handlers.forwarding.outgoing import Reply


def reply(status, body=None, headers=None):
    content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    return Reply(status, headers or {}, content)


def inputs(*ids):
    return [{"objectId": object_id, "eventName": f"name of {object_id}"} for object_id in ids]


def complete(*ids, errors=None, **more):
    body = {"status": "COMPLETE", "results": [{"objectId": object_id} for object_id in ids], **more}
    return body | ({"errors": errors, "numErrors": len(errors)} if errors else {})


def error(*ids, category="OBJECT_NOT_FOUND", key="ids"):
    return {"status": "error", "category": category, "message": "words", "context": {key: list(ids)}}


class HubSpot:
    """Gives the answers in turn, or those that a function makes of the inputs; keeps what it was told."""

    def __init__(self, answer, *more):
        self._answers = [answer, *more]
        self.told = []

    def batch_update(self, entries):
        self.told.append([entry["objectId"] for entry in entries])
        answer = self._answers[0]
        if callable(answer):
            return answer(entries)
        return self._answers.pop(0) if len(self._answers) > 1 else answer
