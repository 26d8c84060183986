"""What a night has found in the texts of contacts: counts, words that several people say, and where examples are."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.events import Instant
from shared.domain.insight.gates import Gate, first_closed
from shared.domain.insight.values import Value
from shared.domain.wording.texts import plural


class Taught(Value):
    """Whether the shop's own starred reviews tell better how a text sounds than the list of English words: of a review
    with many stars and one with few (of `checked`, the newest), how often each of the two hears which is which. None:
    not checked."""

    gates: tuple[Gate, ...]
    checked: int = 0
    model: float | None = None
    rule: float | None = None

    @property
    def holds(self) -> bool:
        return self.model is not None and self.rule is not None and self.model > self.rule

    @property
    def sentence(self) -> str:
        closed = first_closed(self.gates)
        if closed is not None:
            return (
                f"Your own reviews teach nothing yet: {closed.sentence}. Until then, English texts without stars go by "
                "a list of words."
            )
        if self.model is None or self.rule is None:
            return "Your newest reviews are all of one kind, so what the others teach cannot be checked on them."
        compared = (
            f"Of a happy and an unhappy review among your newest {self.checked:,}, your older reviews tell which is "
            f"which {100 * self.model:.0f} times of 100, and the list of English words {100 * self.rule:.0f} times"
        )
        if self.holds:
            return f"{compared}. So texts without stars go by the words of your own reviews first."
        return f"{compared}. So the list is used."


class Group(Value):
    """Texts that say like words. `words`: what sets them apart, the strongest first. `starred` of the `texts` have
    stars, and `unhappy` of those one or two. `examples`: the nearest to what is common to all, each a contact and the
    key of an event in their partition, where its text is."""

    words: tuple[str, ...]
    contacts: int
    texts: int
    starred: int
    unhappy: int
    examples: tuple[tuple[str, str], ...]


class ByService(Value):
    """Of the texts that nothing here can judge, how many Amazon Comprehend was `asked` about in a night, and how many
    of those it has `heard`."""

    asked: int
    heard: int

    @property
    def sentence(self) -> str:
        told = "What neither can judge, Amazon Comprehend reads once a night"
        if self.asked == 0:
            return f"{told}: there was nothing new."
        failed = self.asked - self.heard
        rest = f", and is asked about the other {failed:,} again tonight" if failed else ""
        return f"{told}: it has read {self.heard:,} of {plural(self.asked, 'text')}{rest}."


class WrittenFound(Value):
    """`felt`: of those who have written lately, how many there are of each `sentiment`. `service`: None where the shop
    uses none."""

    as_of: Instant
    felt: Mapping[str, int]
    taught: Taught
    groups: tuple[Group, ...]
    service: ByService | None = None

    @property
    def standing(self) -> str:
        """How it is told how a text without stars sounds."""
        rest = "Of what neither can judge, nothing is told." if self.service is None else self.service.sentence
        return f"{self.taught.sentence} {rest}"
