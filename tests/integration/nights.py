"""Nights that a test starts by itself, and waits for."""

from __future__ import annotations

import json

from shared.domain.events import MINUTE, Json
from tests.integration.shop import Shop


def a_night(shop: Shop, workflow: str, name: str, **given: Json) -> Json:
    """Starts a night of a workflow of the template, and lets minutes pass; gives what it has come to."""
    client = shop.system.session.client("stepfunctions")
    arn = shop.system.template.reference(workflow)
    started = client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))["executionArn"]
    shop.passes(5 * MINUTE)
    execution = client.describe_execution(executionArn=started)
    return json.loads(execution["output"]) if execution["status"] == "SUCCEEDED" else execution["status"]
