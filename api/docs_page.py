"""The documentation of the API as one page without scripts, so that it reads on a machine with no way out.

It is drawn from the OpenAPI document, which is at `/openapi.json` for programs.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_CODE = re.compile(r"`([^`]+)`")
_METHODS: Final = ("get", "post", "patch", "put", "delete")
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem 2rem; color: #1c2024; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #d9dce0; }
summary { cursor: pointer; padding: .35rem 0; } details > div { margin: 0 0 1.5rem 1.2rem; }
.method { display: inline-block; width: 4.5rem; font: 600 .8rem monospace; } .path { font-family: monospace; }
.get { color: #14609b; } .post { color: #1b7a3d; } .patch { color: #8a5a00; } .delete { color: #b3261e; }
.what { color: #5c6670; margin-left: .6rem; } code, pre { background: #f3f4f6; border-radius: 4px; }
code { padding: 0 .25rem; } pre { padding: .7rem; overflow-x: auto; }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
@media (prefers-color-scheme: dark) {
  body { background: #15181b; color: #e4e7ea; } code, pre { background: #23282d; } .what { color: #9aa4ae; }
  .get { color: #6db3f2; } .post { color: #6fcf97; } .patch { color: #e0b050; } .delete { color: #f28b82; }
}
"""


@router.get("/docs")
async def documentation(request: Request) -> HTMLResponse:
    app: FastAPI = request.app
    if not hasattr(app.state, "docs_page"):
        app.state.docs_page = page(app.openapi())
    return HTMLResponse(app.state.docs_page)


def page(document: Mapping[str, Any]) -> str:
    """The whole page of an OpenAPI document."""
    info = document["info"]
    sections: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                tag = (operation.get("tags") or ["other"])[0]
                sections.setdefault(tag, []).append(_operation(document, method, path, operation))
    body = "".join(f"<h2>{_text(tag.capitalize())}</h2>{''.join(found)}" for tag, found in sections.items())
    links = (
        '<p>The websocket is at <code>/</code>, the OpenAPI document at <a href="openapi.json">openapi.json</a>.</p>'
    )
    title, about = _text(info["title"]), _paragraphs(info.get("description", ""))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><h1>{title}</h1>{about}{links}{body}</html>"
    )


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [_paragraphs(operation.get("description", "")), _parameters(operation.get("parameters", []))]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body, {_text(kind)}</p>{_example(document, content)}")
    answers = operation.get("responses", {})
    for kind, content in answers.get("200", {}).get("content", {}).items():
        if example := _example(document, content):
            parts.append(f"<p>Answer, {_text(kind)}</p>{example}")
    refused = "".join(_refusals(answers))
    parts.append(f"<table>{refused}</table>" if refused else "")
    head = (
        f'<span class="method {method}">{method.upper()}</span><span class="path">{_text(path)}</span>'
        f'<span class="what">{_text(operation.get("summary", ""))}</span>'
    )
    return f"<details><summary>{head}</summary><div>{''.join(parts)}</div></details>"


def _parameters(parameters: list[Mapping[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{_text(each['name'])}</code></td><td>{_text(each['in'])}</td>"
        f"<td>{'required' if each.get('required') else ''}</td><td>{_inline(each.get('description', ''))}</td></tr>"
        for each in parameters
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _refusals(answers: Mapping[str, Any]) -> Iterator[str]:
    for status, told in sorted(answers.items()):
        if status not in {"200", "422"}:
            yield f"<tr><td><code>{_text(status)}</code></td><td>{_inline(told.get('description', ''))}</td></tr>"


def _example(document: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """The example that was written for it, else what its fields are."""
    shown = content["example"] if "example" in content else _shape(document, content.get("schema", {}))
    return f"<pre>{_text(json.dumps(shown, indent=1, ensure_ascii=False))}</pre>" if shown not in (None, {}) else ""


def _shape(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "example" in schema:
        return schema["example"]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _shape(document, schema[choice][0], depth + 1)
    if schema.get("type") == "array" and depth < 4:
        return [_shape(document, schema.get("items", {}), depth + 1)]
    if "properties" in schema:
        return {name: _shape(document, each, depth + 1) for name, each in schema["properties"].items()}
    return " | ".join(schema["enum"]) if "enum" in schema else schema.get("type")


def _paragraphs(text: str) -> str:
    blocks = [" ".join(block.split()) for block in text.strip().split("\n\n")]
    return "".join(f"<p>{_inline(block)}</p>" for block in blocks if block)


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", _text(text))


def _text(value: str) -> str:
    return html.escape(value)
