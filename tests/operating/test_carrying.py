"""One of gunicorn's processes carries the worker, and serves nobody."""

from handlers.operating.carrying import Carriage, make_way


class Process:
    """As gunicorn's arbiter knows one."""

    def __init__(self, age):
        self.age = age
        self.carries = None


def forked(carriage, *ages):
    made = [Process(age) for age in ages]
    for process in made:
        carriage.offer(process)
    return made


def carriers(processes):
    return [process.carries for process in processes]


def oldest_first(processes):
    return sorted(processes, key=lambda process: process.age)


def test_one_of_them_carries():
    assert carriers(forked(Carriage(), 1, 2, 3)) == [True, False, False]


def test_when_it_ends_the_next_one_carries():
    carriage = Carriage()
    carrier, _ = forked(carriage, 1, 2)
    carriage.ended(carrier)
    assert carriers(forked(carriage, 3, 4)) == [True, False]


def test_when_another_one_ends_nobody_else_carries():
    carriage = Carriage()
    _, other = forked(carriage, 1, 2)
    carriage.ended(other)
    assert carriers(forked(carriage, 3)) == [False]


def test_it_is_never_the_oldest_which_is_ended_where_there_shall_be_fewer():
    processes = forked(Carriage(), 1, 2, 3)
    assert oldest_first(processes)[-1].carries


def test_when_the_settings_are_read_anew_another_one_carries_and_all_that_were_there_are_older():
    before = forked(Carriage(), 1, 2)
    make_way(before)
    after = forked(Carriage(), 3, 4)
    assert carriers(after) == [True, False]
    assert set(oldest_first(before + after)[:2]) == set(before)


def test_the_end_of_one_from_before_changes_nothing():
    before = forked(Carriage(), 1, 2)
    make_way(before)
    carriage = Carriage()
    forked(carriage, 3, 4)
    carriage.ended(before[0])
    assert carriers(forked(carriage, 5)) == [False]
