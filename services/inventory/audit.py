"""Whether all that a service keeps agrees with its events, from which everything else follows."""

from collections.abc import Iterator
from typing import Any

from services.inventory.events import Recorded
from services.inventory.projections import Projection
from services.inventory.service import Service


def problems(service: Service[Any]) -> Iterator[str]:
    """A sentence for everything that is wrong, or that a projection has not applied yet."""
    for identifier, version in service.log.versions():
        events = list(service.log.events(identifier))
        yield from _events_of(identifier, version, events)
        yield from _head_of(service, identifier, events)
    projections: list[Projection[Any]] = [service.view, *service.copies.values(), *service.reactions]
    for projection in projections:
        yield from _projected(projection)


def _events_of(identifier: str, version: int, events: list[Recorded]) -> Iterator[str]:
    if [event.version for event in events] != list(range(1, version + 1)):
        yield f"{identifier}: the head is at {version}, the events are {[each.version for each in events]}"
    keys: dict[str, list[int]] = {}
    for event in events:
        if event.command is not None:
            keys.setdefault(event.command, []).append(event.version)
    for key, versions in keys.items():
        if versions != list(range(versions[0], versions[0] + len(versions))):
            yield f"{identifier}: the command {key} was done more than once, at {versions}"


def _head_of(service: Service[Any], identifier: str, events: list[Recorded]) -> Iterator[str]:
    if service.commands.load(identifier) != service.definition.aggregate.fold.add_all(None, events):
        yield f"{identifier}: the head is not what the events amount to"


def _projected(projection: Projection[Any]) -> Iterator[str]:
    known = set()
    for identifier, version in projection.source.versions():
        known.add(identifier)
        kept = projection.views.get(identifier, consistent=True)
        if kept is None or kept.version != version:
            reached = kept.version if kept else 0
            yield f"{projection.name} {identifier}: at {reached}, the events at {version}"
        elif not projection.agrees(kept):
            yield f"{projection.name} {identifier}: the view is not what the events amount to"
    for kept in projection.views.all():
        if kept.id not in known:
            yield f"{projection.name} {kept.id}: there are no events of it"
