"""The section Rules: what has to be true of the parameters, with the functions that only rules have."""

from collections.abc import Mapping
from typing import Any

from stator.apply.errors import TemplateError
from stator.apply.template.evaluation import Evaluator, as_text
from stator.apply.template.parameters import Parameters


def check(rules: Mapping[str, Any], evaluator: Evaluator, parameters: Parameters) -> list[str]:
    """Check the rules; those that were not checked, since they ask for values that nobody gave.

    Raises TemplateError for a rule that is broken.
    """
    unchecked = []
    for name, rule in rules.items():
        if _asks_for(rule, parameters.unknown):
            unchecked.append(name)
        else:
            _check(name, rule, evaluator)
    return unchecked


def _check(name: str, rule: Any, evaluator: Evaluator) -> None:
    path = f"Rules.{name}"
    assertions = rule.get("Assertions") if isinstance(rule, dict) else None
    if not isinstance(assertions, list):
        raise TemplateError(f"{path} needs a list of Assertions")
    if "RuleCondition" in rule and not _holds(rule["RuleCondition"], evaluator, f"{path}.RuleCondition"):
        return
    for number, assertion in enumerate(assertions):
        if not isinstance(assertion, dict) or "Assert" not in assertion:
            raise TemplateError(f"{path}.Assertions[{number}] needs an Assert")
        if not _holds(assertion["Assert"], evaluator, f"{path}.Assertions[{number}]"):
            raise TemplateError(
                f"{path}: {assertion.get('AssertDescription') or 'an assertion does not hold'}"
            )


def _holds(node: Any, evaluator: Evaluator, path: str) -> bool:
    name, argument = next(iter(node.items())) if isinstance(node, dict) and len(node) == 1 else ("", None)
    parts = argument if isinstance(argument, list) else []
    if name == "Fn::Not" and len(parts) == 1:
        return not _holds(parts[0], evaluator, path)
    if name == "Fn::And":
        return all(_holds(part, evaluator, path) for part in parts)
    if name == "Fn::Or":
        return any(_holds(part, evaluator, path) for part in parts)
    if name in ("Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn") and len(parts) == 2:
        return _members(name, parts, evaluator, path)
    if name in ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"):
        raise TemplateError(f"{path}: {name} asks for resources of an account, which are not looked up")
    return evaluator.holds(node, path)


def _members(name: str, parts: list[Any], evaluator: Evaluator, path: str) -> bool:
    members = [as_text(each) for each in evaluator.values(parts[0], path)]
    if name == "Fn::EachMemberIn":
        return set(members) <= {as_text(each) for each in evaluator.values(parts[1], path)}
    wanted = evaluator.text(parts[1], path)
    return wanted in members if name == "Fn::Contains" else all(member == wanted for member in members)


def _asks_for(node: Any, names: frozenset[str]) -> bool:
    if isinstance(node, dict):
        return node.get("Ref") in names or any(_asks_for(member, names) for member in node.values())
    return isinstance(node, list) and any(_asks_for(member, names) for member in node)
