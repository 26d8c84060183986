"""What every test needs before the handlers are imported: Powertools reads these when it is made."""

import os

os.environ.update(
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    POWERTOOLS_METRICS_NAMESPACE="Beckon",
    POWERTOOLS_SERVICE_NAME="test",
    TZ="UTC",
)
