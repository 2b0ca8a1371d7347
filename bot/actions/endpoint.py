"""Runs custom actions in this process, where Rasa would call another server.

`InProcessActions` takes the place of the action endpoint. An action that raises is answered with
the safe line instead of silence, and the answer's shape is checked by a validator built once
(Rasa builds it anew for each call, which costs about 20 ms).
"""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft7Validator
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.logs import log

REJECTED = 400


class InProcessActions(EndpointConfig):
    """An endpoint whose request() calls the executor."""

    def __init__(self, executor: ActionExecutor) -> None:
        super().__init__(url="in-process://actions", enable_selective_domain=True)
        self._executor = executor

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> dict[str, Any]:
        """Runs the action that the call names; never raises but to reject, as Rasa expects."""
        name = str(json.get("next_action"))
        try:
            answer = await self._executor.run(json)
        except ActionExecutionRejection as rejection:
            raise _rejected(rejection) from None
        except Exception as error:
            log("action_failed", error=error, action=name)
            return _safe(name)
        return answer or {"events": [], "responses": []}


def _safe(name: str) -> dict[str, Any]:
    """The safe line, and no form left waiting for an action that cannot run.

    Made anew each time: Rasa takes the answer apart while it reads it.
    """
    events = []
    if name.startswith(("action_ask_", "validate_")):
        events = [{"event": "slot", "timestamp": None, "name": "requested_slot", "value": None}]
    return {"events": events, "responses": [{"response": "utter_safe_line"}]}


def _rejected(rejection: ActionExecutionRejection) -> ClientResponseError:
    text = json.dumps({"action_name": rejection.action_name, "error": "rejected"})
    return ClientResponseError(REJECTED, "rejected", text)


def install_validator() -> None:
    """Has Rasa check every action's answer by one validator instead of one a call."""
    validator = Draft7Validator(RemoteAction.action_response_format_spec())

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate
