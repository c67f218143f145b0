"""The documentation is one page that needs nothing from anywhere else."""

import re

from api.docs_page import page


def test_every_request_is_on_the_page_and_nothing_is_loaded(shared):
    text = shared.public.get("/docs").text
    document = shared.public.get("/openapi.json").json()
    for path in document["paths"]:
        assert f'<span class="path">{path}</span>' in text
    assert not re.search(r"<script|<link|src=|https?://", text)


def test_what_a_description_says_is_text_and_no_markup():
    operation = {"summary": "<b>", "description": "Takes `a<b` & more", "responses": {}}
    told = page({"info": {"title": "<T>"}, "paths": {"/x": {"get": operation}}})
    assert "&lt;b&gt;" in told and "<code>a&lt;b</code> &amp; more" in told and "<h1>&lt;T&gt;</h1>" in told
