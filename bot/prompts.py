"""Prompt files: Markdown with front matter, rendered once by Jinja, known by the hash of what was rendered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from bot.bodies import Limits
from bot.errors import SettingsError

DEFAULT_MODEL = "claude-sonnet-5-5"


_Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class PromptError(SettingsError):
    """A prompt file cannot be used; correct it and start again."""


class FrontMatter(BaseModel):
    """What stands between the two `---` lines of a prompt file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1)  # one line: what the agent is for; triage chooses by it
    model: str = DEFAULT_MODEL
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    max_tokens: int = Field(default=8192, ge=256, le=64_000)
    limits: Limits = Limits()
    prompts: tuple[_Prompt, ...] = ()  # what people may ask it, as Slack suggests it to them

    @field_validator("limits")
    @classmethod
    def _room_for_a_step(cls, limits: Limits) -> Limits:
        if limits.steps < 1:
            raise ValueError("steps should be at least 1")
        return limits


class PromptFile(BaseModel):
    """One agent's prompt: its settings and the text of its template."""

    model_config = ConfigDict(frozen=True)

    path: Path
    front: FrontMatter
    template: str

    def render(self, variables: Mapping[str, object]) -> str:
        """Fill in the template; an unknown variable is an error, not an empty string.

        Raises:
            PromptError: the template does not fit the variables; names the file and the line.

        """
        environment = Environment(
            loader=FileSystemLoader(self.path.parent),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701  # Markdown for a model, never HTML
            trim_blocks=True,
            lstrip_blocks=True,
        )
        try:
            return environment.from_string(self.template).render(**variables).strip() + "\n"
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            line = getattr(error, "lineno", None)
            raise PromptError(f"{self.path}{f' line {line}' if line else ''}: {error}") from error


def read_prompt(path: Path) -> PromptFile:
    """Read a prompt file.

    Raises:
        PromptError: it is missing, has no front matter, or its front matter has a wrong or unknown setting.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PromptError(f"{path}: {error.strerror or error}; every agent needs a prompt file of its name") from error
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: it is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    head, _, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not body.strip():
        raise PromptError(f"{path}: begin the file with front matter between two lines of ---, then the prompt")
    try:
        front = FrontMatter.model_validate(yaml.safe_load(head) or {})
    except yaml.YAMLError as error:
        raise PromptError(f"{path}: the front matter is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise PromptError(f"{path}: front matter{f' `{name}`' if name else ''}: {first['msg']}") from error
    return PromptFile(path=path, front=front, template=body)
