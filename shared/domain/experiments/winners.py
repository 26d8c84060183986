"""Which variant the rest of a campaign's audience gets, once a part of it has had its time."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.campaigns.definition import Campaign
from shared.domain.campaigns.states import Chosen
from shared.domain.events import Instant
from shared.domain.experiments.comparisons import Compared, sentence
from shared.domain.experiments.rates import Arm
from shared.domain.experiments.verdicts import Word, verdicts


def chosen(campaign: Campaign, arms: Mapping[str, Arm], t: Instant) -> Chosen:
    """The variant that did better than the first, of several the best; the first, where all others did worse; else what
    was said beforehand (`Winner.otherwise`), since nothing was told. `arms`: of those tested, how many clicked."""
    ids = [each.id for each in campaign.variants]
    control, *others = (arms.get(id_, Arm(0, 0)) for id_ in ids)
    measure = campaign.measure
    told = verdicts([control, *others], [each.weight for each in campaign.variants], (1.0,), measure.least, campaign.id)
    words = " ".join(
        sentence(Compared(id_, ids[0], measure.metric, control, other, verdict), measure.least)
        for id_, other, verdict in zip(ids[1:], others, told, strict=True)
    )
    better = [
        (other.rate, id_) for id_, other, each in zip(ids[1:], others, told, strict=True) if each.word is Word.BETTER
    ]
    if better:
        return Chosen(variant=max(better)[1], decided=True, words=words, at=t)
    if all(each.word is Word.WORSE for each in told):
        return Chosen(variant=ids[0], decided=True, words=words, at=t)
    otherwise = campaign.winner.otherwise if campaign.winner is not None else None
    return Chosen(variant=otherwise or ids[0], decided=False, words=words, at=t)
