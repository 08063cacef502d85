"""The commands `objection-bot receipt …`: check a receipt, print the key it is checked with.

Exit codes: 0 genuine, 1 not genuine, 2 could not be checked.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot.settings import Settings, SettingsError

if TYPE_CHECKING:
    from bot.objections.receipts import Receipt
    from bot.objections.signing import PublicKey

app = typer.Typer(help="Checks receipts.", no_args_is_help=True)


@app.command()
def verify(
    file: Annotated[
        Path,
        typer.Argument(help="The JSON file, or the PDF.", exists=True, dir_okay=False),
    ],
    key: Annotated[
        str | None,
        typer.Option(help="The public key, as base64 or a file; else those of this installation."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Whether a receipt is as it was signed. Works offline; exit 0 if genuine, 1 if not."""
    from bot.objections.receipts import NotGenuine
    from bot.objections.receipts import verify as verified

    keys = _own_keys() if key is None else _given_keys(key)
    try:
        data = file.read_bytes()
    except OSError as error:
        _cannot_check(f"{file} cannot be read: {error.strerror}.")
    try:
        receipt = verified(data, keys)
    except NotGenuine as error:
        if as_json:
            _print_json({"genuine": False, "problem": error.code, "message": error.sentence})
        else:
            typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None
    if as_json:
        told = {"genuine": True, "key": receipt.key_id, "receipt": receipt.content}
        _print_json(told)
    else:
        _tell(receipt, is_pdf=data.startswith(b"%PDF-"))


@app.command("key")
def own_key() -> None:
    """Print this installation's public keys, the present one first, as /receipt-key.json does."""
    from bot.objections.signing import published

    sys.stdout.write(json.dumps(published(_own_keys()), indent=2) + "\n")


def _own_keys() -> tuple[PublicKey, ...]:
    from bot.objections.signing import Signer, former_keys

    try:
        settings = Settings.load()
        own = Signer.parse(settings.signing_key).public
        return (own, *former_keys(settings.former_signing_keys))
    except (SettingsError, ValueError, OSError) as error:
        _cannot_check(str(error))


def _given_keys(given: str) -> tuple[PublicKey, ...]:
    """The keys in a file, or in the argument itself."""
    from bot.objections.signing import read_published

    try:
        path = Path(given)
        return read_published(path.read_text("utf-8") if path.is_file() else given)
    except (ValueError, OSError) as error:
        sentence = str(error) if type(error) is ValueError else "That key cannot be read."
        raise typer.BadParameter(sentence, param_hint="--key") from None


def _tell(receipt: Receipt, is_pdf: bool) -> None:
    content = receipt.content
    lines = [
        f"Genuine: signed with the key {receipt.key_id}.",
        f"number    {content['reference']}",
        f"received  {content['received_at']}",
        *([f"answer by {content['answer_by']}"] if "answer_by" in content else []),
        f"name      {content['person']['full_name']}",
        *(f"account   {one['platform']} {one['handle']}" for one in content["accounts"]),
        content["service"]["where"],
    ]
    if is_pdf:
        lines.append("This is what the file inside the PDF says. The printed page has to agree.")
    typer.echo("\n".join(lines))


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _cannot_check(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
