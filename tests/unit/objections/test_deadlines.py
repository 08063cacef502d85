"""The day by which an answer is due is counted as Regulation 1182/71 says."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone

import holidays
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.objections.countries import CODES
from bot.objections.deadlines import due_on, extended_due_on, is_working_day
from bot.objections.errors import ExtensionRefused

# From the day on which the GDPR applies.
moments = st.datetimes(
    datetime(2018, 5, 25), datetime(2060, 12, 31), timezones=st.just(timezone.utc)
)
EUROPE = "AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
countries = st.none() | st.sampled_from([*EUROPE.split(), *sorted(CODES)])


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def month_day(received: date, months: int = 1) -> date:
    """The day with the same date so many months later, found by walking there."""
    first = received.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(received.day, monthrange(first.year, first.month)[1]))


def is_free(day: date, country: str | None) -> bool:
    """Whether the regulation calls it no working day, asked of the library itself."""
    weekend = day.strftime("%A") in ("Saturday", "Sunday")
    return weekend or (country is not None and day in holidays.country_holidays(country))


# --- worked examples


@pytest.mark.parametrize(
    ("received", "country", "due"),
    [
        # Christmas Day and Saint Stephen's Day
        ("2024-11-25", "IE", "2024-12-27"),
        # no 31 February, in a leap year and in another
        ("2024-01-31", "IE", "2024-02-29"),
        ("2023-01-31", "IE", "2023-02-28"),
        ("2024-01-29", None, "2024-02-29"),
        # the leap day itself
        ("2024-02-29", "IE", "2024-03-29"),
        # 2100 is none, and its 28 February is a Sunday
        ("2100-01-29", None, "2100-03-01"),
        # over the end of the year: New Year's Day, then a weekend
        ("2024-12-01", "IE", "2025-01-02"),
        ("2026-12-01", "IE", "2027-01-04"),
        ("2024-12-31", "IE", "2025-01-31"),
        # a rolled-over end may leave its month, and its year
        ("2022-11-30", "IE", "2022-12-30"),
        ("2022-12-31", "IE", "2023-01-31"),
        ("2022-12-01", None, "2023-01-02"),
        ("2023-11-30", None, "2024-01-01"),
        # the same days where Christmas is no holiday, or none is known
        ("2024-11-25", "CN", "2024-12-25"),
        ("2024-11-25", None, "2024-12-25"),
        # Easter: Good Friday to Easter Monday
        ("2025-03-18", "PT", "2025-04-21"),
        ("2025-03-18", "DE", "2025-04-22"),
        # 30 May is a holiday in one part of Spain only
        ("2024-04-30", "ES", "2024-05-30"),
    ],
)
def test_worked_examples(received: str, country: str | None, due: str) -> None:
    assert due_on(noon(received), country) == date.fromisoformat(due)


# --- the regulation's wording


@given(moments, countries)
def test_it_never_ends_on_a_weekend_or_a_public_holiday(
    received: datetime, country: str | None
) -> None:
    assert not is_free(due_on(received, country), country)


@given(moments, countries)
def test_it_never_ends_before_the_same_date_of_the_next_month(
    received: datetime, country: str | None
) -> None:
    assert due_on(received, country) >= month_day(received.date())


@given(moments, countries)
def test_it_rolls_over_to_the_next_working_day_and_no_further(
    received: datetime, country: str | None
) -> None:
    day, due = month_day(received.date()), due_on(received, country)
    passed = [day + timedelta(days=n) for n in range((due - day).days)]
    assert all(is_free(one, country) for one in passed)


@given(moments, countries)
def test_a_month_without_that_date_ends_with_its_last_day(
    received: datetime, country: str | None
) -> None:
    received = received.replace(day=monthrange(received.year, received.month)[1])
    next_month = received.date() + timedelta(days=1)
    last = next_month.replace(day=monthrange(next_month.year, next_month.month)[1])
    assume(last.day <= received.day)
    due = due_on(received, country)
    assert due == last if not is_free(last, country) else due > last


@given(moments, moments, countries)
def test_what_was_received_later_is_never_due_earlier(
    one: datetime, other: datetime, country: str | None
) -> None:
    earlier, later = sorted((one, other))
    assert due_on(earlier, country) <= due_on(later, country)


@given(moments, countries)
def test_what_was_received_a_day_later_is_never_due_earlier(
    received: datetime, country: str | None
) -> None:
    assert due_on(received, country) <= due_on(received + timedelta(days=1), country)


@given(moments)
def test_without_a_country_it_moves_at_most_over_one_weekend(received: datetime) -> None:
    assert (due_on(received, None) - month_day(received.date())).days <= 2


# --- which day it is


def test_the_hour_of_receipt_does_not_matter() -> None:
    day = datetime(2024, 11, 25, tzinfo=timezone.utc)
    hours = (timedelta(0), timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999))
    assert {due_on(day + hour, "IE") for hour in hours} == {date(2024, 12, 27)}


def test_the_day_of_receipt_is_the_day_in_utc() -> None:
    tokyo, new_york = timezone(timedelta(hours=9)), timezone(timedelta(hours=-5))
    assert due_on(datetime(2024, 3, 6, 8, 59, tzinfo=tokyo), None) == date(2024, 4, 5)
    assert due_on(datetime(2024, 3, 6, 9, 0, tzinfo=tokyo), None) == date(2024, 4, 8)
    assert due_on(datetime(2024, 3, 5, 19, 0, tzinfo=new_york), None) == date(2024, 4, 8)


def test_a_moment_without_a_time_zone_is_on_no_certain_day() -> None:
    naive = datetime(2024, 11, 25)
    with pytest.raises(ValueError, match="time zone"):
        due_on(naive, "IE")
    with pytest.raises(ValueError, match="time zone"):
        extended_due_on(noon("2024-11-25"), "IE", 1, told_at=naive)


# --- whose holidays


@pytest.mark.parametrize("country", [None, "", "ZZ", "ie"])
def test_where_no_holidays_are_known_only_weekends_count(country: str | None) -> None:
    christmas = date(2024, 12, 25)
    assert is_working_day(christmas, country)
    assert not is_working_day(date(2024, 12, 28), country)


@pytest.mark.parametrize("country", sorted(CODES))
def test_every_country_that_can_be_named_has_a_due_date(country: str) -> None:
    assert due_on(noon("2026-12-01"), country) >= date(2027, 1, 1)


# --- more time


@pytest.mark.parametrize(
    ("received", "more_months", "due"),
    [
        # from receipt: not from the end of the first month, which was moved to the 27th
        ("2024-11-25", 1, "2025-01-27"),
        ("2024-11-25", 2, "2025-02-25"),
        # from receipt: the 31st again where there is one, although February ended on the 29th
        ("2024-01-31", 1, "2024-04-02"),
        ("2024-01-31", 2, "2024-04-30"),
        ("2023-11-30", 2, "2024-02-29"),
        ("2024-10-01", 2, "2025-01-02"),
    ],
)
def test_more_months_count_from_receipt(received: str, more_months: int, due: str) -> None:
    extended = extended_due_on(noon(received), "IE", more_months, told_at=noon(received))
    assert extended == date.fromisoformat(due)


@given(moments, countries, st.sampled_from([1, 2]))
def test_more_time_ends_as_a_month_does(
    received: datetime, country: str | None, more_months: int
) -> None:
    day = month_day(received.date(), 1 + more_months)
    due = extended_due_on(received, country, more_months, told_at=received)
    passed = [day + timedelta(days=n) for n in range((due - day).days)]
    assert due >= day
    assert not is_free(due, country)
    assert all(is_free(one, country) for one in passed)


@pytest.mark.parametrize("more_months", [-1, 0, 3, 12])
def test_more_than_two_months_or_none_at_all_are_refused(more_months: int) -> None:
    with pytest.raises(ExtensionRefused) as caught:
        extended_due_on(noon("2024-11-25"), "IE", more_months, told_at=noon("2024-11-26"))
    assert caught.value.code == str(caught.value) == "extension_too_long"
    assert caught.value.sentence.endswith(".")


def test_more_time_can_be_taken_until_the_last_hour_of_the_first_month() -> None:
    received = noon("2024-11-25")
    last = datetime(2024, 12, 27, 23, 59, 59, 999_999, tzinfo=timezone.utc)
    assert extended_due_on(received, "IE", 2, told_at=last) == date(2025, 2, 25)
    with pytest.raises(ExtensionRefused) as caught:
        extended_due_on(received, "IE", 2, told_at=last + timedelta(microseconds=1))
    assert caught.value.code == "extension_too_late"
    assert caught.value.sentence.endswith(".")


@given(moments, countries, st.sampled_from([1, 2]), st.integers(0, 70))
def test_more_time_is_given_exactly_while_the_first_month_runs(
    received: datetime, country: str | None, more_months: int, days: int
) -> None:
    told_at = received + timedelta(days=days)
    first = due_on(received, country)
    try:
        extended = extended_due_on(received, country, more_months, told_at)
    except ExtensionRefused:
        assert told_at.date() > first
    else:
        assert told_at.date() <= first < extended
