"""Plugs the stand-ins into real boto3 clients.

botocore emits `before-parameter-build.<service>.<Operation>` with what the caller passed, validates it, and emits
`before-call.<service>.<Operation>`; whoever answers that with `(response, parsed)` takes the place of the network
(documented in botocore's "Event system"). So validation and exceptions stay botocore's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import ParamValidationError

from infra.local.aws import limits, parameters
from infra.local.aws.world import World

# Where everything local is said to be, in its ARNs and URLs.
ACCOUNT: Final = "000000000000"
REGION: Final = "eu-west-1"

_models = botocore.loaders.create_loader()  # read once: a new session then takes 7 ms instead of 40

# How a service says that a parameter is not as its model wants it.
_WRONG = {
    "athena": "InvalidRequestException",
    "comprehend": "InvalidRequestException",
    "s3": "InvalidArgument",
    "sesv2": "BadRequestException",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
}

Parameters = dict[str, Any]
Operation = Callable[[World, Parameters], dict[str, Any]]
Fault = Callable[["Call", Callable[[], dict[str, Any]]], dict[str, Any]]


class AwsError(Exception):
    """An error as the service would answer it. `extra` joins the parsed answer (`CancellationReasons`, …)."""

    def __init__(self, code: str, message: str, status: int = 400, **extra: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.extra = code, message, status, extra


@dataclass(frozen=True)
class Call:
    """One call to AWS, as the fault tests and the counters see it."""

    service: str
    operation: str
    parameters: Parameters


class _Session(botocore.session.Session):
    """Makes clients that neither look up where a call goes nor write it out: it goes nowhere. Half a call's time.

    One of each service, however often and with whatever retries and time-outs it is asked for: a call is never tried
    again here, nor waited for, and making a client takes as long as ten calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, Any] = {}

    def create_client(self, service_name: str, *arguments: Any, **named: Any) -> Any:
        if service_name not in self.made:
            client: Any = super().create_client(service_name, *arguments, **named)
            client._ruleset_resolver = None
            client._serializer = _Unwritten(client._serializer._param_validator)
            self.made[service_name] = client
        return self.made[service_name]


@dataclass
class _Unwritten:
    """In the place of botocore's serializer: validates a call's parameters, and leaves the writing out."""

    validator: Any
    checks: dict[str, parameters.Check] = field(default_factory=dict)

    def serialize_to_request(self, given: Parameters, model: Any) -> dict[str, Any]:
        shape = model.input_shape
        if shape is not None and not parameters.check(shape, self.checks)(given):
            report = self.validator.validate(given, shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
        return {"url_path": "/", "query_string": "", "method": "POST", "headers": {}, "body": b""}


@dataclass
class Response:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)


def connect(
    world: World,
    services: Mapping[str, Mapping[str, Operation]],
    fault: Fault | None = None,
) -> boto3.session.Session:
    """A boto3 session whose calls are answered by `services[service id][Operation]`, within one savepoint each.

    A call nobody stands in for raises NotImplementedError, naming it: nothing ever reaches the network.
    `fault`, when given, is called around each call and may refuse it, lose its answer or let it through.
    """
    session = _Session()
    session.register_component("data_loader", _models)
    session.set_config_variable("region", REGION)
    session.set_credentials("local", "local")
    session.set_default_client_config(Config(user_agent="local"))  # made again for each call, it takes half its time

    looked_at: dict[str, dict[str, limits.Limit | None]] = {service: {} for service in services}

    def keep(params: Parameters, context: dict[str, Any], **_: Any) -> None:
        context["beckon_parameters"] = params

    def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Response, dict[str, Any]]:
        service = str(model.service_model.service_name)
        operation = services.get(service, {}).get(model.name)
        if operation is None:
            raise NotImplementedError(f"the local run does not stand in for {service}.{model.name}")
        call = Call(service, model.name, context["beckon_parameters"])
        limit = limits.limit(model.input_shape, looked_at[service])

        def perform() -> dict[str, Any]:
            with world.lock, world.atomic():
                answered = operation(world, call.parameters)
                # After the stand-in, which knows the service's own words for what it refuses; this undoes what it did.
                if limit and (wrong := limit(call.parameters)):
                    raise AwsError(_WRONG.get(service, "ValidationException"), wrong)
                return answered

        try:
            parsed = perform() if fault is None else fault(call, perform)
        except AwsError as error:
            return Response(error.status), {
                "Error": {"Code": error.code, "Message": error.message},
                "ResponseMetadata": {"HTTPStatusCode": error.status},
                **error.extra,
            }
        parsed.setdefault("ResponseMetadata", {"HTTPStatusCode": 200, "RequestId": "local"})
        return Response(200), parsed

    session.register("before-parameter-build", keep)  # type: ignore[arg-type]  # called by these names
    session.register("before-call", answer)  # type: ignore[arg-type]
    return boto3.session.Session(botocore_session=session, region_name=REGION)
