"""What Discord shows of our commands in other languages: one catalogue a language, beside this.

English is in the code; a text that a catalogue lacks is shown in English. Commands are answered in
English whatever they were called.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Where

LANGUAGES = {
    discord.Locale.german: "de",
    discord.Locale.french: "fr",
    discord.Locale.spain_spanish: "es",
    discord.Locale.latin_american_spanish: "es",
    discord.Locale.ukrainian: "uk",
    discord.Locale.brazil_portuguese: "pt",
}
_PARTS = {
    Where.command_name: "commands",
    Where.group_name: "commands",
    Where.parameter_name: "options",
    Where.command_description: "descriptions",
    Where.group_description: "descriptions",
}


@cache
def catalogue(language: str) -> dict[str, dict[str, str]]:
    """The tables `commands`, `menus`, `options`, `descriptions`: each English -> that language."""
    file = resources.files(__package__).joinpath(f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Words(app_commands.Translator):
    """Looks texts up. discord.py asks it for each text in each language while it registers."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        language, part = LANGUAGES.get(locale), _PARTS.get(context.location)
        if isinstance(context.data, app_commands.ContextMenu):
            part = "menus"
        if language is None or part is None:
            return None
        return catalogue(language)[part].get(string.message)
