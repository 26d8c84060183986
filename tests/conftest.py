"""What every test needs before the handlers are imported: Powertools reads these when it is made."""

import os

from hypothesis import HealthCheck, settings

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
