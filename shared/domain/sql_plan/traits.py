"""Traits and consent."""

from __future__ import annotations

from shared.domain.conditions import Condition
from shared.domain.conditions.fields import condition_key
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Sample, TraitIs
from shared.domain.draws import sample_bound
from shared.domain.sql_plan.expressions import compared, literal
from shared.domain.sql_plan.sources import Sources
from shared.domain.sql_plan.trees import FALSE, TRUE, Atom, NotOf, Tree, all_of, any_of, not_of


def trait(plan: Sources, condition: TraitIs) -> Tree:
    """`amount` tells a list's values (how many there are) from a scalar (null) and an empty list (0)."""
    name, told = condition.trait, plan.inside(condition.fresh)
    if condition.is_ == "exists":
        exists = "amount = 0" if condition.of == "none" else "amount IS DISTINCT FROM 0"
        return any_of([plan.of_row("trait", name, [*told, exists], condition), plan.answer(condition)])
    negated = condition.is_ == "not_equal"
    passes = compared("equal" if negated else condition.is_, condition.value, "text", "number", "flag")
    passing = [*told, passes] if passes else None
    if condition.of == "any" and not negated:
        is_so = plan.of_row("trait", name, passing, condition) if passing is not None else FALSE
        return or_answered(plan, is_so, condition)
    value = [*told, "amount IS DISTINCT FROM 0"]
    failing = [*value, f"NOT COALESCE({passes}, FALSE)"] if passes else value
    match condition.of, negated:
        case ("any", True) | ("none", False):
            there, absent = told, passing
        case "all", False:
            there, absent = value, failing
        case "all", True:
            there, absent = value, passing
        case _:  # none that differs: all are equal, an empty list's too
            there, absent = told, failing
    is_there = plan.of_row("trait", name, there, f"{name} is told")
    is_absent = not_of(plan.of_row("trait", name, absent, condition)) if absent is not None else TRUE
    return any_of([all_of([is_there, is_absent]), plan.answer(condition)])


def or_answered(plan: Sources, tree: Tree, condition: Condition) -> Tree:
    """Also where it was answered while exporting: of a contact whose trait must not be written out. Then nothing
    else is known of the trait, so that the atom may have the answer's bit too."""
    if not isinstance(tree, Atom):
        return any_of([tree, plan.answer(condition)])
    answers, key = plan.source("rows", "answer"), condition_key(condition)
    answers.names[key] = None
    answers.named.setdefault(key, {})[tree.number] = "TRUE"
    return tree


def consent(plan: Sources, condition: ConsentIs) -> Tree:
    if condition.is_ == "never_asked":
        return NotOf(plan.of_row("consent", condition.topic, [], f"asked about {condition.topic}"))
    tests = [f"text = {literal(condition.is_)}", *plan.inside(condition.within)]
    if condition.first_in is not None:
        tests.append(f"(amount IS NULL OR amount >= {condition.first_in})")
    return plan.of_row("consent", condition.answer_to, tests, condition)


def first_seen(plan: Sources, condition: FirstSeen) -> Tree:
    if condition.before is not None:
        return plan.contact(f"time <= {plan.t - condition.before}", condition)
    return plan.contact(" AND ".join(plan.inside(condition.within)) or "time > -1", condition)


def sample(plan: Sources, condition: Sample) -> Tree:
    digest = f"lower(to_hex(md5(to_utf8({literal(f'{condition.salt}:')} || contact))))"
    return plan.contact(f"substr({digest}, 1, 8) < {literal(sample_bound(condition.percent))}", condition)
