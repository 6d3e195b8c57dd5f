"""The API against its own OpenAPI document, on an archive that means harm."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from archive.home import Home
from archive.web.api.models import EXAMPLE, ArticleColumns
from archive.web.app import create_app
from archive.web.settings import WebSettings
from tests.examples import examples
from tests.web.serving import served

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of pytest
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

PATHS = [
    "articles",
    "articles/{article_id}",
    "articles/{article_id}/cite",
    "articles/{article_id}/cluster",
    "articles/{article_id}/diff",
    "articles/{article_id}/revisions",
    "articles/{article_id}/revisions/{number}",
    "articles/{article_id}/warc",
    "captures",
    "changes",
    "export.{format}",
    "search",
    "sources",
    "stats",
]


@pytest.fixture(scope="module")
def document(hostile_home: Home) -> Iterator[Any]:
    with served(create_app(hostile_home, WebSettings(requests_per_minute=0))) as port:
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/api/v1/openapi.json")


def test_every_path_is_tried(document: Any) -> None:
    assert sorted(path.removeprefix("/api/v1/") for path in document) == PATHS


def test_examples_are_whole_articles(document: Any) -> None:
    ArticleColumns.model_validate(EXAMPLE)
    assert set(EXAMPLE) == set(ArticleColumns.model_fields)
    article = document.raw_schema["components"]["schemas"]["Article"]
    assert article["properties"]["first_publisher"]["description"]
    assert not document.raw_schema.get("security")


def test_a_token_is_documented(hostile_home: Home) -> None:
    app = create_app(hostile_home, WebSettings(token="kunci-yang-panjang-sekali"))
    assert app.openapi()["security"] == [{"bearer": []}, {"basic": []}]
    app.state.archive.close()


KNOWN: dict[str, Any] = {"article_id": 3, "number": 2, "format": "jsonl"}
"""Parameters of paths that lead to something."""


# Nothing wrong can be asked of the sources: they take no parameters.
ASKED = [(path, GenerationMode.POSITIVE) for path in PATHS]
ASKED += [(path, GenerationMode.NEGATIVE) for path in PATHS if path != "sources"]


@pytest.mark.parametrize(("path", "mode"), ASKED)
def test_every_answer_is_as_documented(document: Any, path: str, mode: GenerationMode) -> None:
    operation = document[f"/api/v1/{path}"]["GET"]
    assert operation.query or "{" in path or path == "sources"
    check(operation.as_strategy(generation_mode=mode))


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path])
def test_every_answer_about_an_article_is_as_documented(document: Any, path: str) -> None:
    known = {name: value for name, value in KNOWN.items() if f"{{{name}}}" in path}
    check(document[f"/api/v1/{path}"]["GET"].as_strategy(path_parameters=known))


def check(cases: Any) -> None:
    """Send some requests, whose answers must be as the document says."""

    @settings(
        max_examples=examples(12),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def answers(case: schemathesis.Case) -> None:
        # What a query or a cursor may say is not all in the schema: such are refused with 400.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    answers()
