"""Reading a YAML file that people may have written: whatever is wrong is said with its line, and nothing is executed.

Only plain nodes are looked at, never the objects YAML could make of them; aliases and deep nesting, by which a small
file can become a huge one, are refused.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import yaml
from django.utils.translation import gettext as _
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LARGEST = 1024 * 1024  # bytes
DEEPEST = 12
MOST_PROBLEMS = 30
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Problem:
    """`line` counts from 1; 0 is the file as a whole."""

    line: int
    reason: str

    def __str__(self):
        return (
            _("Line %(line)d: %(reason)s") % {"line": self.line, "reason": self.reason}
            if self.line
            else self.reason
        )


class Refused(Exception):
    """The file is refused whole, for its `problems`."""

    def __init__(self, problems: list[Problem]):
        super().__init__(problems)
        self.problems = problems


def compose(data: bytes) -> Node:
    """The root node of the one document in `data`. Raises Refused."""
    if len(data) > LARGEST:
        raise Refused([Problem(0, _("The file is larger than 1 MB."))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([Problem(0, _("The file is no text in UTF-8."))]) from None
    try:
        _refuse_bombs(text)
        root = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise Refused([_syntax(error)]) from error
    if root is None:
        raise Refused([Problem(0, _("The file is empty."))])
    return root


def _refuse_bombs(text):
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise Refused(
                [Problem(line_of(event), _("Aliases (*name) are not understood here: write it out."))]
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Refused([Problem(line_of(event), _("This is nested too deeply."))])


def _syntax(error):
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    return Problem(mark.line + 1 if mark else 0, _("This is no YAML: %(problem)s.") % {"problem": problem})


def line_of(node) -> int:
    return node.start_mark.line + 1


@dataclass
class Reading:
    """Takes values out of nodes and notes what is wrong with them; what could not be read is None or left out."""

    problems: list[Problem] = field(default_factory=list)

    def note(self, node, reason: str) -> None:
        self.problems.append(Problem(node if isinstance(node, int) else line_of(node), reason))

    def refuse_problems(self) -> None:
        if self.problems:
            raise Refused(sorted(self.problems, key=lambda one: one.line)[:MOST_PROBLEMS])

    def mapping(self, node: Node, known: Collection[str], what: str) -> dict[str, Node]:
        """{key: node}; a key that is not `known`, or stands twice, is noted. `what` names the whole."""
        if not isinstance(node, MappingNode):
            self.note(node, _("“%(what)s” must be a list of “key: value”.") % {"what": what})
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if name not in known:
                self.note(key, _("“%(key)s” is not known in “%(what)s”.") % {"key": name, "what": what})
            elif name in found:
                self.note(key, _("“%(key)s” stands here twice.") % {"key": name})
            else:
                found[name] = value
        return found

    def items(self, node: Node, what: str) -> list[Node]:
        if not isinstance(node, SequenceNode):
            self.note(node, _("“%(what)s” must be a list, each entry after a “-”.") % {"what": what})
            return []
        return node.value

    def text(self, node: Node, what: str) -> str | None:
        if not isinstance(node, ScalarNode) or is_nothing(node):
            self.note(node, _("“%(what)s” must be a text.") % {"what": what})
            return None
        if not _can_be_stored(node.value):
            self.note(node, _("“%(what)s” holds a character that no text may hold.") % {"what": what})
            return None
        return node.value.strip()

    def flag(self, node: Node, what: str) -> bool | None:
        value = FLAGS.get(node.value.lower()) if isinstance(node, ScalarNode) else None
        if value is None:
            self.note(node, _("“%(what)s” must be true or false.") % {"what": what})
        return value

    def one_of(self, node: Node, choices: Collection[str], what: str) -> str | None:
        value = self.text(node, what)
        if value is None or value in choices:
            return value
        self.note(
            node,
            _("“%(value)s” is not known as “%(what)s”: it may be %(choices)s.")
            % {"value": value[:100], "what": what, "choices": ", ".join(choices)},
        )
        return None

    def some_of(self, node: Node, choices: Collection[str], what: str) -> list[str]:
        found = [self.one_of(one, choices, what) for one in self.items(node, what)]
        return [one for one in dict.fromkeys(found) if one is not None]


def is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _can_be_stored(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
