"""List prices in US dollars, region eu-west-1, without free tiers or discounts. docs/measured.md says where from."""

from __future__ import annotations

DATE = "August 2026"

PER_MILLION = {
    "HTTP API requests": 1.11,
    "Lambda requests": 0.20,
    "SQS requests": 0.40,  # of 64 KB each
    "DynamoDB write units": 0.705,
    "DynamoDB read units": 0.1415,
    "S3 PUT requests": 5.00,  # LIST costs the same
    "X-Ray traces": 5.00,
    "Step Functions transitions": 25.00,
    "SES emails": 100.00,
}
PER_UNIT = {
    "Lambda GB-seconds, arm64": 0.0000133334,
    "CloudWatch Logs, GB taken in": 0.57,
    "Athena TB scanned": 5.00,  # of a query at least 10 MB
}


def price(item: str, quantity: float) -> float:
    """What `quantity` of an item costs, in dollars."""
    if item in PER_MILLION:
        return PER_MILLION[item] * quantity / 1e6
    return PER_UNIT[item] * quantity
