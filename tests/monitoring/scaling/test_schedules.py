"""at, rate and cron. Source: EventBridge's "Cron expressions reference", from which most expressions are."""

from datetime import UTC, datetime

import pytest

from stator.monitoring.scaling.cron import InvalidSchedule
from stator.monitoring.scaling.schedules import latest, parse


def at(text):
    """The moment that an ISO text without a zone means in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = at("2026-11-21T00:30:00")  # a Saturday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at(2026-11-21T02:00:05)", "2026-11-21T02:00:05"),
        ("at(2026-11-21T00:30:00)", None),
        ("cron(0 10 * * ? *)", "2026-11-21T10:00:00"),
        ("cron(30 0 * * ? *)", "2026-11-22T00:30:00"),
        ("cron(15 12 * * ? *)", "2026-11-21T12:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-23T18:00:00"),
        ("cron(0 18 ? * 2-6 *)", "2026-11-23T18:00:00"),
        ("cron(0 18 ? * SAT-MON *)", "2026-11-21T18:00:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01T08:00:00"),
        ("cron(0/15 * * * ? *)", "2026-11-21T00:45:00"),
        ("cron(* * * * ? *)", "2026-11-21T00:31:00"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-11-23T00:00:00"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-23T08:00:00"),
        ("cron(5,35 14 * * ? *)", "2026-11-21T14:05:00"),
        ("cron(15 10 ? * 6L 2026-2030)", "2026-11-27T10:15:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-12-07T09:00:00"),
        ("cron(0 9 ? * 1#5 *)", "2026-11-29T09:00:00"),
        ("cron(0 9 ? * L *)", "2026-11-21T09:00:00"),
        ("cron(0 0 L * ? *)", "2026-11-30T00:00:00"),
        ("cron(0 0 LW FEB ? *)", "2027-02-26T00:00:00"),
        ("cron(0 0 1W AUG ? *)", "2027-08-02T00:00:00"),
        ("cron(0 0 15W AUG ? *)", "2027-08-16T00:00:00"),
        ("cron(0 0 31 * ? *)", "2026-12-31T00:00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00:00:00"),
        ("cron(0 0 30 2 ? *)", None),
        ("cron(0 0 1 1 ? 2020)", None),
        ("cron(0 0 1 JAN,JUL ? 2027/2)", "2027-01-01T00:00:00"),
    ],
)
def test_the_next_moment(text, expected):
    found = parse(text).after(NOW, NOW)
    assert found == (None if expected is None else at(expected))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("rate(1 minute)", 60), ("rate(10 minutes)", 600), ("rate(2 hours)", 7_200), ("rate(1 day)", 86_400)],
)
def test_a_rate_counts_from_when_it_began(text, seconds):
    schedule = parse(text)
    assert schedule.after(NOW, NOW) == NOW + seconds
    assert schedule.after(NOW + seconds * 2.5, NOW) == NOW + seconds * 3
    assert schedule.after(NOW - 5, NOW) == NOW + seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 * * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * MON#6 *)",
        "cron(0 0 * 13 ? *)",
        "cron(0 0 * ? ? *)",
        "cron(0/0 * * * ? *)",
        "cron(a * * * ? *)",
        "cron(² * * * ? *)",
        "cron(0 0 * * ? 1969)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "rate(5minutes)",
        "at(2026-13-01T00:00:00)",
        "at(2026-11-21)",
        "at(2026-11-21T00:00:00Z)",
    ],
)
def test_what_is_no_schedule(text):
    with pytest.raises(InvalidSchedule):
        parse(text)


def test_time_zones():
    assert parse("at(2026-11-21T02:00:00)", "America/New_York").after(NOW, NOW) == at("2026-11-21T07:00:00")
    assert parse("cron(0 9 * * ? *)", "Asia/Tokyo").after(NOW, NOW) == at("2026-11-22T00:00:00")
    for name in ("Nowhere/Else", "../etc/passwd", ""):
        with pytest.raises(InvalidSchedule):
            parse("rate(1 minute)", name)


def test_when_clocks_change():
    """In Berlin, 02:30 is not there on 29 March 2026, and is there twice on 25 October."""
    half_past_two = parse("cron(30 2 * * ? *)", "Europe/Berlin")
    spring = half_past_two.after(at("2026-03-28T12:00:00"), NOW)
    assert spring == at("2026-03-29T01:30:00"), "half past three of summer's time"
    assert half_past_two.after(spring, NOW) == at("2026-03-30T00:30:00")
    autumn = half_past_two.after(at("2026-10-24T12:00:00"), NOW)
    assert autumn == at("2026-10-25T00:30:00"), "the first of the two"
    assert half_past_two.after(autumn, NOW) == at("2026-10-26T01:30:00")


@pytest.mark.parametrize(
    ("text", "began", "expected"),
    [
        ("rate(1 minute)", "2026-01-01T00:00:00", "2026-11-21T00:30:00"),
        ("cron(* * * * ? *)", "2026-01-01T00:00:00", "2026-11-21T00:30:00"),
        ("cron(0 10 * * ? *)", "2026-11-01T10:00:00", "2026-11-20T10:00:00"),
        ("cron(0 10 1 1 ? *)", "2020-01-01T10:00:00", "2026-01-01T10:00:00"),
        ("at(2025-01-01T00:00:00)", "2025-01-01T00:00:00", "2025-01-01T00:00:00"),
    ],
)
def test_the_last_of_many_that_were_missed(text, began, expected):
    assert latest(parse(text), at(began), NOW, at(began)) == at(expected)
