"""Which scores are told: by the rule of the domain, for all contacts at once, and nothing twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.insight import telling
from functions.insight.seam import Scores
from shared.domain.events import DAY, Event, Json, Type, parse_instant
from shared.domain.insight import Place, Told, to_tell
from shared.domain.insight.scored import contact_of, scored
from shared.domain.journeys.acts import STATES
from shared.domain.lake_rows import contact_number, row
from shared.domain.personal import may_be_told_by_anybody
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, rebuild
from shared.domain.profiles.stored import dump, load

NOW = parse_instant("2026-11-28T04:00:00Z")
VALUES: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from([0.1, 0.14, 0.151, 0.2, 0.9]),
    st.sampled_from(["2026-12-01", "2026-12-02", "2026-12-09"]),
    st.sampled_from([0, 1, 9, 23]),
    st.sampled_from([["tea"], ["tea", "coffee"], [{"product": "1", "date": "2026-12-01"}], []]),
    st.sampled_from(["high", "low"]),
)
BANDS = st.sampled_from(["", "low", "medium"])
NUMBERS = st.integers(0, 4)
OF_SOME = st.dictionaries(NUMBERS, st.tuples(VALUES, BANDS))


def made(found: dict[int, tuple[Json, str]], score: str = "order", trait: str | None = "propensity.order") -> Scores:
    several = sorted(found)
    values = [found[each][0] for each in several]
    numbers = np.array([each if isinstance(each, float) else np.nan for each in values])
    return Scores(
        score=score,
        trait=trait,
        contact=np.array(several, np.int64),
        told=values,
        value=numbers,
        band=np.array([found[each][1] for each in several], dtype=np.str_),
        rank=np.full(len(several), 50),
        place=np.nan_to_num(numbers * 100),
        reasons=[()] * len(several),
    )


def place(found: tuple[Json, str] | None) -> Place | None:
    if found is None:
        return None
    value, band = found
    return Place(value=value, band=band, points=100 * value if isinstance(value, float) else 0.0)


@given(st.lists(st.tuples(OF_SOME, st.integers(1, 26)), min_size=1, max_size=5))
def test_it_is_the_rule_of_the_domain_night_after_night(nights: list[tuple[dict[int, Any], int]]) -> None:
    held: telling.Held | None = None
    told: dict[int, Told] = {}
    t = NOW
    for found, days in nights:
        t += days * DAY
        decided = telling.to_tell(made(found), held, t, set())
        got = {
            int(contact): "take back" if which == telling.TAKEN_BACK else "tell"
            for contact, which in zip(decided.contact, decided.which, strict=True)
        }
        rule = {each: to_tell(each, told.get(each), place(found.get(each)), t) for each in {*told, *found}}
        assert got == {each: what for each, what in rule.items() if what != "nothing"}
        for each, what in got.items():
            now = place(found.get(each))
            if what == "take back" or now is None:
                told.pop(each)
            else:
                told[each] = Told(place=now, time=t)
        held = telling.load(telling.dump({"order": decided.held})).get("order")
        assert held is not None and held.contact.tolist() == sorted(told)


def test_nothing_is_taken_back_of_who_has_ended_since_it_would_be_of_whom_they_have_joined() -> None:
    first = telling.to_tell(made({1: (0.2, "low"), 2: (0.9, "high")}), None, NOW, set())
    second = telling.to_tell(None, first.held, NOW + DAY, {2})
    assert second.contact.tolist() == [1]
    assert len(second.held.contact) == 0


@pytest.mark.parametrize("at_a_time", [1, 2, 100_000])
def test_a_contact_s_scores_are_told_together(monkeypatch: pytest.MonkeyPatch, at_a_time: int) -> None:
    monkeypatch.setattr(telling, "AT_A_TIME", at_a_time)
    order, hour = made({1: (0.2, "low"), 3: (0.9, "high")}), made({3: (9, "")}, "hour", "best_hour")
    several = [(each, each.score, str(each.trait), telling.to_tell(each, None, NOW, set())) for each in (order, hour)]
    several.append((None, "value", "predicted_value", telling.to_tell(None, several[0][3].held, NOW, set())))
    first, second = telling.messages(several)
    assert first["traits"] == {"propensity.order": 0.2, "predicted_value": None}
    assert second["traits"] == {"propensity.order": 0.9, "best_hour": 9, "predicted_value": None}
    assert [each["score"] for each in second["scores"]] == ["order", "hour", "value"]


# ── the event ──


def event(contact: str, value: float | None, at: int = NOW, **more: Any) -> Event:
    return scored(contact_number(contact), "2026-11-28", at, {"propensity.order": value}, [{"score": "order", **more}])


C1, C2 = contact_of(1), contact_of(2**60 - 1)


def test_the_number_is_the_contact_s_and_the_event_is_the_same_each_time() -> None:
    assert (contact_number(C1), contact_number(C2)) == (1, 2**60 - 1)
    assert event(C1, 0.5) == event(C1, 0.5)
    assert len({event(C1, 0.5).id, event(C1, 0.6).id, event(C2, 0.5).id}) == 3


def test_a_score_is_a_trait_with_an_age_and_no_history_and_is_taken_back() -> None:
    profile = Profile(C1, first_seen=NOW - DAY)
    assert fold(profile, event(C1, 0.5)) == {"trait:propensity.order", "stamp:propensity.order"}
    assert profile.traits["propensity.order"].time == NOW
    assert fold(profile, event(C1, 0.5, NOW + DAY)) == {"stamp:propensity.order"}
    fold(profile, event(C1, None, NOW + 2 * DAY))
    fold(profile, event(C1, 0.5, NOW + DAY))  # comes late
    assert profile.traits["propensity.order"].value is None
    assert profile.histories == {}
    assert Type.SCORED in STATES
    assert load(dump(profile)) == profile


def test_what_was_told_of_somebody_who_has_joined_stays_behind_in_whatever_order() -> None:
    mine, theirs = event(C1, 0.5), event(C2, 0.9, NOW + DAY)
    profiles = [rebuild(Profile(C1), several) for several in ((mine, theirs), (theirs, mine))]
    assert profiles[0] == profiles[1]
    assert profiles[0].traits["propensity.order"].value == 0.5


def test_its_row_in_the_lake_counts_nowhere_and_says_the_bands() -> None:
    told = row(C1, event(C1, 0.5, band="high"))
    assert (told["type"], told["name"], told["contact_number"]) == ("scored", None, 1)
    assert "bands=torder high" in told["properties"]  # type: ignore[operator]


def test_nobody_with_the_public_key_tells_a_score() -> None:
    names = ("propensity.order", "Propensity", "predicted_churn", "predicted_reorder.date", "scores.lead", "best_hour")
    assert not any(map(may_be_told_by_anybody, (*names, "sentiment", "sentiment.topics", " PREDICTED_VALUE")))
