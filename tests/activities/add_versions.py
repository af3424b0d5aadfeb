"""``make versions``: note the hash of each prompt and clause whose version is new; what stands there stays."""

import hashlib
from pathlib import Path

from activities.policy import load_policy
from activities.prompts.prompt import load_prompt
from activities.texts import folders

PROMPTS = folders()["shop"] / "prompts"

STORED = Path(__file__).parent / "versions.toml"


def main() -> None:
    prompts = [load_prompt(path.stem) for path in sorted(PROMPTS.glob("*.md"))]
    clauses = load_policy().clauses.values()
    text = STORED.read_text(encoding="utf-8")
    text = with_versions(text, "prompts", {prompt.id: (prompt.version, prompt.hash) for prompt in prompts})
    hashed = {c.id: (c.version, hashlib.sha256(c.text.encode()).hexdigest()[:12]) for c in clauses}
    STORED.write_text(with_versions(text, "clauses", hashed), encoding="utf-8")


def with_versions(text: str, section: str, current: dict[str, tuple[int, str]]) -> str:
    """The file with each version that it lacks, in its section."""
    lines = text.splitlines()
    for name, (version, digest) in current.items():
        start = lines.index(f"[{section}]")
        end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith("[")), len(lines))
        at = next((i for i in range(start, end) if lines[i].startswith(f"{name} = ")), None)
        if at is None:
            while not lines[end - 1].strip():
                end -= 1
            lines.insert(end, f'{name} = {{ {version} = "{digest}" }}')
        elif f" {version} = " not in lines[at]:
            lines[at] = lines[at].removesuffix(" }") + f', {version} = "{digest}" }}'
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
