"""The batch benchmark compares like with like: everybody's answers are the same, or it says whose are not."""

from tests.benchmarks import batch


def test_all_ways_to_ask_give_the_same_members() -> None:
    rows = {row.measure: row for row in batch.measure(contacts=200)}
    assert rows["batch: contacts, events, segments"].value.startswith("200, ")
    assert any("DuckDB's own tables" in measure and "single pass" in measure for measure in rows)
