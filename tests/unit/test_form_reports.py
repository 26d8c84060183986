"""How people come in by forms: sums agree, shares are beside the other forms', and a word says what they can say."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from shared.domain.events import parse_instant
from shared.domain.experiments.rates import Arm
from shared.domain.reports import forms
from shared.domain.reports.beside import LEAST, beside
from shared.domain.reports.forms import COUNTED, Told

DAYS = ["2026-11-22", "2026-11-23", "2026-11-24"]


@st.composite
def told(draw: st.DrawFn) -> Told:
    return Told(
        draw(st.sampled_from(["a", "b", "c"])),
        draw(st.sampled_from([None, 1, 2])),
        draw(st.sampled_from(DAYS)),
        draw(st.sampled_from(COUNTED)),
        draw(st.integers(0, 300)),
    )


@given(st.lists(told()))
def test_versions_and_days_add_up_to_the_form(several: list[Told]) -> None:
    for form in forms.report(several, {"c"}, DAYS)["forms"]:
        for name in COUNTED:
            whole = sum(each.n for each in several if (each.form, each.what) == (form["form"], name))
            assert form[name] == whole
            assert sum(each[name] for each in form["versions"]) == whole
            assert sum(each[name] for each in form["by_day"]) == whole
        assert all(0 <= each["low"] <= each["share"] <= each["high"] <= 1 for each in form["shares"])


def test_who_signed_up_before_sending_was_counted_is_beside_nothing() -> None:
    several = [
        Told("a", None, "2026-11-22", "people", 50),
        Told("a", 1, "2026-11-23", "sent_page", 40),
        Told("a", 1, "2026-11-23", "people", 20),
        Told("a", 1, "2026-11-24", "people", 10),
    ]
    (form,) = forms.report(several, (), DAYS)["forms"]
    (share,) = [each for each in form["shares"] if each["name"] == "signed_up"]
    assert (form["people"], share["of"], share["share"]) == (80, 40, 0.75)
    assert share["others"] is None and share["words"] == "no other form to compare with"


def test_a_form_that_does_better_is_called_so_and_surveys_are_apart() -> None:
    several = [
        *(Told("good", 1, DAYS[0], what, n) for what, n in (("seen_page", 500), ("sent_page", 100))),
        *(Told("poor", 1, DAYS[0], what, n) for what, n in (("seen_page", 500), ("sent_page", 30))),
        *(Told("few", 1, DAYS[0], what, n) for what, n in (("seen_page", LEAST - 1), ("sent_page", 9))),
        *(Told("taste", 1, DAYS[0], what, n) for what, n in (("seen_email", 50), ("sent_email", 40))),
    ]
    words = {
        form["form"]: {each["name"]: each["words"] for each in form["shares"]}
        for form in forms.report(several, {"taste"}, DAYS)["forms"]
    }
    assert words["good"]["page"] == "better than your other forms"
    assert words["poor"]["page"] == "worse than your other forms"
    assert words["few"]["page"] == "too few to say anything yet"
    assert words["taste"] == {"email": "no other form to compare with"}


@pytest.mark.parametrize(("of", "others"), [((20, 3), (500, 60)), ((80, 40), (300, 90)), ((1000, 31), (9000, 200))])
def test_the_word_is_newcombe_s_interval(of: tuple[int, int], others: tuple[int, int]) -> None:
    made = beside(Arm(*of), Arm(*others))
    low, high = confint_proportions_2indep(of[1], of[0], others[1], others[0], method="newcomb")
    assert made.difference == pytest.approx((low, high))
    assert made.interval == pytest.approx(proportion_confint(of[1], of[0], method="wilson"))
    assert made.word == ("better" if low > 0 else "worse" if high < 0 else "no_better")


def test_the_days_are_the_shops() -> None:
    since, days = forms.period(parse_instant("2026-11-24T23:30:00Z"), ZoneInfo("Europe/Berlin"))
    assert (days[-1], len(days), date.fromisoformat(days[0])) == ("2026-11-25", forms.DAYS, date(2026, 8, 28))
    assert since == parse_instant("2026-08-27T22:00:00Z"), "summer time"
