"""Insight: what is foreseen of a contact, what it is worth, and when there is nothing to say.

Values only: the catalogue of scores, how each was checked on this shop's own history, bands that do not flap, what is
told again, and reasons in words. The numbers are worked out at night by functions/insight, stored, and read by the
admin, so nothing here needs numpy. Every value goes through JSON and back unchanged (`model_dump_json`,
`model_validate_json`).
"""

from shared.domain.insight.bands import Bands, Place, Told, band_of, moved, to_tell
from shared.domain.insight.catalogue import CATALOGUE, Score, score_of
from shared.domain.insight.gates import Gate, first_closed
from shared.domain.insight.grids import RfmCell, RfmGrid
from shared.domain.insight.proposals import Caution, Proposal, Proposals
from shared.domain.insight.reasons import Reason, as_code, from_code, in_words
from shared.domain.insight.results import Bin, Captured, Measures, Result, Validation, Verdict, sentence_of

__all__ = [
    "CATALOGUE",
    "Bands",
    "Bin",
    "Captured",
    "Caution",
    "Gate",
    "Measures",
    "Place",
    "Proposal",
    "Proposals",
    "Reason",
    "Result",
    "RfmCell",
    "RfmGrid",
    "Score",
    "Told",
    "Validation",
    "Verdict",
    "as_code",
    "band_of",
    "first_closed",
    "from_code",
    "in_words",
    "moved",
    "score_of",
    "sentence_of",
    "to_tell",
]
