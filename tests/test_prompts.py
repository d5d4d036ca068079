"""Prompt files: what cannot be used is one line that names the file and the mend."""

from pathlib import Path

import pytest

from bot.prompts import DEFAULT_MODEL, FrontMatter, PromptError, read_prompt

HEAD = "---\ndescription: does things\n---\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "agent.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path: Path, variables: dict[str, object] | None = None) -> str:
    with pytest.raises(PromptError) as raised:
        read_prompt(path).render(variables or {})
    text = str(raised.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_front_matter_has_defaults_but_for_the_description(tmp_path: Path) -> None:
    front = read_prompt(written(tmp_path, HEAD + "Hello.")).front
    assert front == FrontMatter(description="does things")
    assert (front.model, front.limits.steps) == (DEFAULT_MODEL, 12)


def test_front_matter_may_set_everything(tmp_path: Path) -> None:
    head = "---\ndescription: d\nmodel: m\neffort: low\nmax_tokens: 512\nlimits:\n  steps: 3\n---\n"
    front = read_prompt(written(tmp_path, head + "x")).front
    assert (front.model, front.effort, front.max_tokens, front.limits.steps) == ("m", "low", 512, 3)


def test_files_from_other_systems_are_read_too(tmp_path: Path) -> None:
    path = written(tmp_path, (HEAD + "Hello.\n").replace("\n", "\r\n"))
    assert read_prompt(path).render({}) == "Hello.\n"


def test_a_rule_in_the_text_is_no_end_of_the_front_matter(tmp_path: Path) -> None:
    assert read_prompt(written(tmp_path, HEAD + "a\n---\nb")).render({}) == "a\n---\nb\n"


def test_nothing_is_escaped(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "{{ name }} & <co>")
    assert read_prompt(path).render({"name": "<ana> & bo"}) == "<ana> & bo & <co>\n"


def test_a_value_is_no_template(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "{{ name }}")
    assert read_prompt(path).render({"name": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}\n"


def test_a_prompt_may_include_another_file_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "_rules.md").write_text("Be {{ mood }}.")
    path = written(tmp_path, HEAD + '{% include "_rules.md" %}')
    assert read_prompt(path).render({"mood": "kind"}) == "Be kind.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begin the file with front matter"),
        ("Hello.", "begin the file with front matter"),
        (HEAD, "begin the file with front matter"),
        ("---\ndescription: d\nHello.", "begin the file with front matter"),
        ("---\n- a\n---\nx", "front matter: "),
        ("---\n{\n---\nx", "is not YAML"),
        ("---\nmodel: m\n---\nx", "`description`: Field required"),
        ("---\ndescription: ''\n---\nx", "`description`"),
        ("---\ndescription: d\ntemperature: 1\n---\nx", "`temperature`: Extra inputs"),
        ("---\ndescription: d\neffort: heroic\n---\nx", "`effort`"),
        ("---\ndescription: d\nmax_tokens: 1\n---\nx", "`max_tokens`"),
        ("---\ndescription: d\nlimits:\n  steps: 0\n---\nx", "steps should be at least 1"),
        ("---\ndescription: d\nlimits:\n  steps: many\n---\nx", "`limits.steps`"),
        (b"---\ndescription: d\n---\ncaf\xe9", "not UTF-8"),
        (HEAD + "{{ nobody }}", "'nobody' is undefined"),
        (HEAD + "{{ nobody.name }}", "'nobody' is undefined"),
        (HEAD + "x\n{% if %}", "line 2"),
        (HEAD + '{% include "missing.md" %}', "missing.md"),
        (HEAD + '{% include "../../secret.md" %}', "secret.md"),
        (HEAD + "{{ 1 + 'a' }}", "unsupported operand"),
        (HEAD + "{{ 1 / 0 }}", "zero"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refusal(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "every agent needs a prompt file" in refusal(tmp_path / "agent.md")


def test_front_matter_that_is_no_template_is_not_rendered(tmp_path: Path) -> None:
    path = written(tmp_path, "---\ndescription: '{{ nobody }}'\n---\nx")
    assert read_prompt(path).front.description == "{{ nobody }}"
