"""Plays a platform's API to a look-up or a list, one answer after the other."""

from handlers.platform import Answer


def outcome(asking, *told):
    """What comes of the questions, given these answers as (status, body), and the questions."""
    questions = [next(asking)]
    try:
        for status, body in told:
            assert status in questions[-1].expects
            questions.append(asking.send(Answer(status, body)))
    except StopIteration as end:
        return end.value, questions
    raise AssertionError("It asks for more.")
