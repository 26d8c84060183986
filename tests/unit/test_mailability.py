"""The one word about somebody's email says what the gate would say, whatever is known of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.addresses import Address
from shared.domain.events import ALL, DAY, NEVER, PAUSE
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.gate import gate
from shared.domain.messages.mailability import REASONS, mailability
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.transitions import Membership

NOW = 1_795_500_000_000
TOPICS = {"marketing": "News and offers", "tips": "Tips"}
ANSWERS = st.dictionaries(
    st.sampled_from([*TOPICS, ALL, PAUSE]),
    st.builds(
        Stamped, st.sampled_from(["subscribed", "unsubscribed", "pending"]), st.integers(NOW - 60 * DAY, NOW - 1)
    ),
)
SUPPRESSIONS = st.none() | st.tuples(
    st.sampled_from(["bounce", "soft_bounce", "complaint", "erasure", "operator"]), st.integers(NOW - 60 * DAY, NOW)
)


@given(ANSWERS, ANSWERS, SUPPRESSIONS, st.booleans(), st.booleans(), st.booleans())
def test_the_word_is_the_gate_s(
    consent: dict[str, Stamped],
    said: dict[str, Stamped],
    suppression: tuple[str, int] | None,
    has_address: bool,
    dormant: bool,
    sunset: bool,
) -> None:
    profile = Profile("c1", consent=consent)
    if has_address:
        profile.traits["email"] = Stamped("ada@example.com", NOW)
    if sunset:
        profile.traits["sunset"] = Stamped(True, NOW)
    if dormant:
        profile.memberships["dormant"] = Membership(True, 1, NOW, NEVER)
    told = mailability(profile, Address("c1", suppression, said), TOPICS, NOW)
    refusals = {}
    for topic in TOPICS:
        message = RunMessage(contact="c1", journey="j", run="r", version=1, step="s", topic=topic)
        refusals[topic] = gate(message, profile, suppression, NOW, said)
    passes = tuple(TOPICS[topic] for topic, no in refusals.items() if no in (None, Refusal.FREQUENCY_CAP))
    assert set(told.topics) == set(passes)
    assert (told.reason is None) == bool(passes)
    assert told.reason is None or told.reason in REASONS
    assert told.sentence
