import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from activities.guards.text import Normalised, normalise
from leverframe.contracts.verdict import STRICTNESS, Evidence


@dataclass(frozen=True)
class Rule:
    """A pattern of instructions to the model, read on normalised text."""

    id: str
    judgement: Literal["escalate", "block"]
    reason: str
    pattern: re.Pattern[str]


def _rule(id: str, judgement: Literal["escalate", "block"], reason: str, *patterns: str) -> Rule:
    """A space in a pattern stands for any white space."""
    alternatives = "|".join(f"(?:{pattern})" for pattern in patterns)
    return Rule(id, judgement, reason, re.compile(alternatives.replace(" ", r"\s")))


_ORDERS = r"(?:instruction|rule|prompt|guideline|guardrail|directive|polic(?:y|ies)|restriction|constraint|safety)"
_EARLIER = r"(?:previous|prior|preceding|earlier|above|former|foregoing|existing|initial|original|system|safety)"

RULES: tuple[Rule, ...] = (
    _rule(
        "override_instructions", "block", "tells the assistant to drop its instructions",
        rf"\b(?:ignor\w*|disregard\w*|forget|bypass|override|overrule|neglect|skip|drop)\b"
        rf"(?:(?! my )[^.!?;]){{0,30}}\b(?:{_EARLIER}|all|any|every|your|the)\b[^.!?;]{{0,20}}\b{_ORDERS}s?\b",
        r"\b(?:ignor\w*|disregard|forget)\b[^.!?;]{0,12}\b(?:everything|all|anything)\b[^.!?;]{0,25}"
        r"\b(?:above|before|previous|earlier|prior|told|said)\b",
        rf"\b(?:stop|no longer|do not|don't) (?:follow|obey)(?:ing)?\b[^.!?;]{{0,30}}\b{_ORDERS}s?\b",
        r"\b(?:policy|policies|rules|restrictions|guidelines|safety checks?) (?:is|are|has been|have been|was|were) "
        r"(?:now )?(?:suspended|lifted|disabled|void|removed|switched off|turned off|deactivated)\b",
        r"\bnew (?:system )?(?:instructions?|prompt|directives?)\b ?[:：]",
        r"(?:忽略|无视|忘记|忘掉|不要理会|不用管)[^。！？]{0,12}(?:指令|指示|提示|规则|命令|说明|政策|设定)",
        r"\b(?:ignorier\w*|vergiss|missachte)\b[^.!?;]{0,30}\b(?:anweisung|regel|vorgabe|instruktion|richtlinie)\w*",
        r"\b(?:ignora\w*|olvida\w*)\b[^.!?;]{0,30}\b(?:instruccion|regla|indicacion|directriz)\w*",
    ),
    _rule(
        "forged_role", "block", "pretends to be the system, a developer or the assistant",
        r"<\|[^|>]{1,40}\|>", r"\[/?inst\]", r"<</?sys>>", r"<(?:start|end)_of_turn>", r"</?system>",
        r"(?:^|[\n.!?#*>\]]) ?\W{0,4}(?:system|developer|assistant)(?: (?:message|prompt|note|override|instruction))?"
        r" ?[:：]",
        r"\[(?:system|admin|developer|assistant)\b[^\]]{0,40}\]",
        r"(?:系统|管理员|开发者)(?:消息|指令|提示|命令)?[:：]",
    ),
    _rule(
        "role_change", "block", "gives the assistant another role or mode",
        r"\byou are (?:now|no longer)\b[^.!?;]{0,40}\b(?:admin\w*|root|system|developer|unrestricted|free|dan|mode|"
        r"an? \w+ (?:ai|assistant|agent)|bound|assistant|supervisor|manager)\b",
        r"\b(?:enter|enable|activate|switch (?:in)?to|you are in)\b[^.!?;]{0,20}"
        r"\b(?:admin|developer|debug|god|maintenance|jailbreak|dan|unrestricted|root) mode\b",
        r"\b(?:act|behave|respond|answer) as (?:if you (?:were|are|had)|an? un(?:restricted|filtered)|dan\b|"
        r"the system\b|root\b|an? admin)",
        r"\bfrom now on,? you (?:are|will|must|have)\b", r"\bpretend (?:that )?(?:you are|you're)\b",
        r"\bdo anything now\b",
        r"(?:你现在是|你是一个|假装你是|扮演)[^。！？]{0,12}(?:管理员|系统|开发者|没有限制|不受限制)",
    ),
    _rule(
        "exfiltration", "block", "asks for the assistant's instructions, secrets or other people's data",
        r"\b(?:reveal|print|show|repeat|display|output|leak|dump|tell me|give me|what (?:is|are|were))\b[^.!?;]{0,30}"
        r"\b(?:system prompt|(?:your|the|hidden|initial|secret|above|system) (?:\w+ )?"
        r"(?:instructions|prompt|directives)|api keys?|credentials|secret keys?|access tokens?)\b",
        r"\b(?:list|show|give me|send me|export|print)\b[^.!?;]{0,25}\b(?:other|all|every) "
        r"(?:customer|user|client|account)s?'?\b",
        r"(?:显示|告诉我|输出|打印|重复|泄露)[^。！？]{0,12}(?:系统提示|提示词|系统指令|密钥|密码)",
    ),
    _rule(
        "beyond_own", "block", "asks for effects beyond the user's own order",
        r"\b(?:cancel|refund|delete|approve)\b[^.!?;]{0,25}\b(?:every ?(?:one|body)'?s?\b|(?:all|every) (?:the )?"
        r"(?:(?:customer|user|client)s?\b|(?:pending |open )?orders? (?:in|of) the (?:database|system|shop)))",
        r"\b(?:refund|transfer|send|wire|pay)\b[^.!?;]{0,30}"
        r"\b(?:everything|all (?:of )?(?:the )?(?:money|funds|orders))\b[^.!?;]{0,20}\bto\b",
        r"\b(?:drop|truncate|alter) table\b", r"\bunion (?:all )?select\b", r"; ?delete from\b",
    ),
    _rule(
        "addresses_model", "escalate", "speaks to the assistant as a program",
        r"\b(?:as an ai|language model|chatbot|prompt injection|system prompt|jailbr(?:eak|oken)\w*|pretend to be)\b",
        r"\b(?:without|skip|bypass) (?:any |the |human |further )*(?:approval|confirmation|review)\b",
        r"\b(?:pre-?approved|already approved) by\b",
        r"(?:语言模型|人工智能助手)",
    ),
    _rule(
        "encoded_text", "escalate", "holds a long run of encoded text",
        r"[a-z0-9+/]{120,}={0,2}", r"(?:\\u[0-9a-f]{4}|%[0-9a-f]{2}|&#x?[0-9a-f]{2,6};){12,}",
    ),
)  # fmt: skip
INVISIBLE = "hidden_text"
MANY_INVISIBLE = 12
"""So many invisible characters carry a hidden message; emoji and right-to-left text need a few."""


@dataclass(frozen=True)
class Finding:
    """A rule that matched, and where."""

    rule: str
    judgement: Literal["escalate", "block"]
    reason: str
    evidence: Evidence


def find_injection(text: str, path: str = "") -> list[Finding]:
    """Instructions to the model hidden in a text, the strictest first."""
    normal = normalise(text)
    found = [*_matches(normal, path), *_invisible(text, path)]
    return sorted(found, key=lambda finding: -STRICTNESS.index(finding.judgement))


def _matches(normal: Normalised, path: str) -> Iterator[Finding]:
    for rule in RULES:
        if match := rule.pattern.search(normal.text):
            where = normal.evidence(*match.span(), rule.id, path)
            yield Finding(rule.id, rule.judgement, rule.reason, where)


def _invisible(text: str, path: str) -> Iterator[Finding]:
    hidden = [index for index, character in enumerate(text) if _is_invisible(character)]
    if len(hidden) >= MANY_INVISIBLE:
        where = Evidence(start=hidden[0], end=hidden[-1] + 1, label=INVISIBLE, path=path)
        yield Finding(INVISIBLE, "escalate", "holds many invisible characters", where)


def _is_invisible(character: str) -> bool:
    return character in "\u200b\u200c\u2060\ufeff\u00ad" or 0xE0000 <= ord(character) <= 0xE007F
