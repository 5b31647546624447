"""`diff` held against a history as people write it: each commit's meaning was judged by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.conftest import GitRepository
from tests.git.diffing import diff_of, told

BLURB, EXPLAIN, GREETING, SMOKE = "catalogue/blurb", "explain", "greeting", "smoke"
ORDERS, REPLY, TRIAGE = "support/order-status", "support/reply", "support/triage"
VOICE = "_partials/voice.md"

Edit = Callable[[GitRepository], None]


def put(path: str, *changes: tuple[str, str]) -> Edit:
    """Write other words in a file below prompts/; each must be there."""

    def edit(repository: GitRepository) -> None:
        file = repository.path / "prompts" / path
        text = file.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text)

    return edit


def settings(line: str) -> Edit:
    def edit(repository: GitRepository) -> None:
        file = repository.path / "promptctl.yaml"
        file.write_text(file.read_text() + line + "\n")

    return edit


def move(old: str, new: str) -> Edit:
    def edit(repository: GitRepository) -> None:
        target = repository.path / "prompts" / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (repository.path / "prompts" / old).rename(target)

    return edit


def new_file(path: str, text: str) -> Edit:
    return lambda repository: repository.write(f"prompts/{path}", text) and None


def remove(path: str) -> Edit:
    return lambda repository: (repository.path / "prompts" / path).unlink()


def all_of(*edits: Edit) -> Edit:
    def edit(repository: GitRepository) -> None:
        for one in edits:
            one(repository)

    return edit


FIRST_TONE = "  tone:\n    type: string\n    enum: [friendly, formal]\n    default: friendly\n"
NEW_PROMPT = (
    "description: Say goodbye.\nprovider: local\nmodel: smollm2-135m-instruct\ntemplate: Goodbye!\n"
)
USERS_OF_VOICE = (BLURB, ORDERS, REPLY)
VOICE_EDITED = "modified behaviour: file-changed"

HISTORY: list[tuple[str, Edit, Mapping[str, str]]] = [
    (
        "One word in a system message",
        put(f"{TRIAGE}.yaml", ("Choose exactly one topic.", "Choose precisely one topic.")),
        {TRIAGE: "modified behaviour: message-edited"},
    ),
    (
        "Re-wrap a paragraph",
        put(
            f"{TRIAGE}.yaml",
            (
                "You sort messages for the support desk of Larkfield Books.\n      Choose",
                "You sort messages for the\n      support desk of Larkfield Books. Choose",
            ),
        ),
        {TRIAGE: "modified cosmetic: message-rewrapped"},
    ),
    (
        "Plain scalar to folded block, quotes, comments",
        all_of(
            put(
                f"{GREETING}.yaml",
                (
                    "content: You are a helpful assistant at Larkfield Books, a bookshop. You welcome",
                    "content: >-\n      You are a helpful assistant at Larkfield Books,\n"
                    "      a bookshop. You welcome",
                ),
                ("provider: local # the", "# The shop floor asked for this.\nprovider: 'local' # the"),
            ),
        ),
        {GREETING: "modified cosmetic: "},
    ),
    (
        "The order of keys, and flow for block style",
        put(
            f"{REPLY}.yaml",
            ("provider: anthropic\nmodel: claude-sonnet-4-5\n", ""),
            ("parameters:\n  max_tokens: 600\n", "parameters: {max_tokens: 600}\n"),
            ("metadata:\n", "model: claude-sonnet-4-5\nprovider: anthropic\nmetadata:\n"),
        ),
        {REPLY: "modified cosmetic: "},
    ),
    (
        "Another model of the same provider",
        put(f"{TRIAGE}.yaml", ("model: gpt-4o-mini", "model: gpt-4o")),
        {TRIAGE: "modified behaviour: model-changed"},
    ),
    (
        "Another provider, and what its parameters are called",
        put(
            f"{TRIAGE}.yaml",
            ("provider: openai\nmodel: gpt-4o\n", "provider: mistral\nmodel: mistral-large-latest\n"),
            ("max_completion_tokens: 300", "max_tokens: 300"),
        ),
        {
            TRIAGE: "modified behaviour: provider-changed model-changed parameter-added"
            " parameter-removed"
        },
    ),
    (
        "A warmer voice",
        put(f"{BLURB}.yaml", ("temperature: 0.8", "temperature: 0.9")),
        {BLURB: "modified behaviour: parameter-changed"},
    ),
    (
        "A number written otherwise",
        put(f"{BLURB}.yaml", ("temperature: 0.9", "temperature: 0.90")),
        {BLURB: "modified cosmetic: "},
    ),
    (
        "The partial that three prompts include",
        put(VOICE, ("Plain words and short sentences.", "Short sentences.")),
        dict.fromkeys(USERS_OF_VOICE, VOICE_EDITED),
    ),
    (
        "The partial moves; whoever includes it follows",
        all_of(
            move(VOICE, "_partials/style/voice.md"),
            *(put(f"{name}.yaml", (VOICE, "_partials/style/voice.md")) for name in USERS_OF_VOICE),
        ),
        dict.fromkeys(USERS_OF_VOICE, "modified cosmetic: file-moved"),
    ),
    (
        "A variable gets another name, in the text and the examples too",
        put(f"{ORDERS}.yaml", ("  question:\n", "  request:\n"), ("{{ question }}", "{{ request }}"),
            ("{question: ", "{request: ")),
        {
            ORDERS: "modified breaking: variable-removed variable-added-required message-edited"
            " examples-changed"
        },
    ),
    (
        "A new variable with a default",
        put(
            f"{ORDERS}.yaml",
            ("messages:\n", "  language: {type: string, default: English}\nmessages:\n"),
            ("Ask for the number", "Answer in {{ language }}. Ask for the number"),
        ),
        {ORDERS: "modified behaviour: message-edited variable-added"},
    ),
    (
        "The default is gone",
        put(f"{ORDERS}.yaml", ("{type: string, default: English}", "{type: string}")),
        {ORDERS: "modified breaking: variable-now-required"},
    ),
    (
        "Longer names are allowed",
        put(f"{GREETING}.yaml", ("maxLength: 60", "maxLength: 80")),
        {GREETING: "modified compatible: variable-limit-loosened"},
    ),
    (
        "A tone less",
        put(f"{GREETING}.yaml", ("enum: [friendly, formal]", "enum: [formal, curt]"),
            ("default: friendly", "default: formal"), ("{name: Ada}", "{name: Bea}")),
        {
            GREETING: "modified breaking: variable-enum-value-removed variable-default-changed"
            " variable-enum-value-added examples-changed"
        },
    ),
    (
        "The order of the listed values",
        put(f"{GREETING}.yaml", ("enum: [formal, curt]", "enum: [curt, formal]")),
        {GREETING: "modified cosmetic: "},
    ),
    (
        "One more topic, which readers of the answer do not know",
        put(f"{TRIAGE}.yaml", ("praise, other]", "praise, invoice, other]")),
        {TRIAGE: "modified breaking: response-enum-value-added"},
    ),
    (
        "One more property of the answer",
        put(
            f"{TRIAGE}.yaml",
            ("        urgent: {type: boolean}\n", "        urgent: {type: boolean}\n"
             "        language: {type: string}\n"),
            ("[topic, urgent, summary]", "[topic, urgent, summary, language]"),
        ),
        {TRIAGE: "modified compatible: response-property-added"},
    ),
    (
        "A tool tells more of itself, and takes one more argument",
        put(
            f"{ORDERS}.yaml",
            ("State and expected arrival of one order.", "State and arrival of an order."),
            ("        required: [order_number]", "          email: {type: string}\n"
             "        required: [order_number, email]"),
        ),
        {ORDERS: "modified behaviour: tool-edited tool-property-added"},
    ),
    (
        "One worked example less",
        put(
            f"{GREETING}.yaml",
            (
                "  - role: user\n    content: Write a {{ tone }} greeting for Tom.\n"
                "  - role: assistant\n    content: >-\n"
                '      {% if tone == "formal" -%}\n'
                "      Good day, Tom. We are pleased to welcome you. Please tell us how we may help you.\n"
                "      {%- else -%}\n"
                "      Hi Tom, how nice of you to visit us! We have many new books to show you.\n"
                "      {%- endif %}\n",
                "",
            ),
        ),
        {GREETING: "modified behaviour: message-removed message-removed"},
    ),
    (
        "The system message is for developers now, and stands last",
        put(
            f"{EXPLAIN}.yaml",
            ("  - role: system\n    content: You are a helpful assistant.\n", ""),
            (
                "in two sentences.\n",
                "in two sentences.\n  - role: system\n    content: You are a helpful assistant.\n",
            ),
        ),
        {EXPLAIN: "modified behaviour: message-moved"},
    ),
    (
        "Another role",
        put(f"{EXPLAIN}.yaml", ("role: system", "role: developer")),
        {EXPLAIN: "modified behaviour: message-role-changed"},
    ),
    (
        "Another template language, with the braces it wants",
        put(
            f"{EXPLAIN}.yaml",
            ("template_format: f-string # {word}, as in Python;", "template_format: jinja2 # not"),
            ("the word {word}", "the word {{ word }}"),
        ),
        {EXPLAIN: "modified behaviour: template-format-changed message-edited"},
    ),
    (
        "Owner, description and examples",
        put(
            f"{EXPLAIN}.yaml",
            ("Explain a word of the book trade in plain language.", "Explain a word of the trade."),
            ("owner: shop-floor", "owner: catalogue"),
            ("name: bibliography", "name: quire"),
            ("{word: bibliography}", "{word: quire}"),
        ),
        {EXPLAIN: "modified cosmetic: description-changed metadata-changed examples-changed"},
    ),
    (
        "A new prompt",
        new_file("goodbye.yaml", NEW_PROMPT),
        {"goodbye": "added compatible: prompt-added"},
    ),
    (
        "It moves to a folder, as the settings say",
        all_of(move("goodbye.yaml", "shop/goodbye.yaml"), settings("renamed: {goodbye: shop/goodbye}")),
        {"shop/goodbye": "renamed compatible: prompt-renamed"},
    ),
    (
        "Another moves, and the settings do not say so",
        move(f"{SMOKE}.yaml", "internal/smoke.yaml"),
        {"internal/smoke": "renamed breaking: prompt-renamed-undeclared"},
    ),
    (
        "One text becomes messages",
        put("shop/goodbye.yaml", ("template: Goodbye!", "messages: [{role: user, content: Goodbye!}]")),
        {"shop/goodbye": "modified cosmetic: kind-changed"},
    ),
    (
        "A prompt is retired",
        remove("internal/smoke.yaml"),
        {"internal/smoke": "removed breaking: prompt-removed"},
    ),
    (
        "Nothing that a prompt is made of",
        all_of(lambda r: r.write("README.md", "Read me.\n") and None, new_file("_partials/unused.md", "x\n")),
        {},
    ),
]  # fmt: skip


@pytest.fixture
def history(prompt_repository: GitRepository) -> GitRepository:
    for message, edit, _ in HISTORY:
        edit(prompt_repository)
        prompt_repository.commit(message=message)
    return prompt_repository


def test_each_commit_is_judged_as_people_would(history: GitRepository) -> None:
    judged: dict[str, Mapping[str, str]] = {}
    for place, (message, _, _) in enumerate(reversed(HISTORY)):
        judged[message] = told(diff_of(history.path, f"HEAD~{place + 1}..HEAD~{place}"))
    assert judged == {message: expected for message, _, expected in HISTORY}


def test_the_whole_range_is_what_it_comes_to(history: GitRepository) -> None:
    """What came and went on the way is not in it."""
    found = told(diff_of(history.path, f"HEAD~{len(HISTORY)}...HEAD"))
    assert {name: line.split(":")[0] for name, line in found.items()} == {
        BLURB: "modified behaviour",
        EXPLAIN: "modified behaviour",
        GREETING: "modified breaking",
        "shop/goodbye": "added compatible",
        SMOKE: "removed breaking",
        ORDERS: "modified breaking",
        REPLY: "modified behaviour",
        TRIAGE: "modified breaking",
    }
