"""An action goes live only over the bar that was set for it; under it, its roles do not start, and say why."""

from pydantic import ValidationError

from audit.rollout import Rollout
from leverframe.live_bar import Bar
from machines.registry import machine_for, machines
from machines.states import Decide
from worker.settings.base import SettingsError
from worker.settings.shared import WorkerSettings


def require_bar(settings: WorkerSettings) -> None:
    """Raise SettingsError for an action that is to be live, and has not met its bar."""
    for action in machines():
        bar = settings.bars.of(action)
        if bar is None or "live" not in settings.modes.all_of(action, settings.tenant):
            continue
        if (why := unmet(settings, action, bar)) is not None:
            raise SettingsError(
                f"LEVERFRAME_MODE has {action} live, and it has not met its bar (LEVERFRAME_LIVE_BAR): {bar}. {why} "
                f"Set it to shadow or assist; 'python -m worker rollout {action}' shows the way."
            )


def unmet(settings: WorkerSettings, action: str, bar: Bar) -> str | None:
    """Why the figures that were written last do not meet the bar; ``None`` where they do."""
    path = settings.figures_of(action)
    try:
        figures = Rollout.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return f"There are no figures of it in {path}."
    if figures.action != action:
        return f"The figures in {path} are of another action."
    if (now := prompt_of(action)) != figures.prompt:
        return f"The figures are of its prompt {figures.prompt or '–'}, and it is asked with {now}."
    return None if figures.meets(bar) else f"It agreed with people in {figures.agreement}."


def prompt_of(action: str) -> str:
    """Version and hash of the prompt with which the action's model is asked now."""
    from activities.prompts.prompt import load_prompt

    decide = next((state for state in machine_for(action).states if isinstance(state, Decide)), None)
    prompt = load_prompt(decide.prompt) if decide else None
    return f"{prompt.version} ({prompt.hash})" if prompt else ""
