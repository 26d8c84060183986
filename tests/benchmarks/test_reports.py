"""What Athena reads for a query is counted as its engine reads it."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from tests.benchmarks.reports import as_read

SCHEMA = {"events": {"x": "varchar", "y": "varchar", "type": "varchar"}}


def test_a_cte_is_read_anew_for_each_reference_and_only_what_is_used_there() -> None:
    tree = sqlglot.parse_one(
        """WITH told AS (SELECT x, y, type FROM events WHERE type IN ('a', 'b')),
        never AS (SELECT x FROM told),
        twice AS (SELECT told.x FROM told INNER JOIN told AS again ON told.x = again.x WHERE again.type = 'a')
        SELECT x FROM twice UNION ALL SELECT y AS x FROM told""",
        dialect="athena",
    )
    read = []
    for table in as_read(tree, SCHEMA).find_all(exp.Table):
        select = table.find_ancestor(exp.Select)
        assert select is not None
        read.append(({column.name for column in select.find_all(exp.Column)} - {"type"}, "= 'a'" in select.sql()))
    assert sorted((*columns, narrowed) for columns, narrowed in read) == [("x", False), ("x", True), ("y", False)]
