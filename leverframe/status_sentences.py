"""Where an action stands, in a sentence for its user. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from leverframe.contracts.status import Outcome, Status
from leverframe.local_time import in_words

Language: TypeAlias = Literal["en", "de", "es", "fr", "zh"]
SENTENCES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "nobody": "We are working on your request.",
        "user": "We are waiting for your answer, until {until}.",
        "operator": "A colleague is looking at your request. You hear from us by {until}.",
    },
    "de": {
        "nobody": "Wir bearbeiten Ihre Anfrage.",
        "user": "Wir warten auf Ihre Antwort, bis {until}.",
        "operator": "Eine Kollegin oder ein Kollege sieht sich Ihre Anfrage an. Sie hören spätestens {until} von uns.",
    },
    "es": {
        "nobody": "Estamos tramitando su solicitud.",
        "user": "Esperamos su respuesta hasta el {until}.",
        "operator": "Un compañero está revisando su solicitud. Tendrá noticias nuestras antes del {until}.",
    },
    "fr": {
        "nobody": "Nous traitons votre demande.",
        "user": "Nous attendons votre réponse jusqu'au {until}.",
        "operator": "Un collègue examine votre demande. Vous aurez de nos nouvelles au plus tard le {until}.",
    },
    "zh": {
        "nobody": "我们正在处理您的请求。",
        "user": "我们正在等待您的回复，截止时间为 {until}。",
        "operator": "同事正在查看您的请求。您最迟将在 {until} 收到我们的答复。",
    },
}


def sentence(status: Status, outcome: Outcome | None, language: Language = "en") -> str:
    """What its user may be told now; once it has ended, the text that it has ended with."""
    if outcome is not None:
        return outcome.reply
    awaiting = status.awaiting if status.deadline else "nobody"
    until = in_words(datetime.fromisoformat(status.deadline)) if status.deadline else ""
    return SENTENCES[language][awaiting].format(until=until)
