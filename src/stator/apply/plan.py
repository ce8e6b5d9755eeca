"""What an apply would do: each resource of the template compared with what is there.

What a stack has made carries two tags, the stack's name and the resource's. So an apply knows what an earlier
one has made, keeps nothing beside the endpoint, and touches nothing that another stack or a person has made.

    wanted, not there                    create
    wanted, there, differs               update, or replace where AWS cannot change it
    there, tagged, no longer wanted      delete; forget (its tags are removed) if it is to be retained
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from stator.apply.endpoint import Endpoint
from stator.apply.errors import ApplyError, Refused
from stator.apply.names import StackNames
from stator.apply.resources.kind import Difference, Found, Kind, Wanted
from stator.apply.resources.kinds import KINDS, SOUGHT
from stator.apply.resources.scaling import ScalableTargets, scaled
from stator.apply.template.parameters import MASK
from stator.apply.template.sections import Resource, Template

STACK_TAG: Final = "stator:stack"
RESOURCE_TAG: Final = "stator:logical-id"
POLICY_TAG: Final = "stator:deletion-policy"
_PROTECTED: Final = "is protected against deletion, which has to be switched off first"
_RETAINED: Final = "is retained if it is replaced, by its UpdateReplacePolicy; give the new one another name"
OWN_TAGS: Final = (STACK_TAG, RESOURCE_TAG, POLICY_TAG)


class Action(StrEnum):
    """What is done with a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"
    NOTHING = "no change"
    SKIP = "skip"


@dataclass(frozen=True)
class Change:
    """What is done with one resource. `notes` are for a reader; `hindrance`: why it cannot be done."""

    id: str
    type: str
    name: str
    action: Action
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    hindrance: str = ""

    @property
    def destroys(self) -> bool:
        """Whether something is lost that was there."""
        return self.action in (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True)
class Plan:
    """What an apply would do, in its order."""

    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action not in (Action.NOTHING, Action.SKIP))

    @property
    def skipped(self) -> tuple[Change, ...]:
        """The resources of types that are not made."""
        return tuple(change for change in self.changes if change.action is Action.SKIP)


class Stack:
    """A template at an endpoint. `adopt`: take over what is there under a wanted name and has no stack."""

    def __init__(self, template: Template, endpoint: Endpoint, *, adopt: bool = False) -> None:
        self.template = template
        self.endpoint = endpoint
        self.names = StackNames(template)
        self._adopt = adopt

    def plan(self) -> Plan:
        """What would be done. Raises ApplyError."""
        changes = [self.look_at(resource) for resource in self.template.resources.values()]
        made = [(_sought(change.type), change.name) for change in changes if change.action is not Action.SKIP]
        for type_, name in made:
            if made.count((type_, name)) > 1:
                raise ApplyError(f"two resources of the template have the name {name}")
        changes += self._leftovers(frozenset(made))
        rules = self.template.unchecked_rules
        notes = [f"Rules.{name} is not checked: it asks for a value of the parameter store" for name in rules]
        return Plan(tuple(changes), tuple(notes))

    def look_at(self, resource: Resource) -> Change:
        """What would be done with one resource, whose references have been looked at. Raises ApplyError."""
        kind = KINDS.get(resource.type)
        if kind is None:
            return Change(resource.id, resource.type, "", Action.SKIP)
        wanted = self.wanted(resource)
        found = kind.find(self.endpoint, wanted.name, wanted)
        if found is None:
            return Change(
                resource.id, resource.type, wanted.name, Action.CREATE, _described(wanted), wanted.notes
            )
        self.names.found[resource.id] = found
        notes = (*wanted.notes, *self._claim(resource, kind, found))
        differences = tuple(kind.differences(found, self._left_scaled(wanted, found)))
        row = resource.id, resource.type, wanted.name
        if any(difference.replaces for difference in differences):
            notes = (*notes, "deleted with all that is in it, and made anew")
            hindrance = _RETAINED if resource.retained_if_replaced else _PROTECTED * found.protected
            return Change(*row, Action.REPLACE, differences, notes, hindrance)
        return Change(*row, Action.UPDATE if differences else Action.NOTHING, differences, notes)

    def wanted(self, resource: Resource) -> Wanted:
        """What the template asks for. Raises TemplateError."""
        kind = KINDS[resource.type]
        properties = self.names.evaluator.value(dict(resource.properties), resource.path)
        kind.check_place(properties, self.template.place, resource.path)
        return kind.wanted(self.names.physical(resource), properties, self._tags(resource), resource.path)

    def settled(self, resource: Resource, found: Found) -> Wanted:
        """What the template asks for, with the capacity that is there where that is scaled."""
        return self._left_scaled(self.wanted(resource), found)

    def _left_scaled(self, wanted: Wanted, found: Found) -> Wanted:
        is_table = "GlobalSecondaryIndexes" in wanted.properties
        return scaled(wanted, found, self._scaling_targets()) if is_table else wanted

    def _scaling_targets(self) -> list[Wanted]:
        """The targets of the template, which refer to the tables and are looked at after them."""
        targets = [r for r in self.template.resources.values() if r.type == ScalableTargets.type]
        return [self.wanted(target) for target in targets]

    def _tags(self, resource: Resource) -> dict[str, str]:
        tags = {STACK_TAG: self.template.place.stack, RESOURCE_TAG: resource.id}
        return tags | ({POLICY_TAG: "Retain"} if resource.retained else {})

    def _claim(self, resource: Resource, kind: Kind, found: Found) -> tuple[str, ...]:
        """Make sure that what is there belongs to this stack, or may be taken over. Raises ApplyError."""
        if not kind.has_tags:
            return ()
        owner, stack = found.tags.get(STACK_TAG), self.template.place.stack
        if owner == stack:
            return ()
        if owner is not None:
            raise ApplyError(f"{resource.id}: {found.name} belongs to the stack {owner}, not to {stack}")
        if not self._adopt:
            raise ApplyError(
                f"{resource.id}: {found.name} is there already, and this stack has not made it; "
                "--import-existing-resources takes it over"
            )
        return ("taken over, and changed to what the template says",)

    def _leftovers(self, wanted: frozenset[tuple[str, str]]) -> Iterator[Change]:
        """What an earlier apply has made and the template has no longer, in the order of deletion."""
        types = {_sought(type_) for type_, _ in wanted}
        for kind in SOUGHT:
            try:
                there = list(kind.tagged(self.endpoint))
            except Refused:
                if kind.type in types:
                    raise
                continue  # An endpoint without alarms, say, and a template without any.
            for name, tags in there:
                if tags.get(STACK_TAG) == self.template.place.stack and (kind.type, name) not in wanted:
                    yield from self._leftover(kind, name, tags)

    def _leftover(self, kind: Kind, name: str, tags: Mapping[str, str]) -> Iterator[Change]:
        id_ = tags.get(RESOURCE_TAG, "?")
        resource = self.template.resources.get(id_)
        renamed = resource is not None and _sought(resource.type) == kind.type
        retained = resource.retained_if_replaced if resource is not None and renamed else POLICY_TAG in tags
        found = kind.find(self.endpoint, name)
        if found is None:
            return  # It is on its way out.
        if retained:
            yield Change(id_, kind.type, name, Action.FORGET, notes=("its policy is Retain",))
            return
        note = "replaced by one with another name" if renamed else "no longer in the template"
        hindrance = _PROTECTED * found.protected
        yield Change(id_, kind.type, name, Action.DELETE, notes=(note,), hindrance=hindrance)


def _sought(type_: str) -> str:
    return "AWS::DynamoDB::Table" if type_ == "AWS::DynamoDB::GlobalTable" else type_


def _described(wanted: Wanted) -> tuple[Difference, ...]:
    rows: dict[str, Any] = {name: value for name, value in wanted.properties.items() if _says(value)}
    tags = {key: value for key, value in wanted.tags.items() if key not in OWN_TAGS}
    return tuple(
        Difference(name, None, value) for name, value in (rows | ({"Tags": tags} if tags else {})).items()
    )


def _says(value: Any) -> bool:
    return value is not None and value is not False and value != {} and value != []


def refuse_skipped(plan: Plan) -> None:
    """Refuse a plan with resources that are not made. Raises ApplyError."""
    if plan.skipped:
        listed = ", ".join(f"{change.id} ({change.type})" for change in plan.skipped)
        raise ApplyError(f"--strict: these resources cannot be made: {listed}")


def refuse_what_cannot_be(plan: Plan, *, allow_delete: bool) -> None:
    """Refuse a plan before anything is done. Raises ApplyError."""
    for change in plan.changes:
        if change.hindrance:
            raise ApplyError(f"{change.name} {change.hindrance}")
    lost = [change.name for change in plan.changes if change.destroys]
    if lost and not allow_delete:
        raise ApplyError(f"this would delete {', '.join(lost)}; --allow-delete allows that")


def masked(plan: Plan, template: Template) -> Plan:
    """The plan as it may be shown: without what NoEcho protects."""

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return template.parameters.masked(value)
        if isinstance(value, dict):
            return {shown(name): shown(member) for name, member in value.items()}
        return [shown(member) for member in value] if isinstance(value, list) else value

    def row(difference: Difference) -> Difference:
        after = shown(difference.after)
        # What is a secret now was one before, and nobody knows which.
        before = shown(difference.before) if after == difference.after else difference.before and MASK
        return replace(difference, property=shown(difference.property), before=before, after=after)

    changes = tuple(
        replace(change, name=shown(change.name), differences=tuple(map(row, change.differences)))
        for change in plan.changes
    )
    return replace(plan, changes=changes)
