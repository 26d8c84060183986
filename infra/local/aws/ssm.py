"""The Parameter Store as the local run needs it: settings and secrets by name and by path, the newest version only."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from datetime import UTC, datetime
from typing import Any

from infra.local.aws.calls import ACCOUNT, REGION, AwsError, Operation, Parameters
from infra.local.aws.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS parameters (
        name TEXT PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL,
        modified_at INTEGER NOT NULL
    )""",
)
MAX_VALUE = 4096  # bytes of a standard parameter
MAX_LEVELS = 15
_NAME = re.compile(r"(?i)(?!/?(?:aws|ssm))(?:[a-z0-9_.-]+|(?:/[a-z0-9_.-]+)+)")


def put_parameter(world: World, parameters: Parameters) -> dict[str, Any]:
    name, kind, value = parameters["Name"], parameters.get("Type"), parameters["Value"]
    row = _db(world).execute("SELECT type, version FROM parameters WHERE name = ?", (name,)).fetchone()
    if row and not parameters.get("Overwrite", False):
        raise AwsError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        )
    if not row and kind is None:
        raise AwsError("ValidationException", "A parameter type is required when you create a parameter.")
    if not _NAME.fullmatch(name) or name.count("/") > MAX_LEVELS:
        raise AwsError(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "ssm" or "aws" (case-insensitive), has sub-paths each of letters, '
            "digits, '.', '-' and '_', and begins with '/' where it has any.",
        )
    if not 0 < len(value.encode()) <= MAX_VALUE:
        raise AwsError("ValidationException", f"Standard tier parameters support a maximum of {MAX_VALUE} characters.")
    version = row[1] + 1 if row else 1
    world.db.execute(
        "INSERT OR REPLACE INTO parameters VALUES (?, ?, ?, ?, ?)", (name, kind or row[0], value, version, world.now())
    )
    return {"Version": version, "Tier": "Standard"}


def get_parameter(world: World, parameters: Parameters) -> dict[str, Any]:
    row = _db(world).execute("SELECT * FROM parameters WHERE name = ?", (parameters["Name"],)).fetchone()
    if row is None:
        raise AwsError("ParameterNotFound", f"Parameter {parameters['Name']} not found.")
    return {"Parameter": _answer(row, parameters.get("WithDecryption", False))}


def get_parameters_by_path(world: World, parameters: Parameters) -> dict[str, Any]:
    if "ParameterFilters" in parameters:
        raise NotImplementedError("the local run does not stand in for ParameterFilters")
    if not parameters["Path"].startswith("/"):
        raise AwsError("ValidationException", "The parameter doesn't meet the parameter name requirements.")
    path, most = parameters["Path"].rstrip("/") + "/", parameters.get("MaxResults", 10)
    rows = (
        _db(world)
        .execute(
            """SELECT * FROM parameters WHERE substr(name, 1, ?1) = ?2 AND name > ?3
                AND (?4 OR instr(substr(name, ?1 + 1), '/') = 0) ORDER BY name LIMIT ?5""",
            (len(path), path, parameters.get("NextToken", ""), parameters.get("Recursive", False), most + 1),
        )
        .fetchall()
    )
    page = [_answer(row, parameters.get("WithDecryption", False)) for row in rows[:most]]
    return {"Parameters": page} | ({"NextToken": page[-1]["Name"]} if len(rows) > most else {})


def _answer(row: tuple[Any, ...], decrypt: bool) -> dict[str, Any]:
    name, kind, value, version, modified_at = row
    if kind == "SecureString" and not decrypt:
        value = hashlib.sha256(value.encode()).hexdigest()  # something that is not the secret
    return {
        "Name": name,
        "Type": kind,
        "Value": value,
        "Version": version,
        "LastModifiedDate": datetime.fromtimestamp(modified_at / 1000, UTC),
        "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{'' if name.startswith('/') else '/'}{name}",
        "DataType": "text",
    }


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


OPERATIONS: dict[str, Operation] = {
    "GetParameter": get_parameter,
    "GetParametersByPath": get_parameters_by_path,
    "PutParameter": put_parameter,
}
