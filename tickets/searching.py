"""Finding words in the titles of tickets, whatever the case, and wherever in the title they stand.

On PostgreSQL trigrams answer (migration 0012), so that no search reads all tickets. A trigram is made of three letters,
and Japanese has many a word of two: for those a second index has every letter twice, as 会議 is found in 会会議議. One
letter alone is in nearly every title and needs no index to be found.
"""

from django.db import connection
from django.db.models import CharField, F, Func, Q, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Contains

PAIR = 2


class EachLetterTwice(Func):
    # As the index has it, letter by letter.
    template = r"regexp_replace(%(expressions)s, '(.)', '\1\1', 'g')"
    output_field = CharField()


def title_holds(words: str) -> Q:
    """Tickets whose title has `words` in it."""
    found = Q(title__icontains=words)
    if connection.vendor == "postgresql" and len(words) == PAIR and words.isalnum():
        twice = Value("".join(letter * 2 for letter in words))
        return found & Q(Contains(EachLetterTwice(Upper(F("title"))), Upper(twice)))
    return found
