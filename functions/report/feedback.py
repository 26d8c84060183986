"""What people say, beside the figures: the report `feedback`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import report_parameters, shop_settings
from shared.adapters.queries import Question, question
from shared.adapters.reports import Seen
from shared.domain.events import Instant, Json
from shared.domain.lake_rows import month_of
from shared.domain.reports import feedback


def asks(seen: Seen) -> Mapping[str, Question]:
    at = seen.at
    since = feedback.begins(at)
    month = month_of(since)
    return {
        "answers": report_parameters.of_answers(at).of("feedback_answers"),
        "surveys": report_parameters.of_surveys(at).of("feedback_surveys"),
        "texts": question("feedback_texts", month, str(since), month),
    }


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    topics = shop_settings.settings().text_topics
    return feedback.report(at, rows["answers"], rows["surveys"], rows["texts"], topics)
