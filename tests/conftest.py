"""What every test needs before the handlers are imported: Powertools reads these when it is made."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from shared.adapters import environment

os.environ.update(
    OPENBLAS_NUM_THREADS="1",  # as the insight function has it: threads that wait for each other cost more than they do
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    POWERTOOLS_METRICS_NAMESPACE="Beckon",
    POWERTOOLS_SERVICE_NAME="test",
    TZ="UTC",
    SHOP_TIME_ZONE="UTC",
)

# How fast a machine is says nothing about whether a property holds on it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() != "ci":
    settings.load_profile("any machine")


@pytest.fixture(scope="module", autouse=True)
def environment_of_the_module() -> Iterator[None]:
    """A local system that is connected sets the process's environment: no test after it may see that."""
    before = dict(os.environ)
    yield
    _put_back(before)
    _begin_again()


@pytest.fixture(autouse=True)
def environment_of_the_test() -> Iterator[None]:
    before = dict(os.environ)
    yield
    _put_back(before)


def _begin_again() -> None:
    """A local system leaves its clock, its session and its caches, too. What a test has not imported stays out."""
    if clock := sys.modules.get("shared.adapters.clock"):
        clock.use(None)
    if dns_records := sys.modules.get("shared.adapters.dns_records"):
        dns_records.use(None)
    if webhooks := sys.modules.get("shared.adapters.webhooks"):
        webhooks.use(None)
    if outside := sys.modules.get("shared.adapters.outside"):
        outside.use(None)
    if boto3 := sys.modules.get("boto3"):
        boto3.DEFAULT_SESSION = None
    if caches := sys.modules.get("shared.adapters.caches"):
        caches.forget_all()


def _put_back(before: dict[str, str]) -> None:
    names = (os.environ.keys() | before.keys()) - {"PYTEST_CURRENT_TEST"}
    changed = {name for name in names if os.environ.get(name) != before.get(name)}
    for name in changed:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    if changed:
        environment.forget()
