"""What a command takes, read from a typed method.

Options are declared once: type, default and help of each are written on the method of `lineage.Lineage`, as
`Annotated[TYPE, Param(...)]`. The command line, `lineage explore` and the tables of the documentation are made from
them.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, TypeVar, cast, get_args, get_origin

if TYPE_CHECKING:
    from lineage.questions.shared.models import Model
    from lineage.stores.completion import Kind

REQUIRED: Final = inspect.Parameter.empty
"""The default of a parameter that has none."""
Method = TypeVar("Method", bound=Callable[..., Any])
Panel = Literal[
    "Start here", "The chain", "Sessions", "Habits", "Reach", "Whole store", "Pictures", "Service",
]  # fmt: skip
PANELS: Final[tuple[Panel, ...]] = get_args(Panel)
"""The groups of commands, in the order of the help."""


class Param(NamedTuple):
    """How a parameter of a method is typed on the command line.

    Positional parameters are arguments there, keyword-only parameters are options.
    """

    help: str
    """One sentence or phrase, without the default."""
    metavar: str | None = None
    """The placeholder of the value in the help; none for a switch."""
    flags: tuple[str, ...] = ()
    """Spellings of the option; without them its name: `min_depth` is `--min-depth`."""
    min: int | None = None
    max: int | None = None
    many: bool = False
    """May it be given several times? The method then takes a list."""
    completes: "Kind | Callable[[], Iterable[str]] | None" = None
    """What a shell offers: names of that kind in the store, or some values."""
    files: Callable[[str], Iterable[str]] | None = None
    """Returns the files that a value names, where the question reads files."""


class Parameter(NamedTuple):
    """One parameter of a method."""

    name: str
    type: type[str] | type[int] | type[bool]
    """Type of one value, as it is typed on the command line."""
    default: object
    """`REQUIRED` where it has to be given."""
    positional: bool
    param: Param

    @property
    def flags(self) -> tuple[str, ...]:
        """Spellings of the option; each alone, so that a switch has no `--no-…`."""
        return self.param.flags or (f"--{self.name.replace('_', '-')}",)

    def files(self, value: object) -> Iterable[str]:
        """The files that a value of this parameter names."""
        if self.param.files is None or value is None:
            return ()
        values = value if isinstance(value, (list, tuple)) else [value]
        return [file for one in values for file in self.param.files(str(one))]


class Command(NamedTuple):
    """A method as a command."""

    name: str
    """As it is typed: `cross-account`."""
    method: str
    help: str
    """The first paragraph of the method's docstring."""
    examples: tuple[str, ...]
    """Arguments of examples that run on the incident in `examples/`."""
    panel: Panel
    """The group of commands that it belongs to in the help."""
    parameters: tuple[Parameter, ...]

    @property
    def stem(self) -> str:
        """The name of the question, as answers give it: `cross_account`."""
        return self.name.replace("-", "_")

    def ask(self, store: object, arguments: Mapping[str, object]) -> "Model":
        """The answer of the method of an open store. Raises `LineageError`."""
        return cast("Model", getattr(store, self.method)(**arguments))


def question(*examples: str, panel: Panel) -> Callable[[Method], Method]:
    """Mark a method as a question: it answers with a model, from one state of the store, and the command of its name
    asks it.

    `examples` are arguments that run on the incident in `examples/`; `panel` is its group in the help.
    """

    def mark(method: Method) -> Method:
        @functools.wraps(method)
        def ask(self: Any, *given: Any, **options: Any) -> Any:  # Any: of any method
            with self.reading():
                return method(self, *given, **options)

        ask.examples, ask.panel = examples, panel  # type: ignore[attr-defined]  # functions take attributes
        return cast("Method", ask)

    return mark


def command_of(method: Callable[..., object], *examples: str, panel: Panel = "Service") -> Command:
    """The command of a method; parameters without `Param` are for Python alone.

    >>> def old_keys(*, days: Annotated[int, Param("Number of days without use.", "N", min=1)] = 90) -> "OldKeys":
    ...     "List access keys that have not been used for some time."
    >>> command = command_of(old_keys)
    >>> command.name, [(one.name, one.type, one.default) for one in command.parameters]
    ('old-keys', [('days', <class 'int'>, 90)])
    """
    paragraph = (inspect.getdoc(method) or "").split("\n\n")[0]
    return Command(
        name=method.__name__.rstrip("_").replace("_", "-"),
        method=method.__name__,
        help=" ".join(paragraph.split()),
        examples=examples or getattr(method, "examples", ()),
        panel=getattr(method, "panel", panel),
        parameters=tuple(_parameters(method)),
    )


def questions_of(owner: type) -> dict[str, Command]:
    """The questions of a class by the name of their command: panel by panel, in the order of its methods."""
    methods = [one for one in vars(owner).values() if inspect.isfunction(one) and hasattr(one, "examples")]
    commands = sorted(map(command_of, methods), key=lambda command: PANELS.index(command.panel))
    return {command.name: command for command in commands}


def _parameters(method: Callable[..., object]) -> Iterable[Parameter]:
    for one in inspect.signature(method).parameters.values():
        if get_origin(one.annotation) is Annotated:
            kind, param = get_args(one.annotation)[:2]
            kinds = {kind, *get_args(kind)}
            yield Parameter(
                name=one.name,
                type=bool if bool in kinds else int if int in kinds else str,
                default=one.default,
                positional=one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD,
                param=param,
            )
