"""The statistics of experiments: held against scipy and statsmodels, and against simulated shops."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from shared.domain.campaigns.definition import Campaign
from shared.domain.draws import drawn
from shared.domain.events import DAY, Json
from shared.domain.experiments import campaigns, holdouts
from shared.domain.experiments.comparisons import guards, sentence, unharmed, warning
from shared.domain.experiments.looks import NEVER, boundaries, e_value, spent
from shared.domain.experiments.power import least_difference, more_needed, people_needed
from shared.domain.experiments.rates import (
    Arm,
    chance_of_more,
    chi_squared,
    holm,
    more_often,
    newcombe,
    p_value,
    sample_ratio,
    wilson,
    z_value,
)
from shared.domain.experiments.spending import Spent
from shared.domain.experiments.verdicts import Word, verdicts


@st.composite
def arms(draw: st.DrawFn, most: int = 5_000) -> Arm:
    people = draw(st.integers(1, most))
    return Arm(people, draw(st.integers(0, people)))


def planned(looks: int) -> tuple[float, ...]:
    """Evenly spaced."""
    return tuple((look + 1) / looks for look in range(looks))


# ── who gets what ──


def test_lots_fall_in_proportion_and_two_draws_apart() -> None:
    people = [f"contact-{number}" for number in range(20_000)]
    one = np.array([drawn(f"one {each}", (8, 1, 1)) for each in people])
    two = np.array([drawn(f"two {each}", (1, 1)) for each in people])
    assert sample_ratio([int(count) for count in np.bincount(one)], (8, 1, 1)) > 0.001
    table = np.histogram2d(one, two, bins=(3, 2))[0]
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_the_same_falls_the_same_way_for_good() -> None:
    # Written down: another draw would give people who are under way another arm.
    assert [drawn(f"subject\x1fc{number}", (1, 1)) for number in range(10)] == [0, 1, 0, 0, 0, 1, 0, 1, 0, 0]


def test_what_has_no_weight_gets_nobody() -> None:
    assert {drawn(str(number), (0, 3, 0)) for number in range(200)} == {1}


# ── rates ──


@given(arms(), arms())
def test_z_is_the_pooled_one(control: Arm, other: Arm) -> None:
    successes = control.successes + other.successes
    if 0 < successes < control.people + other.people:
        z, p = proportions_ztest([other.successes, control.successes], [other.people, control.people])
        assert z_value(control, other) == pytest.approx(z, abs=1e-9)
        assert p_value(z_value(control, other)) == pytest.approx(p, abs=1e-9)
    else:
        assert z_value(control, other) == 0


@given(arms(), st.sampled_from([0.8, 0.95, 0.999]))
def test_the_interval_of_a_rate_is_wilsons(arm: Arm, confidence: float) -> None:
    expected = proportion_confint(arm.successes, arm.people, alpha=1 - confidence, method="wilson")
    assert wilson(arm, confidence) == pytest.approx(expected, abs=1e-9)


@given(arms(), arms())
def test_the_interval_of_a_difference_is_newcombes(control: Arm, other: Arm) -> None:
    expected = confint_proportions_2indep(
        other.successes, other.people, control.successes, control.people, method="newcomb", compare="diff"
    )
    assert newcombe(control, other) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0, 60), st.integers(1, 12))
def test_chi_squared(x: float, freedom: int) -> None:
    assert chi_squared(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), abs=1e-12)


def test_sizes_that_do_not_come_of_the_draw_are_noticed() -> None:
    assert sample_ratio((44_700, 45_489), (1, 1)) == pytest.approx(0.0086, abs=0.0003)  # Cookie Cats
    assert sample_ratio((5_200, 4_800), (1, 1)) < 0.001
    assert sample_ratio((9_030, 970), (9, 1)) > 0.1
    assert sample_ratio((0, 0), (1, 1)) == 1


# ── looks ──


def test_the_boundaries_of_eight_looks() -> None:
    first, *others = boundaries(planned(8))
    assert first == NEVER
    assert others == pytest.approx([3.91, 3.22, 2.81, 2.55, 2.35, 2.21, 2.11], abs=0.015)


@pytest.mark.parametrize("looks", [1, 2, 3, 5, 8, 12])
def test_the_boundaries_spend_what_they_may(looks: int) -> None:
    """By simulating the walk itself."""
    shares = planned(looks)
    rng = np.random.default_rng(looks)
    steps = rng.standard_normal((200_000, looks)) * np.sqrt(np.diff((0.0, *shares)))
    z = np.cumsum(steps, axis=1) / np.sqrt(shares)
    passed = np.abs(z) >= np.array(boundaries(shares))
    for look, share in enumerate(shares):
        assert passed[:, : look + 1].any(axis=1).mean() == pytest.approx(spent(share), abs=0.0012)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=5, unique=True).map(sorted))
def test_looks_may_come_when_they_come(shares: list[float]) -> None:
    if any(late - early < 0.01 for early, late in pairwise(shares)):
        return
    found = boundaries(tuple(shares))
    # Having looked before costs; it never makes a look cheaper than one alone at what may be spent by then.
    alone = [-stats.norm.ppf(spent(share) / 2) for share in shares]
    assert all(bound >= z - 0.005 for bound, z in zip(found, alone, strict=True) if bound < NEVER)


def test_looks_go_forward() -> None:
    with pytest.raises(ValueError, match="one after the other"):
        boundaries((0.5, 0.5))


# ── before ──


@given(st.floats(0.005, 0.4), st.floats(0.1, 1), st.sampled_from([0.1, 0.3, 0.5]))
def test_how_many_people_it_takes(rate: float, rise: float, share: float) -> None:
    """Within a few of a hundred of the one by the arcsine (statsmodels), for rises that are not large; and that many
    show nothing less."""
    other = rate * (1 + rise)
    people = people_needed(rate, other, share)
    assert people_needed(rate, rate + 1.01 * (other - rate), share) <= people
    least = least_difference(rate, people, share)
    assert least == pytest.approx(other - rate, rel=0.01)
    if rate > 0.02 and rise < 0.5 and share == 0.5:
        effect = 2 * math.asin(math.sqrt(other)) - 2 * math.asin(math.sqrt(rate))
        arcsine = NormalIndPower().solve_power(effect, alpha=0.05, power=0.8)
        assert people == pytest.approx(2 * arcsine, rel=0.02)


@pytest.mark.parametrize(("rate", "other", "share"), [(0.02, 0.03, 0.5), (0.2, 0.26, 0.1), (0.05, 0.0975, 0.3)])
def test_four_in_five_tests_of_that_size_see_it(rate: float, other: float, share: float) -> None:
    people = people_needed(rate, other, share)
    held = round(people * share)
    rng = np.random.default_rng(5)
    draws = zip(rng.binomial(people - held, rate, 4_000), rng.binomial(held, other, 4_000), strict=True)
    seen = [abs(z_value(Arm(people - held, int(a)), Arm(held, int(b)))) > 1.96 for a, b in draws]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.03)


def test_what_cannot_be_seen_is_said_to_be_so() -> None:
    assert least_difference(0.02, 4) is None
    assert least_difference(1.0, 10_000) is None
    with pytest.raises(ValueError, match="not there"):
        people_needed(0.1, 0.1)


def test_how_many_more_is_about_right_from_half_of_them_on() -> None:
    rng = np.random.default_rng(8)
    needed = people_needed(0.10, 0.13)
    half = needed // 4
    told = []
    for k0, k1 in zip(rng.binomial(half, 0.1, 500), rng.binomial(half, 0.13, 500), strict=True):
        told.append(more_needed(Arm(half, int(k0)), Arm(half, int(k1)), 0.03) + 2 * half)
    assert np.median(told) == pytest.approx(needed, rel=0.2)


# ── verdicts ──


def _looked(
    rate: float, other: float, people: int, looks: int, least: float, seed: int, shops: int
) -> dict[Word, float]:
    """How often a shop that looks at each planned look ends with which word: the first that says a thing."""
    rng = np.random.default_rng(seed)
    shares, half = planned(looks), people // 2
    found: dict[Word, int] = {}
    for _ in range(shops):
        parts = [half * (look + 1) // looks for look in range(looks)]
        new = np.diff([0, *parts])
        k0, k1 = rng.binomial(new, rate).cumsum(), rng.binomial(new, other).cumsum()
        for look, size in enumerate(parts):
            arms = [Arm(size, int(k0[look])), Arm(size, int(k1[look]))]
            word = verdicts(arms, (1, 1), shares[: look + 1], least)[0].word
            if word is not Word.NOT_ENOUGH:
                break
        found[word] = found.get(word, 0) + 1
    return {word: count / shops for word, count in found.items()}


@pytest.mark.parametrize(("people", "rate"), [(1_000, 0.1), (10_000, 0.03), (100_000, 0.02)])
def test_peeking_at_the_planned_looks_finds_no_more_that_is_false(people: int, rate: float) -> None:
    """The naive shop, that looks eight times at 1.96, beside it."""
    told = _looked(rate, rate, people, 8, 0.2 * rate, seed=people, shops=3_000)
    false = told.get(Word.BETTER, 0) + told.get(Word.WORSE, 0)
    assert false <= 0.051 + 2 * math.sqrt(0.05 * 0.95 / 3_000)  # two standard errors of the simulation
    rng = np.random.default_rng(people)
    walk = np.cumsum(rng.standard_normal((20_000, 8)), axis=1) / np.sqrt(np.arange(1, 9))
    assert (np.abs(walk) > 1.96).any(axis=1).mean() > 0.15


def test_a_real_difference_of_the_planned_size_is_mostly_seen() -> None:
    people = math.ceil(
        1.03 * people_needed(0.05, 0.07)
    )  # looking costs a little: Jennison and Turnbull 2000, table 2.4
    told = _looked(0.05, 0.07, people, 8, 0.02, seed=4, shops=1_000)
    assert told[Word.BETTER] == pytest.approx(0.8, abs=0.04)
    assert told.get(Word.WORSE, 0) < 0.002


def test_arms_that_are_alike_are_called_so_when_there_are_people_enough() -> None:
    told = _looked(0.05, 0.05, 40_000, 4, 0.01, seed=2, shops=500)
    assert told[Word.NO_DIFFERENCE] > 0.9


def test_a_small_shop_is_told_that_it_is_not_enough_and_about_how_many_more() -> None:
    (verdict,) = verdicts([Arm(50, 4), Arm(50, 6)], (1, 1), (1.0,), 0.02)
    assert verdict.word is Word.NOT_ENOUGH
    assert verdict.more > 500
    assert verdict.interval is not None


def test_no_result_where_the_arms_sizes_are_off() -> None:
    (verdict,) = verdicts([Arm(5_200, 500), Arm(4_800, 900)], (1, 1), (1.0,), 0.02)
    assert verdict.word is Word.BROKEN


def test_several_arms_share_what_may_be_spent() -> None:
    rng = np.random.default_rng(12)
    false = 0
    for counts in rng.binomial(2_000, 0.1, (2_000, 5)):
        told = verdicts([Arm(2_000, int(k)) for k in counts], (1,) * 5, (1.0,), 0.02)
        false += any(each.word in (Word.BETTER, Word.WORSE) for each in told)
    assert false / 2_000 <= 0.06
    words = [each.word for each in verdicts([Arm(2_000, k) for k in (200, 300, 205, 262)], (1,) * 4, (1.0,), 0.02)]
    assert words[0] is Word.BETTER
    assert words[1] is Word.NOT_ENOUGH
    assert words[2] is Word.BETTER


@pytest.mark.parametrize("people", [1_000, 10_000, 100_000])
@pytest.mark.parametrize("times", [-1, 0, 0.5, 1, 2])
def test_the_words_are_right_in_nineteen_of_twenty_shops(people: int, times: float) -> None:
    """Of a true difference of so many times the least that matters: what is told is so, or it is not enough to tell."""
    rng = np.random.default_rng(people + round(10 * times))
    least, rate, half = 0.01, 0.05, people // 2
    right = {Word.NOT_ENOUGH}
    if times:
        right.add(Word.BETTER if times > 0 else Word.WORSE)
    if abs(times) < 1:
        right.add(Word.NO_DIFFERENCE)
    draws = zip(rng.binomial(half, rate, 600), rng.binomial(half, rate + times * least, 600), strict=True)
    told = [verdicts([Arm(half, int(a)), Arm(half, int(b))], (1, 1), (1.0,), least)[0].word for a, b in draws]
    assert np.mean([word in right for word in told]) >= 0.95 - 0.009  # a standard error of so few shops


# ── a campaign's ──

TWO = {
    "id": "x",
    "name": "X",
    "template": "t",
    "segments": ["s"],
    "variants": [{"id": "a"}, {"id": "b", "subject": "B"}],
}


def counts(variant: str, people: int, clicked: int, ordered: int = 0, held_out: bool = False) -> campaigns.Counts:
    return campaigns.Counts(variant, held_out, people, clicked, ordered, 0, 0, 0, latest=0, spent=Spent({}))


def words(campaign: Campaign, *found: campaigns.Counts) -> list[str]:
    told = campaigns.compared(campaign, found, (1.0,))
    return [sentence(each, campaigns.least(campaign)) for each in told]


def test_what_a_campaign_s_arms_say_in_words() -> None:
    two = Campaign.model_validate(TWO)
    assert words(two, counts("a", 400, 20), counts("b", 410, 50)) == [
        "Variant b did better: 50 of 410 (12.2 %) clicked; a: 20 of 400 (5.0 %) (a difference of +3.4 to +11.1 points)."
    ]
    assert words(two, counts("a", 9_000, 450), counts("b", 9_040, 455))[0].startswith(
        "No difference larger than 1 point: b 455 of 9,040 (5.0 %) clicked"
    )
    (little,) = words(two, counts("a", 50, 4), counts("b", 51, 6))
    assert little.startswith("Not enough to tell. Variant b: 6 of 51")
    assert little.endswith("It would take about 9,100 people more.")
    (off,) = words(two, counts("a", 5_200, 500), counts("b", 4_800, 900))
    assert off.startswith("Nothing can be said: 4,800 and 5,200 people are not what the draw would give")


def test_nothing_is_said_before_everybody_has_had_their_time() -> None:
    two = Campaign.model_validate(TWO)
    found = [counts("a", 400, 20), counts("b", 410, 50)]
    end = campaigns.ends(two, found)
    assert campaigns.compared(two, found)[0].verdict is None
    assert campaigns.looks_due(two, 0, end, end - 1) == campaigns.looks_due(two, 0, None, end) == []
    assert campaigns.looks_due(two, 0, end, end) == [campaigns.Look("end", end)]


LOOKED_AT = TWO | {"spread": "6d", "measure": {"within": "1d", "looks": ["2d", "4d", "9d"]}}


def test_a_campaign_is_looked_at_when_it_was_planned() -> None:
    """Of each look those count whose time is over; a look that was planned for after the end is none."""
    looked_at = Campaign.model_validate(LOOKED_AT)
    end = 7 * DAY
    at = [campaigns.Look(str(n * DAY), n * DAY) for n in (2, 4)]
    assert campaigns.looks_due(looked_at, 0, None, 2 * DAY - 1) == []
    assert campaigns.looks_due(looked_at, 0, None, 5 * DAY) == at
    assert campaigns.looks_due(looked_at, 0, end, 10 * DAY) == [*at, campaigns.Look("end", end)]
    assert [campaigns.next_look(looked_at, 0, None, t * DAY) for t in (0, 2, 4)] == [2 * DAY, 4 * DAY, 9 * DAY]
    assert [campaigns.next_look(looked_at, 0, end, t * DAY) for t in (4, 7)] == [end, None]
    rows: list[dict[str, Json]] = [{"bucket": hour, "people": 1} for hour in (0, 23, 24, 71)]
    assert [
        [row["bucket"] for row in campaigns.by_then(looked_at, rows, look)]
        for look in (*at, campaigns.Look("end", end))
    ] == [
        [0, 23],
        [0, 23, 24, 71],
        [0, 23, 24, 71],
    ]


@pytest.mark.parametrize("looks", [["1d"], ["3d", "2d"], ["2d", "2d"]])
def test_looks_before_anybody_has_had_their_time_are_refused(looks: list[str]) -> None:
    with pytest.raises(ValidationError, match="one after the other"):
        Campaign.model_validate(TWO | {"measure": {"within": "1d", "looks": looks}})


@given(arms(2_000), arms(2_000))
@settings(max_examples=30, deadline=None)
def test_a_chance_is_that_of_two_betas(control: Arm, other: Arm) -> None:
    if min(control.successes, other.successes) < 10 or min(n - k for n, k in (control, other)) < 10:
        return
    rng = np.random.default_rng(control.people)
    one, two = (rng.beta(k + 1, n - k + 1, 40_000) for n, k in (control, other))
    assert chance_of_more(control, other) == pytest.approx(np.mean(two > one), abs=0.015)


def test_who_is_held_out_is_compared_by_orders_with_all_who_got_it() -> None:
    both = Campaign.model_validate(TWO | {"holdout": 20})
    found = [
        counts("a", 2_000, 90, 80),
        counts("b", 2_010, 95, 85),
        counts("a", 500, 0, 9, True),
        counts("b", 505, 0, 9, True),
    ]
    of_variants, of_all = campaigns.compared(both, found, (1.0,))
    assert (of_variants.control.people, of_variants.other.people) == (2_000, 2_010)
    assert (of_all.control, of_all.other) == (Arm(1_005, 18), Arm(4_010, 165))
    assert sentence(of_all, 0.01).startswith("Those who got it did better: 165 of 4,010 (4.1 %) ordered")


def test_a_campaign_that_reached_nobody_says_nothing() -> None:
    assert words(Campaign.model_validate(TWO))[0].startswith("Nothing can be said")


def test_what_a_campaign_can_show_is_said_out_of_what_the_shop_knows() -> None:
    two = Campaign.model_validate(TWO | {"holdout": 10})
    usual = campaigns.Usual(Arm(3_000, 100), Arm(3_000, 50), 80.0, 250_000.0)
    clicks, orders = campaigns.expected(two, 812, usual)
    assert clicks == (
        "Usually 3.3 % click. With 812 people, a rise to 7.8 % or more would be seen 8 times in 10. For 1 point, the "
        "least that matters to you, it would take about 12,000 people."
    )
    assert "order" in orders
    (enough, _) = campaigns.expected(two, 40_000, usual)
    assert enough.endswith("That is enough for 1 point, the least that matters to you.")
    assert campaigns.expected(two, 0, usual) == []
    unknown = campaigns.Usual(Arm(20, 1), Arm(0, 0), 0.0, 0.0)
    assert all(each.startswith("Too little is known") for each in campaigns.expected(two, 812, unknown))
    assert campaigns.expected(two, 3, usual)[0].startswith("3 people are too few to show any difference")


BY_REVENUE = TWO | {"measure": {"metric": "revenue", "least": 0.5}}


def test_what_a_campaign_s_arms_spent_is_said_in_money() -> None:
    by_revenue = Campaign.model_validate(BY_REVENUE)
    row = {"held_out": 0, "bucket": 0, "clicked": 0, "complained": 0, "unsubscribed": 0, "latest": 5}

    def rows(variant: str, *cells: tuple[int, int, int]) -> list[dict[str, object]]:
        return [
            {**row, "variant": variant, "net": net, "before": before, "people": n, "revenue": n * net, "ordered": n}
            for net, before, n in cells
        ]

    found = campaigns.counts(
        rows("a", (0, 0, 380), (2000, 0, 20)) + rows("b", (0, 0, 350), (2000, 0, 40), (5000, 0, 10))
    )
    assert [(each.variant, each.people, each.revenue) for each in found] == [("a", 400, 40_000), ("b", 400, 130_000)]
    (said,) = words(by_revenue, *found)
    assert said.startswith(
        "Variant b did better: 1,300.00 spent by 400 people (3.25 a person); a: 400.00 spent by 400 people (1.00 a "
        "person) (a difference of +"
    )
    regulars = [(2000 * n, 100 * n, 20) for n in range(1, 11)]
    again = campaigns.counts(rows("a", *regulars) + rows("b", *regulars))
    assert words(by_revenue, *again)[0].endswith(" What they had spent before says 100 % of it, and is taken off.")
    usual = campaigns.Usual(Arm(3_000, 100), Arm(3_000, 50), 80.0, 250_000.0)
    (can,) = campaigns.expected(by_revenue, 2_000, usual)
    assert can == (
        "Usually people spend 0.80 a person. With 2,000 people, a difference of 0.63 a person or more would be seen 8 "
        "times in 10. For 0.50 a person, the least that matters to you, it would take about 3,200 people."
    )


@pytest.mark.parametrize(
    ("measure", "says"),
    [({"metric": "revenue"}, "in your currency"), ({"metric": "ordered", "least": 0.6}, "a share of the people")],
)
def test_what_matters_is_said_in_the_units_of_what_is_measured(measure: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Campaign.model_validate(TWO | {"measure": measure})


# ── several things at once ──

FACTORS = [{"id": "subject", "levels": ["short", "long"]}, {"id": "offer", "levels": ["ten", "free"]}]
FOUR = ["short_ten", "short_free", "long_ten", "long_free"]


def factorial(**changes: object) -> Campaign:
    return Campaign.model_validate(TWO | {"factors": FACTORS, "variants": [{"id": id_} for id_ in FOUR]} | changes)


def test_each_of_several_things_is_told_by_everybody() -> None:
    campaign = factorial()
    apart = [counts(id_, 1_000, clicked) for id_, clicked in zip(FOUR, (50, 52, 110, 108), strict=True)]
    subject, offer, together = campaigns.compared(campaign, apart, (1.0,))
    assert (subject.control, subject.other) == (Arm(2_000, 102), Arm(2_000, 218))
    assert (offer.control, offer.other) == (Arm(2_000, 160), Arm(2_000, 160))
    assert sentence(subject, 0.01).startswith(
        "Subject long did better: 218 of 2,000 (10.9 %) clicked; subject short: 102"
    )
    assert sentence(together, 0.01).startswith("Not enough to tell whether subject and offer work on each other (")
    crossed = [counts(id_, 1_000, clicked) for id_, clicked in zip(FOUR, (50, 110, 108, 52), strict=True)]
    *alone, together = words(campaign, *crossed)
    assert all(each.startswith("Not enough to tell.") for each in alone)
    assert together.startswith("Subject and offer work on each other (")


def test_effects_are_those_of_a_regression() -> None:
    rng = np.random.default_rng(14)
    three = [*FACTORS, {"id": "hero", "levels": ["photo", "drawing"]}]
    ids = [f"{id_}_{hero}" for id_ in FOUR for hero in ("photo", "drawing")]
    clicked = rng.binomial(1_000, np.linspace(0.05, 0.12, 8))
    campaign = factorial(factors=three, variants=[{"id": id_} for id_ in ids])
    found = campaigns.compared(campaign, [counts(i, 1_000, int(k)) for i, k in zip(ids, clicked, strict=True)], (1.0,))
    signs = np.array([[1 if at else -1 for at in cell] for cell in np.ndindex(2, 2, 2)])
    columns = [signs[:, list(of)].prod(axis=1) for of in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))]
    regressed = np.linalg.lstsq(np.column_stack([np.ones(8), *columns]), clicked / 1_000, rcond=None)[0][1:]
    told = [each.other.rate - each.control.rate for each in found]  # type: ignore[union-attr]
    assert told == pytest.approx(2 * regressed)


def test_each_effect_has_its_two_values_and_an_interval_and_each_combination_its_own() -> None:
    campaign = factorial()
    apart = [counts(id_, 1_000, clicked) for id_, clicked in zip(FOUR, (50, 52, 110, 108), strict=True)]
    subject, offer, together = campaigns.compared(campaign, apart, (1.0,))
    assert [each.factors for each in (subject, offer, together)] == [("subject",), ("offer",), ("subject", "offer")]
    assert subject.values == (0.051, 0.109)
    assert subject.interval is not None
    assert subject.interval.low < 0.058 < subject.interval.high
    assert together.values == (0.081, 0.079), "unlike, and alike"
    assert [each.interval for each in campaigns.compared(campaign, apart)] == [None] * 3, "between looks there is none"
    assert [(each.variant, each.levels, each.measured) for each in campaigns.cells(campaign, apart)] == [
        ("short_ten", ("short", "ten"), Arm(1_000, 50)),
        ("short_free", ("short", "free"), Arm(1_000, 52)),
        ("long_ten", ("long", "ten"), Arm(1_000, 110)),
        ("long_free", ("long", "free"), Arm(1_000, 108)),
    ]
    assert campaigns.cells(Campaign.model_validate(TWO), apart) == []


def test_of_seven_effects_that_are_not_there_one_is_found_in_one_test_in_twenty_at_most() -> None:
    rng = np.random.default_rng(15)
    three = [*FACTORS, {"id": "hero", "levels": ["photo", "drawing"]}]
    ids = [f"{id_}_{hero}" for id_ in FOUR for hero in ("photo", "drawing")]
    campaign = factorial(factors=three, variants=[{"id": id_} for id_ in ids])
    tests, false, naive = 600, 0, 0
    for clicked in rng.binomial(500, 0.1, (tests, 8)):
        told = campaigns.compared(campaign, [counts(i, 500, int(k)) for i, k in zip(ids, clicked, strict=True)], (1.0,))
        false += any(each.verdict and each.verdict.word in (Word.BETTER, Word.WORSE) for each in told)
        naive += any(abs(z_value(each.control, each.other)) > 1.96 for each in told)  # type: ignore[arg-type]
    assert false / tests <= 0.051 + 0.009  # a standard error of so few tests
    assert naive / tests > 0.2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"variants": [{"id": "a"}, {"id": "b"}]}, "short_ten, short_free, long_ten, long_free"),
        ({"factors": FACTORS[:1]}, "needs no factors"),
        ({"variants": [{"id": id_, "weight": n} for n, id_ in enumerate(FOUR, 1)]}, "the same weight"),
        ({"factors": [FACTORS[0], FACTORS[0]]}, "the same id"),
    ],
)
def test_factors_ask_for_all_combinations(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        factorial(**changes)


# ── what a test must not harm ──


@given(arms(300), arms(300))
def test_what_few_do_is_compared_exactly(control: Arm, other: Arm) -> None:
    table = [
        [other.successes, other.people - other.successes],
        [control.successes, control.people - control.successes],
    ]
    assert more_often(control, other) == pytest.approx(stats.fisher_exact(table, "greater").pvalue, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_asked_several_times(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_a_variant_that_costs_readers_is_said_to() -> None:
    some = {"complained": Arm(400, 1)}
    (left, spam) = guards({"a": some | {"unsubscribed": Arm(400, 2)}, "b": some | {"unsubscribed": Arm(400, 16)}})
    assert (left.harms, spam.harms) == (True, False)
    assert warning(left) == (
        "Variant b costs you readers: 16 of 400 (4.0 %) unsubscribed; a: 2 of 400 (0.5 %). Think twice before you send "
        "it again."
    )
    alike = guards({"a": some | {"unsubscribed": Arm(400, 2)}, "b": some | {"unsubscribed": Arm(400, 3)}})
    assert unharmed(alike).endswith(": at most 0.8 % and 0.2 % of those who got it did.")


def test_guards_warn_of_what_is_not_there_in_one_test_in_twenty_at_most() -> None:
    rng = np.random.default_rng(13)
    false = 0
    for draw in rng.binomial(2_000, 0.004, (500, 4, 2)):
        arms = {
            str(n): {"unsubscribed": Arm(2_000, int(a)), "complained": Arm(2_000, int(b))}
            for n, (a, b) in enumerate(draw)
        }
        false += any(guard.harms for guard in guards(arms))
    assert false / 500 <= 0.051


# ── the shop's holdout ──


def test_an_e_value_may_be_looked_at_whenever() -> None:
    """By Ville's inequality at most a twentieth of flows without a difference ever comes to 20."""
    rng = np.random.default_rng(3)
    false = 0
    for _ in range(400):
        blocks = [(Arm(2, int(k0)), Arm(18, int(k1))) for k0, k1 in rng.binomial((2, 18), 0.08, (200, 2))]
        false += any(e_value(blocks[:block]) >= 20 for block in range(10, 201, 10))
    assert false / 400 <= 0.05
    real = [(Arm(5, int(k0)), Arm(15, int(k1))) for k0, k1 in rng.binomial((5, 15), (0.05, 0.2), (100, 2))]
    assert e_value(real) > 20


def test_an_e_value_of_nothing_says_nothing() -> None:
    assert e_value([]) == e_value([(Arm(0, 0), Arm(0, 0))]) == 1
    assert e_value([(Arm(5, 2), Arm(0, 0))]) == pytest.approx(1)


def taken_part(week: int, parts: int, held_out: Arm, sent: Arm) -> list[holdouts.Part]:
    return [holdouts.Part(week, held_out, sent) for _ in range(parts)]


LATER = 1_000 * holdouts.WEEK


def test_what_emails_bring_is_said_when_it_can_be() -> None:
    more = holdouts.finding(taken_part(9, 64, Arm(5, 1), Arm(95, 40)), 5, LATER)
    assert (more.word, more.held_out, more.sent, more.waiting) == (Word.BETTER, Arm(320, 64), Arm(6_080, 2_560), 0)
    assert more.words.startswith("With email more people order: 2,560 of 6,080 (42.1 %) of those who get email")
    fewer = holdouts.finding(taken_part(9, 64, Arm(5, 4), Arm(95, 40)), 5, LATER)
    assert fewer.word is Word.WORSE
    little = holdouts.finding(taken_part(9, 3, Arm(5, 1), Arm(95, 30)), 5, LATER)
    assert little.word is Word.NOT_ENOUGH
    assert "would show a rise of" in little.words
    assert "people more would tell more" in little.words
    off = holdouts.finding(taken_part(9, 64, Arm(5, 1), Arm(95, 40)), 20, LATER)
    assert off.word is Word.BROKEN


def test_a_week_counts_once_all_of_it_has_had_its_time() -> None:
    early, late = taken_part(9, 10, Arm(1, 0), Arm(9, 3)), taken_part(12, 10, Arm(1, 0), Arm(9, 3))
    ready = 10 * holdouts.WEEK + holdouts.WITHIN
    assert holdouts.finding([*early, *late], 10, ready - 1).word is None
    found = holdouts.finding([*early, *late], 10, ready)
    assert (found.held_out.people, found.sent.people, found.waiting) == (10, 90, 100)
    assert holdouts.finding([], 10, ready).words.startswith("Nobody has had 30 days yet")
