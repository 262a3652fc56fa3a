"""What Discord refuses in components although the OpenAPI document allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.servers.discord.components import (
    BUTTON,
    CONTAINER,
    FILE,
    GALLERY,
    LINK,
    PREMIUM,
    ROW,
    SECTION,
    SELECTS,
    TEXT,
    THUMBNAIL,
    V2,
    texts,
    walk,
)

if TYPE_CHECKING:
    from tests.servers.discord.records import Form, Json

MOST_COMPONENTS, MOST_TEXT = 40, 4000
TOP_LEVEL_V2 = V2 - {THUMBNAIL} | {ROW}
IN_CONTAINER = TOP_LEVEL_V2 - {CONTAINER}


def check_components(components: list[Json], *, v2: bool, files: set[str], form: Form) -> None:
    """Add to `form` whatever is wrong; `files` are the names an attachment:// may use."""
    every = list(walk(components))
    _check_places(components, v2=v2, form=form)
    if v2:
        _check_totals(components, len(every), form)
    _check_unique(every, form)
    for path, component in every:
        kind = component.get("type")
        if kind == BUTTON:
            _check_button(component, path, form)
        elif kind in SELECTS:
            _check_select(component, path, form)
        elif kind == ROW:
            _check_row(component, path, form)
        elif kind in (SECTION, TEXT, CONTAINER):
            _check_layout(component, path, form)
        elif kind in (THUMBNAIL, GALLERY, FILE):
            _check_media(component, path, files, form)


def _check_places(components: list[Json], *, v2: bool, form: Form) -> None:
    allowed = TOP_LEVEL_V2 if v2 else frozenset({ROW})
    for index, component in enumerate(components):
        if component.get("type") not in allowed:
            _bad_type(f"components.{index}.type", allowed, form)
        elif component["type"] == CONTAINER:
            for inner, child in enumerate(component.get("components") or ()):
                if child.get("type") not in IN_CONTAINER:
                    _bad_type(f"components.{index}.components.{inner}.type", IN_CONTAINER, form)
    if not v2 and len(components) > 5:
        form.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")


def _bad_type(path: str, allowed: frozenset[int], form: Form) -> None:
    form.add(path, "UNION_TYPE_CHOICES", f"Value must be one of {sorted(allowed)}.")


def _check_totals(components: list[Json], count: int, form: Form) -> None:
    if count > MOST_COMPONENTS:
        form.add(
            "components",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The total number of components ({count}) exceeds {MOST_COMPONENTS}",
        )
    length = sum(len(text) for text in texts(components))
    if length > MOST_TEXT:
        form.add(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"The displayable text ({length}) exceeds the maximum size of {MOST_TEXT}",
        )


def _check_unique(every: list[tuple[str, Json]], form: Form) -> None:
    seen: set[tuple[str, object]] = set()
    for path, component in every:
        for key in ("custom_id", "id"):
            value = component.get(key)
            if not value:
                continue
            if (key, value) in seen:
                code = f"COMPONENT_{key.upper()}_DUPLICATED"
                form.add(f"{path}.{key}", code, f"Component {key} cannot be duplicated")
            seen.add((key, value))


def _check_button(button: Json, path: str, form: Form) -> None:
    custom_id, url, style = button.get("custom_id"), button.get("url"), button.get("style")
    form.too_long(f"{path}.label", button.get("label"), 80)
    form.too_long(f"{path}.custom_id", custom_id, 100)
    form.too_long(f"{path}.url", url, 512)
    check_url(url, f"{path}.url", ("http", "https", "discord"), form)
    if custom_id and url:
        form.add(
            path,
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
            "A custom id and url cannot both be specified",
        )
    elif style == LINK and not url:
        form.add(f"{path}.url", "BASE_TYPE_REQUIRED", "A url is required")
    elif style not in (LINK, PREMIUM) and not custom_id:
        form.add(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
    if style != PREMIUM and not button.get("label") and not button.get("emoji"):
        form.add(path, "BUTTON_COMPONENT_LABEL_REQUIRED", "A label or an emoji is required")


def _check_select(select: Json, path: str, form: Form) -> None:
    form.too_long(f"{path}.custom_id", select.get("custom_id"), 100)
    form.too_long(f"{path}.placeholder", select.get("placeholder"), 150)
    if not select.get("custom_id"):
        form.add(f"{path}.custom_id", "BASE_TYPE_REQUIRED", "This field is required")
    options = select.get("options") or []
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        form.add(
            f"{path}.options",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )
    for index, option in enumerate(options):
        for key in ("label", "value", "description"):
            form.too_long(f"{path}.options.{index}.{key}", option.get(key), 100)


def _check_row(row: Json, path: str, form: Form) -> None:
    """ "An action row can contain up to 5 buttons or a single select." """
    inside = row.get("components") or []
    buttons = sum(each.get("type") == BUTTON for each in inside)
    if not 1 <= len(inside) <= 5:
        code = "BASE_TYPE_BAD_LENGTH"
        form.add(f"{path}.components", code, "Must be between 1 and 5 in length.")
    elif buttons != len(inside) and len(inside) > 1:
        form.add(
            f"{path}.components",
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The components exceed the maximum width of the row",
        )


def _check_layout(component: Json, path: str, form: Form) -> None:
    if component["type"] == TEXT:
        content = component.get("content") or ""
        if not 1 <= len(content) <= MOST_TEXT:
            code = "BASE_TYPE_BAD_LENGTH"
            form.add(f"{path}.content", code, "Must be between 1 and 4000 in length.")
        return
    most = 3 if component["type"] == SECTION else MOST_COMPONENTS
    if not 1 <= len(component.get("components") or ()) <= most:
        code = "BASE_TYPE_BAD_LENGTH"
        form.add(f"{path}.components", code, f"Must be between 1 and {most} in length.")


def _check_media(component: Json, path: str, files: set[str], form: Form) -> None:
    if component["type"] == GALLERY:
        items = component.get("items") or []
        if not 1 <= len(items) <= 10:
            code = "BASE_TYPE_BAD_LENGTH"
            form.add(f"{path}.items", code, "Must be between 1 and 10 in length.")
        urls = [
            (f"{path}.items.{index}.media.url", item["media"].get("url"))
            for index, item in enumerate(items)
        ]
    else:
        key = "file" if component["type"] == FILE else "media"
        urls = [(f"{path}.{key}.url", component[key].get("url"))]
    schemes = ("attachment",) if component["type"] == FILE else ("http", "https", "attachment")
    for place, url in urls:
        check_url(url, place, schemes, form)
        if url and url.startswith("attachment://") and url[13:] not in files:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            form.add(place, code, "The referenced attachment was not found")


def check_url(url: str | None, path: str, schemes: tuple[str, ...], form: Form) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        form.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return
    if parts.scheme not in schemes:
        form.add(
            path,
            "URL_TYPE_INVALID_SCHEME",
            f'Scheme "{parts.scheme}" is not supported. Scheme must be one of {schemes}.',
        )
    elif not parts.netloc or any(letter.isspace() for letter in url):
        form.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    form.too_long(path, url, 2048)
