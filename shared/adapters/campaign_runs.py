"""Executions of campaigns in Step Functions: an execution is for a campaign as of one of its changes, and there are as
many at a time as it takes to use the rate."""

from __future__ import annotations

import json
from contextlib import suppress

from shared.adapters import campaigns
from shared.adapters.clients import client
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.adapters.environment import Settings, environment
from shared.domain.campaigns.states import Kept
from shared.domain.events import Json


class CampaignRunsSettings(Settings):
    campaign_state_machine: str
    """The ARN."""


def begin(kept: Kept, workers: int = 1) -> None:
    """Has so many executions work on the campaign, as of the change `run`. Asked for again, it is the same."""
    for worker in range(1, workers + 1):
        start(f"{kept.id}-{kept.run}-{worker}", {"campaign": kept.id, "run": kept.run, "worker": worker})


def begin_child(kept: Kept) -> None:
    """Keeps a campaign that another has made, and has it begin; once, however often this is asked for."""
    with suppress(PublishedMeanwhileError):
        campaigns.create(kept)
    begin(kept)


def start(name: str, given: dict[str, Json]) -> None:
    with suppress(client("stepfunctions").exceptions.ExecutionAlreadyExists):
        client("stepfunctions").start_execution(
            stateMachineArn=environment(CampaignRunsSettings).campaign_state_machine, name=name, input=json.dumps(given)
        )
