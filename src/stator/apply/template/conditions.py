"""What the names mean that need no resources: parameters, pseudo parameters, and conditions.

They are all that conditions, rules and loops may refer to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from stator.apply.errors import TemplateError
from stator.apply.template.evaluation import NO_VALUE, Evaluator
from stator.apply.template.parameters import Parameters

_PARTITIONS: Final = {"cn": ("aws-cn", "amazonaws.com.cn"), "us-gov": ("aws-us-gov", "amazonaws.com")}
_PARTITION: Final = ("aws", "amazonaws.com")


@dataclass(frozen=True)
class Place:
    """Where a stack is: its name, its account (12 digits) and its region."""

    stack: str
    account: str
    region: str

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of GovCloud."""
        return self._partition[0]

    @property
    def suffix(self) -> str:
        """The domain of the partition's services."""
        return self._partition[1]

    @property
    def _partition(self) -> tuple[str, str]:
        found = (row for start, row in _PARTITIONS.items() if self.region.startswith(f"{start}-"))
        return next(found, _PARTITION)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def pseudo(self) -> dict[str, Any]:
        """The pseudo parameters."""
        stack = f"stack/{self.stack}/{uuid5(NAMESPACE_URL, self.stack)}"
        return {
            "AWS::AccountId": self.account,
            "AWS::NoValue": NO_VALUE,
            "AWS::NotificationARNs": [],
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": self.arn("cloudformation", stack),
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": self.suffix,
        }


class Conditions:
    """The names that need no resources; the conditions are evaluated when they are first asked for."""

    def __init__(
        self,
        parameters: Parameters,
        place: Place,
        conditions: Mapping[str, Any],
        evaluator: "Evaluator | None" = None,
    ) -> None:
        self.parameters = parameters
        self._pseudo = place.pseudo()
        self._declared = conditions
        self._known: dict[str, bool] = {}
        self._under_way: list[str] = []
        self.evaluator = evaluator

    def reference(self, name: str, path: str) -> Any:
        """The value of a parameter or pseudo parameter. Raises TemplateError."""
        if not self.has(name):
            raise TemplateError(f"{path}: there is no parameter {name}")
        return self._pseudo[name] if name in self._pseudo else self.parameters.value(name, path)

    def has(self, name: str) -> bool:
        """Whether it is a parameter or a pseudo parameter."""
        return name in self._pseudo or name in self.parameters.values or name in self.parameters.unknown

    def attribute(self, name: str, attribute: str, path: str) -> Any:
        """Raises TemplateError: only resources have attributes."""
        raise TemplateError(f"{path}: {name}.{attribute} cannot be referred to here")

    def condition(self, name: str, path: str) -> bool:
        """Whether the condition holds. Raises TemplateError."""
        if name in self._known:
            return self._known[name]
        if name not in self._declared:
            raise TemplateError(f"{path}: there is no condition {name}")
        if name in self._under_way:
            raise TemplateError(f"Conditions: circular dependency: {', '.join(self._under_way)}")
        assert self.evaluator is not None
        self._under_way.append(name)
        self._known[name] = self.evaluator.holds(self._declared[name], f"Conditions.{name}")
        self._under_way.pop()
        return self._known[name]
