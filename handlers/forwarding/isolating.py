"""Plans the calls that find the inputs which HubSpot will not take, so that all others go through in as few as possible."""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.forwarding.verdict import Split, Verdict

Input = Mapping[str, Any]


class Isolation:
    """What is still to be sent of one list of inputs.

    A refused call is searched by halves. A half that is taken leaves the bad one in the other half, which is halved in
    turn without being sent whole. Beside a half that is refused the other one is untested: it goes together with all
    else that is, until that turns out to hold another bad one; from then on by itself, since there may be many. Nothing is
    given up before it was sent alone.
    """

    def __init__(self, inputs: Sequence[Input], most: int | None = None) -> None:
        """No two of one `objectId`. `most`: how many a call may have, if that is known to be fewer."""
        self._untested = [list(inputs)] if inputs else []
        self._suspect: list[Input] = []
        self._beside: list[Input] = []
        self._alone: list[Input] = []
        self._most = self._allowed = min(most or len(inputs), len(inputs))
        self._may_widen = False
        self._searches = 0

    def next_part(self) -> list[Input]:
        """The inputs of the next call; none when all is done. `heed` is to follow."""
        self._beside = []
        if self._suspect:
            part, self._beside = _cut(self._suspect, _half(self._suspect))
        elif self._untested:
            part, rest = _cut(self._untested.pop(0), self._most)
            self._untested[:0] = [rest] if rest else []
        else:
            part, self._alone = _cut(self._alone, 1)
        return part

    def heed(self, part: Sequence[Input], verdict: Verdict) -> None:
        """Learn what became of a part."""
        suspect, self._suspect = self._suspect, []
        if isinstance(verdict.then, Split):
            self._take_apart(part, verdict, verdict.then)
            self._searches += bool(self._suspect and not suspect)
        elif suspect and not verdict.rejected:
            self._suspect = self._beside
        else:
            self._set_aside(self._beside)
        self._widen(part, verdict)

    def _take_apart(self, part: Sequence[Input], verdict: Verdict, split: Split) -> None:
        still = [entry for entry in part if entry["objectId"] in verdict.unsure - verdict.not_now]
        others = [entry for entry in still if entry["objectId"] not in split.apart]
        self._alone += [entry for entry in still if entry["objectId"] in split.apart]
        self._set_aside(self._beside)
        if split.most:
            self._most, self._may_widen = split.most, False
        if split.most or len(others) < len(part):
            self._set_aside(others)
        else:
            self._suspect = others

    def _widen(self, part: Sequence[Input], verdict: Verdict) -> None:
        """One that was too large by itself may be all that was too much before: more may go together again, step by step."""
        if len(part) == 1 and verdict.rejected:
            self._may_widen = True
        elif self._may_widen and not verdict.unsure:
            self._most = min(2 * self._most, self._allowed)

    def _set_aside(self, inputs: list[Input]) -> None:
        if self._searches < 2 and self._untested:
            self._untested[0][:0] = inputs
        elif inputs:
            self._untested.insert(0, inputs)


def _half(inputs: Sequence[Input]) -> int:
    return (len(inputs) + 1) // 2


def _cut(inputs: list[Input], at: int) -> tuple[list[Input], list[Input]]:
    return inputs[:at], inputs[at:]
