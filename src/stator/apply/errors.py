"""Why an apply ends before it is done. Each text is one sentence without a full stop."""


class ApplyError(Exception):
    """Something that is not to be had: a file, an endpoint, a program, or what the template asks for."""


class TemplateError(ApplyError):
    """The template, or what was given for its parameters, makes no sense; the text begins with the place."""


class Refused(ApplyError):
    """What the endpoint answered to a request that it does not do; `code` is AWS's name of the error."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation} was refused: {code}: {message}".rstrip(".: "))
        self.code = code


class Stopped(ApplyError):
    """The apply was told to stop; what it has done stays, and the same command goes on."""

    def __init__(self) -> None:
        super().__init__("stopped; the same command goes on from here")
