"""What Discord refuses although the OpenAPI document allows it, said as Discord says it.

Only the form of a message is judged here; who may post it where is in `messages.py`.
Limits: https://discord.com/developers/docs/resources/message#create-message and
https://discord.com/developers/docs/components/reference.
"""

from __future__ import annotations

from tests.servers.discord.component_rules import check_components, check_url
from tests.servers.discord.records import Form, Json, Refused

IS_V2, EPHEMERAL, SUPPRESS_NOTIFICATIONS = 1 << 15, 1 << 6, 1 << 12
LEGACY = ("content", "embeds", "poll", "sticker_ids")  # excluded by Components V2
EMBED_LIMITS = {"title": 256, "description": 4096}


def check_message(body: Json, flags: int, files: set[str]) -> None:
    """Raise 50035 unless Discord would take `body`; `flags` are those the message will have."""
    form = Form()
    form.too_long("content", body.get("content"), 2000)  # 4000 in the document: Nitro's, not bots'
    form.too_long("nonce", body.get("nonce"), 25)
    for index, embed in enumerate(body.get("embeds") or ()):
        _check_embed(embed, f"embeds.{index}", form)
    if sum(_embed_length(embed) for embed in body.get("embeds") or ()) > 6000:
        form.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    if flags & IS_V2:
        for key in LEGACY:
            if body.get(key):
                form.add(
                    key,
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
    check_components(body.get("components") or [], v2=bool(flags & IS_V2), files=files, form=form)
    form.check()


def check_not_empty(body: Json, *, files: bool) -> None:
    keys = ("content", "embeds", "components", "sticker_ids", "poll")
    if not files and not any(body.get(key) for key in keys):
        raise Refused(400, 50006, "Cannot send an empty message")
    content = body.get("content")
    if content and not content.strip() and not any(body.get(key) for key in keys[1:]):
        raise Refused(400, 50006, "Cannot send an empty message")


def check_flag_kept(old: int, new: int) -> None:
    """ "Once a message has been sent with this flag, it can't be removed from that message." """
    if old & IS_V2 and not new & IS_V2:
        form = Form()
        form.add(
            "flags",
            "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG",
            "The IS_COMPONENTS_V2 flag cannot be removed from a message",
        )
        form.check()


def _check_embed(embed: Json, path: str, form: Form) -> None:
    for key, limit in EMBED_LIMITS.items():
        form.too_long(f"{path}.{key}", embed.get(key), limit)
    form.too_long(f"{path}.footer.text", (embed.get("footer") or {}).get("text"), 2048)
    form.too_long(f"{path}.author.name", (embed.get("author") or {}).get("name"), 256)
    fields = embed.get("fields") or ()
    if len(fields) > 25:
        form.add(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, field in enumerate(fields):
        form.too_long(f"{path}.fields.{index}.name", field.get("name"), 256)
        form.too_long(f"{path}.fields.{index}.value", field.get("value"), 1024)
    check_url(embed.get("url"), f"{path}.url", ("http", "https"), form)
    for key in ("image", "thumbnail"):
        url = (embed.get(key) or {}).get("url")
        check_url(url, f"{path}.{key}.url", ("http", "https", "attachment"), form)


def _embed_length(embed: Json) -> int:
    """Title, description, field names and values, footer and author: what the 6000 counts."""
    parts = [embed.get("title"), embed.get("description")]
    parts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or ():
        parts += [field.get("name"), field.get("value")]
    return sum(len(part or "") for part in parts)
