"""The other services, and by what a request is known to be for one: the facts that all else starts from."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Service:
    """A service.

    `name` is botocore's, `signing` the one in the scope of its signatures, `version` that of its API. A
    service that speaks JSON, and CBOR where `cbor` is set, has a `target` prefix and the version of JSON's
    protocol; one that speaks forms and XML has a namespace. `package` stands before an error's name in
    `__type`. `refusal` and `fault` are the shapes (or codes) of a request that breaks a constraint, and of
    what is the server's fault.
    """

    name: str
    signing: str
    version: str
    target: str | None = None
    json: str | None = None
    cbor: bool = False
    namespace: str | None = None
    package: str = ""
    refusal: str = "ValidationException"
    fault: str = "InternalFailure"

    @property
    def query_codes(self) -> bool:
        """Whether JSON and CBOR errors name the code, too, that clients of the forms know them by."""
        return self.target is not None and self.namespace is not None


SERVICES: Final = (
    Service(
        "cloudwatch",
        "monitoring",
        "2010-08-01",
        target="GraniteServiceVersion20100801",
        json="1.0",
        cbor=True,
        namespace="http://monitoring.amazonaws.com/doc/2010-08-01/",
        package="com.amazonaws.cloudwatch",
        fault="InternalServiceFault",
    ),
    Service(
        "application-autoscaling",
        "application-autoscaling",
        "2016-02-06",
        target="AnyScaleFrontendService",
        json="1.1",
        fault="InternalServiceException",
    ),
    Service("sts", "sts", "2011-06-15", namespace="https://sts.amazonaws.com/doc/2011-06-15/"),
    Service(
        "iam",
        "iam",
        "2010-05-08",
        namespace="https://iam.amazonaws.com/doc/2010-05-08/",
        fault="ServiceFailureException",
    ),
    Service("kms", "kms", "2014-11-01", target="TrentService", json="1.1", fault="KMSInternalException"),
)

NAMES: Final = frozenset(service.name for service in SERVICES)
