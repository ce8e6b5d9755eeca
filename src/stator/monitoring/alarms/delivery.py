"""Carrying out one action: a webhook is posted to, or a command is run. Blocking; for a thread of its own.

Neither URLs nor header fields appear in what is returned, since they may be secret.
"""

import base64
import http.client
import json
import os
import signal
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from stator import __version__
from stator.monitoring.alarms.actions import Action
from stator.monitoring.alarms.store import Due

_LAST_WORDS_MAX: Final = 200
_FINAL_STATUSES: Final = frozenset(range(400, 500)) - {408, 425, 429}

_VARIABLES: Final = {
    "NAME": "AlarmName",
    "ARN": "AlarmArn",
    "STATE": "NewStateValue",
    "OLD_STATE": "OldStateValue",
    "REASON": "NewStateReason",
    "TIME": "StateChangeTime",
}
"""The variables STATOR_ALARM_* of a command that are members of its message, and which."""

COMMAND_VARIABLES: Final = tuple(f"STATOR_ALARM_{name}" for name in (*_VARIABLES, "ACTION", "DELIVERY"))


class Failure(NamedTuple):
    """Why an action was not carried out. `final`: another attempt would meet the same."""

    text: str
    final: bool = False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without its body: it counts as a failure."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Nothing is asked for instead."""
        return


def deliver(action: Action, due: Due, delivery: str) -> Failure | None:
    """Carry out an action; None if that went well. `delivery` is the same for each attempt."""
    if action.webhook is not None:
        return _post(action, action.webhook, due, delivery)
    return _run(action, due, delivery)


def _post(action: Action, webhook: str, due: Due, delivery: str) -> Failure | None:
    url, user = _without_user(webhook)
    fields = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"Stator/{__version__}",
        "X-Stator-Delivery": delivery,
        **user,
        **dict(action.headers),
    }
    request = urllib.request.Request(url, due.message.encode(), fields, method="POST")
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=action.timeout):
            return None
    except urllib.error.HTTPError as error:
        with error:
            return Failure(f"it answered with status {error.code}", error.code in _FINAL_STATUSES)
    except urllib.error.URLError as error:
        return Failure(_reason(error.reason))
    except (OSError, http.client.HTTPException) as error:
        return Failure(_reason(error))


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """A URL without the user that it names, and the header field that names that user instead."""
    parts = urlsplit(url)
    named, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    token = base64.b64encode(unquote(named).encode()).decode()
    return parts._replace(netloc=host).geturl(), {"Authorization": f"Basic {token}"}


def _reason(error: object) -> str:
    """Why there is no answer, without any address."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'no reason given'}"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be reached: {error.strerror}"
    return f"it did not answer as HTTP demands: {type(error).__name__}"


def _run(action: Action, due: Due, delivery: str) -> Failure | None:
    with tempfile.TemporaryFile() as words:
        try:
            process = subprocess.Popen(
                action.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=words,
                env=os.environ | _variables(due, delivery),
                start_new_session=True,  # So that a timeout ends what it has started, too.
            )
        except (OSError, ValueError) as error:
            return Failure(f"it cannot be run: {getattr(error, 'strerror', None) or error}")
        try:
            process.communicate(due.message.encode(), timeout=action.timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return Failure(f"it did not end within {action.timeout:g} seconds")
        if process.returncode == 0:
            return None
        return Failure(f"it ended with status {process.returncode}{_last_words(words)}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()


def _variables(due: Due, delivery: str) -> dict[str, str]:
    message = json.loads(due.message)
    found = {f"STATOR_ALARM_{name}": str(message[member] or "") for name, member in _VARIABLES.items()}
    found |= {"STATOR_ALARM_ACTION": due.resource, "STATOR_ALARM_DELIVERY": delivery}
    return {name: value.replace("\0", " ") for name, value in found.items()}


def _last_words(words: Any) -> str:
    """The last line that a command wrote to its standard error."""
    size = words.seek(0, os.SEEK_END)
    words.seek(max(0, size - 4 * _LAST_WORDS_MAX))
    lines = words.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return f": {said[-1][-_LAST_WORDS_MAX:]}" if said else ""
