"""Every custom action, made with its kit."""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor

from bot.actions import hearing, planning, questioning, searching, steering
from bot.actions.kit import Kit, KitAction

ACTIONS: tuple[type[KitAction], ...] = (
    hearing.Hear,
    planning.AskStep,
    planning.CloseSection,
    planning.OpenPlan,
    planning.OpenSection,
    planning.ReadAnswer,
    planning.ShowPlan,
    questioning.AskQuestion,
    questioning.CloseQuestions,
    questioning.OpenQuestions,
    questioning.ReadQuestionAnswer,
    searching.AskPlace,
    searching.ReadPlace,
    searching.RefineSearch,
    searching.Seek,
    searching.ShowPlaces,
    steering.ChangeLanguage,
    steering.ConfirmLanguage,
    steering.DangerNow,
    steering.ExitNow,
    steering.Forget,
    steering.Menu,
    steering.OfferMeanings,
    steering.Pause,
    steering.Repeat,
    steering.Resume,
)


def executor(kit: Kit) -> ActionExecutor:
    """Rasa's own executor, with every action of ours registered."""
    made = ActionExecutor()
    for action in ACTIONS:
        made.register_action(action(kit))
    return made
