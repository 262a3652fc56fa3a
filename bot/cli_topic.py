"""`wirewatch topic …`: the use cases of the chat, typed in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.app import App
from bot.cli_desk import UntilArgument, WorkspaceOption, ask, caller_of, here_of
from bot.commands.backtest_reply import backtest_reply
from bot.commands.caller import Reply
from bot.commands.declared import LOCAL_WORKSPACE
from bot.commands.edit import edit_topic
from bot.commands.pauses import PauseKind
from bot.commands.terms import Terms
from bot.commands.watch import watch_topic
from bot.model.layout import template_named
from bot.model.text import Mark, Span, plain
from bot.terminal import ConfigOption, JsonOption, print_json, print_reply, stdout
from bot.topics.explain import explain
from bot.topics.query import parse

MINUS_IS_NOT = {"ignore_unknown_options": True}
"""A query may begin with a minus."""

topic_app = typer.Typer(help="What is watched.", no_args_is_help=True)

OutletsOption = Annotated[
    int | None, typer.Option("--outlets", help="From how many independent outlets on.")
]
UrgentOption = Annotated[
    bool | None, typer.Option("--urgent/--not-urgent", help="Through quiet hours and digests.")
]
TemplateOption = Annotated[
    str, typer.Option("--template", help="compact, standard, full, or your own: *{headline}*")
]


@topic_app.command("watch", context_settings=MINUS_IS_NOT)
def topic_watch(
    query: str,
    name: Annotated[str, typer.Option(help="Default: the query itself.")] = "",
    channel: Annotated[str, typer.Option(help="Default: this terminal.")] = "",
    outlets: OutletsOption = None,
    urgent: UrgentOption = None,
    template: TemplateOption = "",
    config: ConfigOption = None,
) -> None:
    """Alert a channel about QUERY; a running bot takes it up with the next article."""
    terms = _terms(outlets, urgent, template)

    async def question(wire: App) -> Reply:
        caller = await here_of(wire, channel)
        return await watch_topic(wire.commands, caller, query, name=name, terms=terms)

    ask(config, question)


@topic_app.command("edit", context_settings=MINUS_IS_NOT)
def topic_edit(
    name: str,
    query: Annotated[str, typer.Argument(help="Default: as it is.")] = "",
    outlets: OutletsOption = None,
    urgent: UrgentOption = None,
    template: TemplateOption = "",
    channel: Annotated[str, typer.Option(help="Default: this terminal.")] = "",
    config: ConfigOption = None,
) -> None:
    """Another QUERY for a topic, and what that changes; on which terms a channel hears of it."""
    terms = _terms(outlets, urgent, template)

    async def question(wire: App) -> Reply:
        caller = await here_of(wire, channel)
        return await edit_topic(wire.commands, caller, name, query=query, terms=terms)

    ask(config, question)


def _terms(outlets: int | None, urgent: bool | None, template: str) -> Terms:
    shown = template_named(template) if template else None
    return Terms(outlets=outlets, urgent=urgent, template=shown)


@topic_app.command("move")
def topic_move(
    name: str,
    to: Annotated[str, typer.Argument(help="The name or id of a channel.")],
    channel: Annotated[str, typer.Option(help="From where. Default: this terminal.")] = "",
    config: ConfigOption = None,
) -> None:
    """Another channel hears of a topic from now on; what was told stays where it is."""

    async def question(wire: App) -> Reply:
        target = await here_of(wire, to)
        return await wire.commands.moving.move(await here_of(wire, channel), name, target.here)

    ask(config, question)


@topic_app.command("mute")
def topic_mute(name: str, until: UntilArgument = "", config: ConfigOption = None) -> None:
    """Discard a topic's stories for a while; they are recorded."""
    _pause(name, until, PauseKind.MUTE, config)


@topic_app.command("snooze")
def topic_snooze(name: str, until: UntilArgument = "", config: ConfigOption = None) -> None:
    """Hold a topic's stories for a while, then sum them up."""
    _pause(name, until, PauseKind.SNOOZE, config)


def _pause(name: str, until: str, kind: PauseKind, config: Path | None) -> None:
    ask(config, lambda wire: wire.commands.pauses.topic(caller_of(), name, until, kind))


@topic_app.command("list")
def topic_list(config: ConfigOption = None) -> None:
    """What is watched, and where."""
    ask(config, lambda wire: wire.commands.topics.list_all(caller_of()))


@topic_app.command("unwatch")
def topic_unwatch(name: str, config: ConfigOption = None) -> None:
    """Stop a topic in every channel."""
    ask(config, lambda wire: wire.commands.topics.unwatch(caller_of(), name, everywhere=True))


@topic_app.command("test", context_settings=MINUS_IS_NOT)
def topic_test(
    query: str,
    days: Annotated[int, typer.Option(help="How far back.")] = 14,
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """What QUERY would have fired on, without switching it on."""

    async def question(wire: App) -> Reply:
        result = await wire.commands.topics.backtest(caller_of(workspace), query, days=days)
        if as_json:
            print_json(result.to_json())
            raise typer.Exit
        return backtest_reply(result)

    ask(config, question)


@topic_app.command("explain", context_settings=MINUS_IS_NOT)
def topic_explain(query: str) -> None:
    """How QUERY is understood, with warnings."""
    told = explain(parse(query))
    lines = [
        (Span(text="Reads as  "), Span(text=told.reading, mark=Mark.CODE)),
        *(
            (Span(text=word, mark=Mark.CODE), Span(text=f"  also finds {', '.join(more)}"))
            for word, more in told.expansions
        ),
        *(plain(f"Note: {warning}") for warning in told.warnings),
    ]
    print_reply(stdout, Reply(title=query, lines=tuple(lines)))
