"""The command line: serve, chat, ask, understand, evaluate, train; beside them `desk`, `keys`,
`receipt`."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from bot import keys_cli, receipt_cli, retention_cli
from bot.desk.cli import desk
from bot.log import configure, unfailing
from bot.settings import ROOT, Settings, SettingsError

if TYPE_CHECKING:
    from bot.app import Application

app = typer.Typer(
    help="Explains the notice, and files objections.", no_args_is_help=True, add_completion=False
)
app.add_typer(desk, name="desk")
desk.command("retention")(retention_cli.retention)
app.add_typer(keys_cli.app, name="keys")
app.add_typer(receipt_cli.app, name="receipt")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5005,
) -> None:
    """Run everything: the chat, the widget, and a demo page that embeds it."""
    with _plain_errors():
        settings = _settings()
        # Whoever reads what is printed may be gone, or their disk full; the service is there for
        # others.
        sys.stdout, sys.stderr = unfailing(sys.stdout), unfailing(sys.stderr)
        # First of all: a second process must not migrate the database of the one that runs.
        listening = _listening(host, port)
        application = _started(settings)
        from bot.app import run, web

        server = web(application, settings)

        @server.after_server_start  # type: ignore[untyped-decorator]
        async def announce(*_: Any) -> None:
            shown = f"[{host}]" if ":" in host else host
            address = f"http://{shown}:{listening.getsockname()[1]}"
            _say_where_it_goes(settings)
            out.print(f"Ready at [bold]{_escaped(address)}[/bold]   (Ctrl-C stops it)")

        run(server, settings, listening)
        _end_soon()


def _end_soon(within_s: float = 5.0) -> None:
    """See to it that the process ends, with exit code 1 when it does not by itself.

    A thread that waits for a database that says nothing cannot be told to stop, and Python waits
    for it. What it does there is a transaction, done as a whole or not at all.
    """
    end = threading.Timer(within_s, os._exit, [1])
    end.daemon = True
    end.start()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that has the port for itself; who connects waits until the service is ready.

    Exits with one sentence when the port cannot be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A name may have addresses of both kinds; what people type by hand is the older one.
        found.sort(key=lambda one: one[0] != socket.AF_INET)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _stop(f"Port {port} is taken: something else, perhaps this service, runs there.")
        _stop(f"Cannot listen at {host}, port {port}: {error.strerror}.")
    except OverflowError:
        _stop("The port must be a number from 0 to 65535.")


@app.command()
def chat() -> None:
    """The same conversation in the terminal."""
    with _plain_errors():
        settings = _settings()
        application = _started(settings)
        _say_where_it_goes(settings)
        asyncio.run(_chat(application))


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="One question.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """One question: prints the answer and its topic."""
    with _plain_errors():
        # Before the imports: Rasa, once imported, logs as it likes.
        settings = _settings()
        model = _model_for_serving()
        from bot.runtime.conversation import TextRefused, typed
        from bot.runtime.understanding import Understanding

        try:
            question = typed(text)
        except TextRefused as error:
            _stop(error.sentence)
        with err.status("Loading the model …"):
            understanding = Understanding(model, settings)
        answer = asyncio.run(understanding.answer(question))
        if as_json:
            sys.stdout.write(json.dumps({"text": text, **answer}, ensure_ascii=False) + "\n")
        else:
            out.print(answer["answer"], markup=False)
            out.print(f"[dim]{answer['topic']}  {answer['confidence']:.2f}[/dim]")


@app.command()
def understand(
    text: Annotated[str, typer.Argument(help="One reply.")],
    asked: Annotated[
        str, typer.Option(help="What was asked for; open is nothing. --asked ? lists them.")
    ] = "open",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """One reply: prints the commands that are read in it, and how surely."""
    with _plain_errors():
        from bot.understanding.commands import ASKED

        if asked not in ASKED:
            _stop(f"--asked is one of: {', '.join(ASKED)}.")
        _settings()
        _model_for_serving()
        from bot.nlu.replies.understand import understand
        from bot.runtime.conversation import TextRefused, typed
        from bot.runtime.reply_model import loaded_model
        from bot.understanding.context import Context

        try:
            reply = typed(text)
        except TextRefused as error:
            _stop(error.sentence)
        with err.status("Loading the model …"):
            model = loaded_model()
        found = [one.as_dict() for one in understand(reply, Context(asked), model)]
        if as_json:
            printed = {"text": text, "asked": asked, "commands": found}
            sys.stdout.write(json.dumps(printed, ensure_ascii=False) + "\n")
            return
        for command in found:
            rest = " ".join(
                f"{name}={value}" for name, value in command.items() if name not in _APART
            )
            shown = _escaped(f"{command['do']} {rest}".rstrip())
            out.print(f"{shown}  [dim]{command['confidence']:.2f}[/dim]")


# Of a command, what is printed in another place, or is the text again.
_APART = ("do", "confidence", "text")


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Lines of JSON: text, topic, alt, before.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the confusion matrix as a PNG.")] = None,
) -> None:
    """How well questions are understood, on a file of questions with their topics."""
    with _plain_errors():
        settings = _settings()
        from bot.evaluation import EvaluationError, Report, draw, read

        try:
            cases = read(file)
        except EvaluationError as error:
            _stop(str(error))
        model = _model_for_serving()
        from bot.runtime.understanding import Understanding

        with err.status("Loading the model …"):
            understanding = Understanding(model, settings)
        with err.status(f"Reading {len(cases)} questions …"):
            report = Report.of(cases, understanding.outcome)
        if plot is not None:
            draw(report, plot)
        if as_json:
            sys.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False) + "\n")
        else:
            _print_report(report.as_dict())


@app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Also when nothing changed.")] = False,
) -> None:
    """Train the model when it is needed."""
    with _plain_errors():
        _settings()
        from bot.nlu.encoders import encoder
        from bot.runtime.training import model_path, train_when_needed

        # First: what is wrong with the weights Rasa would tell in a page of its own. It also makes
        # the encoders' graph.
        encoder()
        path = model_path(ROOT)
        if force or not path.exists():
            err.print("Training the model. This is needed once, and again when its data changes.")
            path = train_when_needed(ROOT, force=force)
        out.print(f"Model: {_relative(path)}")


def _settings() -> Settings:
    # Before Rasa is imported: it reports to its makers and logs people's words unless told not to.
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    settings = Settings.load()
    configure(settings.log_level)
    return settings


def _model_for_serving() -> Path:
    """The model, trained first when it is needed. From here on this process trains none itself."""
    from bot.nlu.encoders import graph_folder
    from bot.runtime import absent
    from bot.runtime.training import model_path

    path = model_path(ROOT)
    if not path.exists() or not graph_folder().is_dir():
        # In a process of its own, so that what only training needs is gone when it is done.
        command = [sys.executable, "-m", "bot", "train"]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:  # noqa: S603
            raise typer.Exit(1)
    absent.install(instead=True)
    return path


def _started(settings: Settings) -> Application:
    model = _model_for_serving()
    with err.status("Loading the model …"):
        from bot.app import Application

        application = Application(settings, model)
        application.start()
    return application


async def _chat(application: Application) -> None:
    """Read lines until the end of input; a number chooses a button of the last answer."""
    from bot.runtime.conversation import TextRefused, TurnFailed
    from bot.runtime.turns import Button

    conversations = application.conversations
    assert conversations is not None
    await application.begin()
    conversation = uuid.uuid4().hex
    out.print("[dim]Write, or choose a number. Ctrl-D ends.[/dim]")
    buttons: dict[str, Button] = {}
    pressed: str | None = "hello"
    while True:
        text = ""
        if pressed is None:
            try:
                text = (await asyncio.to_thread(out.input, "[bold cyan]you[/bold cyan]  ")).strip()
            except (EOFError, KeyboardInterrupt):
                break
            if text in buttons:
                pressed = buttons[text].id
            elif not text:
                continue
        message_id = uuid.uuid4().hex
        try:
            if pressed is not None:
                turn = await conversations.press(conversation, message_id, pressed)
            else:
                turn = await conversations.say(conversation, message_id, text)
        except TextRefused as error:
            out.print(error.sentence)
            continue
        except TurnFailed:
            out.print("Something went wrong. Please write that again.")
            continue
        finally:
            pressed = None
        buttons = {}
        for message in turn.answer:
            out.print(f"[bold]bot[/bold]  {_escaped(message.text)}")
            for button in message.buttons:
                buttons[str(len(buttons) + 1)] = button
                out.print(f"     [cyan]{len(buttons)}[/cyan]  {_escaped(button.title)}")
    out.print()
    await application.stop()


def _print_report(report: dict[str, Any]) -> None:
    table = Table(box=None)
    for column in ("topic", "n", "right", "often taken for"):
        table.add_column(column)
    for topic, row in report["by_topic"].items():
        confused = ", ".join(f"{name} ({n})" for name, n in row["confused_with"].items())
        table.add_row(topic, str(row["n"]), f"{row['accuracy']:.0%}", confused)
    out.print(table)
    out.print(f"right: {report['accuracy']:.1%} of {report['n']}")
    out.print(f"right, answered or offered: {report['answered_or_offered']:.1%}")
    out.print(f"turned away: {report['turned_away']:.1%}")
    for name, value in report["out_of_scope"].items():
        if value is not None:
            out.print(f"out of scope, {name}: {value:.1%}")


def _say_where_it_goes(settings: Settings) -> None:
    if settings.operator_role == "demo":
        err.print(
            f"[yellow]Demo:[/yellow] objections are kept in {_relative(settings.data_dir)}; "
            f"nothing is sent to {settings.controller_name}."
        )
    if settings.operator_role == "helper":
        err.print(
            f"[yellow]Helper:[/yellow] objections are sent to {settings.controller_contact}."
        )
    if not settings.smtp_url:
        err.print(
            f"[yellow]No SMTP_URL:[/yellow] mail is written into "
            f"{_relative(settings.data_dir / 'mail')}."
        )


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what a person can do something about into one line, and exit 1."""
    from bot.objections.errors import ObjectionError

    try:
        yield
    except typer.Exit:
        # It is a RuntimeError as well, and has been told already.
        raise
    except (SettingsError, ValueError, OSError) as error:
        _stop(str(error))
    except ObjectionError as error:
        _stop(f"The database cannot be used ({error.code}).")
    except RuntimeError as error:
        _stop(str(error))


def _stop(sentence: str) -> NoReturn:
    err.print(f"[red]{_escaped(sentence)}[/red]", soft_wrap=True)
    raise typer.Exit(1)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _relative(path: Path) -> str:
    return os.path.relpath(path)
