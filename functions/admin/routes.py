"""Which modules answer for which paths.

A module is imported with the first request for one of its paths, so that whoever opens the page does not wait for what
every other page needs. As it is imported, it registers its routes (`rest.route`).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from functions.admin.rest import KEYED, PROXY

MODULES: Mapping[str, tuple[str, ...]] = {
    "ahead": ("today",),
    "audit": ("audit",),
    "campaigns": ("campaigns", "campaign_results", "click_maps"),
    "conflicts": ("merging",),
    "contacts": (
        "contact",
        "contact_changes",
        "journey_runs",
        "merging",
        "people",
        "privacy",
        "recommending",
        "scores",
        "sending",
    ),
    "coupons": ("coupons",),
    "data": ("data_audit",),
    "dead-letters": ("dead_letters",),
    "doctor": ("doctor",),
    "drift": ("nights",),
    "experiments": ("experiments", "experiment_criteria", "experiment_deciding", "experiment_results"),
    "forecast": ("segments",),
    "forms": ("forms",),
    "guidance": ("segments",),
    "health": ("health",),
    "images": ("images",),
    "imports": ("imports",),
    "insight": (
        "insight",
        "written",
    ),
    "jobs": ("journey_runs",),
    "journeys": ("journeys", "journey_drafts", "journey_runs", "playing", "simulating", "click_maps"),
    "keys": ("keys",),
    "lead-scores": ("lead_scores",),
    "objectives": ("objectives",),
    "openapi.json": ("openapi",),
    "operators": ("sign_in",),
    "rebuild": ("rebuilding",),
    "reports": (
        "reports",
        "holdouts",
        "report_cohorts",
        "report_attribution",
        "report_feedback",
        "report_flows",
        "report_forms",
        "report_kpis",
        "report_people",
    ),
    "requests": ("privacy",),
    "runs": ("journey_runs",),
    "segments": ("segments", "estimating", "publishing"),
    "sending": ("sending",),
    "settings": ("shop_settings",),
    "stuck-runs": ("nights",),
    "templates": ("templates",),
    "today": ("today",),
    "vocabulary": ("vocabulary",),
    "wrong-members": ("nights",),
}
"""By the first part of a path, all modules of this folder that have routes there."""


def load(event: Mapping[str, Any]) -> None:
    """Has the routes there that a request could be for."""
    path = event["pathParameters"]["proxy"] if event["resource"] in (PROXY, KEYED) else event["resource"]
    load_those_of(path.strip("/").partition("/")[0])


def load_all() -> None:
    """For whoever asks which routes there are: the document of the API, and tests."""
    for part in MODULES:
        load_those_of(part)


def load_those_of(part: str) -> None:
    for module in MODULES.get(part, ()):
        import_module(f"functions.admin.{module}")
