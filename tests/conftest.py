"""What every test needs before the handlers are imported: Powertools reads these when it is made."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from shared.adapters import environment

os.environ.update(
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    POWERTOOLS_METRICS_NAMESPACE="Beckon",
    POWERTOOLS_SERVICE_NAME="test",
    TZ="UTC",
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


@pytest.fixture(autouse=True)
def environment_of_the_test() -> Iterator[None]:
    before = dict(os.environ)
    yield
    _put_back(before)


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
