"""Finding datasets to buy."""

from typing import Annotated, Any, Final

import typer

from api.cli.console import as_json_text, err, say, show, table
from api.cli.options import HERE, AsJson, Url, public

PAGE: Final = 50
_COLUMNS: Final = (
    "product", "name", "vendor", "sector", "language", "kind", "licence", "grade", "RTU>", "lots>", "price>", "from",
)  # fmt: skip

Words = Annotated[str, typer.Argument(help="Words in code, name, description, keywords or the vendor's name")]


def datasets_command(words: Words = "", url: Url = HERE) -> None:
    """Datasets on offer."""
    search_command(words, url=url)


def search_command(
    words: Words = "",
    sector: Annotated[str, typer.Option(help="education, law, …; of a filter several may stand, as a,b")] = "",
    language: Annotated[str, typer.Option(help="en, zh, …")] = "",
    kind: Annotated[str, typer.Option(help="Quality profile: qa-sft, zh-prose, code, …")] = "",
    dataset_class: Annotated[str, typer.Option("--class", help="tongshi, hangye-tongshi, hangye-zhuanshi")] = "",
    grade: Annotated[str, typer.Option(help="G1, G2, G3, ungraded")] = "",
    licence: Annotated[str, typer.Option(help="SPDX identifier")] = "",
    purpose: Annotated[str, typer.Option(help="What must be permitted: training, evaluation, …")] = "",
    min_size: Annotated[str, typer.Option(help="In millions of RTU")] = "",
    max_size: Annotated[str, typer.Option(help="In millions of RTU")] = "",
    min_price: Annotated[str, typer.Option(help="Per million RTU: best ask, else last, else reference")] = "",
    max_price: Annotated[str, typer.Option(help="Per million RTU")] = "",
    order: Annotated[str, typer.Option(help="listed, name, price, size or grade")] = "listed",
    sorting: Annotated[str, typer.Option(help="asc or desc; the largest and the best first where absent")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most")] = PAGE,
    after: Annotated[str, typer.Option(help="Go on after this cursor")] = "",
    as_json: AsJson = False,
    url: Url = HERE,
) -> None:
    """Find datasets by what they are, what they may be used for, how large they are and what they cost."""
    asked = {
        "q": words, "sector": sector, "language": language, "kind": kind, "dataset_class": dataset_class,
        "grade": grade, "licence": licence, "purpose": purpose, "min_size": min_size, "max_size": max_size,
        "min_price": min_price, "max_price": max_price, "sortedBy": order, "sorting": sorting, "limit": limit,
        "after": after,
    }  # fmt: skip
    with public(url) as client:
        found, cursor = client.page("/datasets", **{name: value or None for name, value in asked.items()})
    if as_json:
        typer.echo(as_json_text(found))
    elif not found:
        say("No dataset on offer is like that." if _narrows(asked) else "No dataset is on offer yet.")
    else:
        show(table("", _COLUMNS, [_row(each) for each in found]))
    if len(found) == limit:
        err().print(f"There may be more: --after {cursor}", highlight=False)


def _narrows(asked: dict[str, Any]) -> bool:
    return any(value for name, value in asked.items() if name not in {"sortedBy", "sorting", "limit"})


def _row(dataset: dict[str, Any]) -> list[str]:
    lots = f"{dataset['lots']} × {dataset['copies']}"
    named = [dataset["product_id"] or "-", dataset["name"], dataset["vendor"]["name"], dataset["sector"] or "-"]
    known = [",".join(dataset["language"]), dataset["profile"], dataset["licence"], dataset["grade"]]
    price = [dataset["price"] or "-", dataset["price_from"] or "-"]
    return [*named, *known, f"{dataset['rtu']:,}", f"{lots}{' exclusive' * dataset['exclusive']}", *price]
