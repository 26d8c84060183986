"""All that a Lambda keeps from one call to the next."""

from __future__ import annotations

from shared.adapters import (
    catalogue,
    clients,
    currencies,
    definitions,
    environment,
    flows,
    goods,
    heard,
    insight,
    journey_definitions,
    ready_templates,
    recommendations,
    reports,
    secrets,
    senders,
    shares,
    shop_settings,
    template_definitions,
    tones,
)


def forget_all() -> None:
    """As a new process begins: for tests, and for a local run that takes another's place."""
    clients.client.cache_clear()  # type: ignore[attr-defined]  # overloads hide what functools.cache adds
    secrets._provider.cache_clear()
    for kept in (
        catalogue,
        currencies,
        definitions,
        environment,
        flows,
        goods,
        heard,
        insight,
        journey_definitions,
        ready_templates,
        recommendations,
        reports,
        senders,
        shares,
        shop_settings,
        template_definitions,
        tones,
    ):
        kept.forget()
