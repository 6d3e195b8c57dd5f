"""The stems of words, so that a search finds all forms of a word.

For words of articles and of queries as `archive.index.analysis` has them: in lower case, Latin
letters without diacritics. A stem need not be a word: what counts is that the
forms of a word share it, and that other words do not. Indonesian and Malay are stemmed by Sastrawi,
all other languages by Snowball.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from Sastrawi.Stemmer.Stemmer import Stemmer as Sastrawi
    from Stemmer import Stemmer as Snowball

STEMMED_LANGUAGES = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ms": "indonesian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""ISO 639-1 codes of what can be stemmed, with the names of PyStemmer's algorithms."""

MAX_STEMMED_LETTERS = 40
"""Most letters of a word that is stemmed; longer ones are addresses or errors."""

NOT_ROOTS = frozenset(
    """
    abar acau adang agam agens ambi ampo apakah asa asai awat bajar ban bar bas bel beril capa culi
    dar delap diskus dur ecek encang ering gari gera gundu hun ira kak kam kebaji keburu kece kecek
    kelulus keri kes kesiap lang lap lidi limut luk madam man manah mang mangkas mejam mek melambang
    meni mentas merang mes mesan meta milu muas mungut mute mutih nal nali nang nila nipis paja pasu
    pasuk pejal pek perban pes rang rap rurut sal sali sampa santa sekal seko sidi simpat sin sunti
    talib tang terna ting tip tri unjung usak
    """.split()  # noqa: SIM905 - many words
)
"""Words of Sastrawi's dictionary that are rare, and taken for the root of common words:
`memangkas` is of `pangkas`, not of `mangkas`. Most of them stay as they are themselves."""

MORE_ROOTS = frozenset(
    """
    balangan banggai bangkalan bekasi bengkalis berau covid kediri kejagung kinerja kutai labuan
    maluku mekkah merangin milan musi pasukan pekalongan pemalang pemilu penajam persebaya pesawaran
    pilkada pilpres relawan rerumputan reruntuhan selayar setuju tabanan taliban tarakan temanggung
    """.split()  # noqa: SIM905 - many words
)
"""Words that Sastrawi's dictionary lacks and that look like forms of others, or whose forms do."""

FORMS = {
    "acuan": "acu",
    "aduan": "adu",
    "akui": "aku",
    "berkelahi": "kelahi",
    "dianalisis": "analisis",
    "disetujui": "setuju",
    "ejaan": "eja",
    "isian": "isi",
    "iuran": "iur",
    "menangis": "tangis",
    "menganalisis": "analisis",
    "menyetujui": "setuju",
    "nangis": "tangis",
    "pelukis": "lukis",
    "pemanis": "manis",
    "selangkah": "langkah",
    "terpaku": "paku",
    "tumpukan": "tumpuk",
    "ujian": "uji",
}
"""Forms whose root Sastrawi misses whatever its dictionary has."""

_AFFIX = re.compile(
    "^(?:be|te|me|pe|di|ke|se|ku|kau)|(?:lah|kah|tah|pun|ku|mu|nya|is|isme|isasi|i|an)$"
)
"""Affixes that Sastrawi removes: a word without any of them is its own stem."""
_LOOSE_ENDINGS = frozenset(["i", "an", "is", "isme"])

_PREFIX_RULES = {
    "be": range(1, 6),
    "te": [*range(6, 10), 35],
    "me": range(10, 20),
    "pe": [*range(20, 35), 36],
    "ku": [41],
    "ka": [42],
}
"""The numbers of Sastrawi's rules that may apply to words with these first letters, in their order.
Rules 37 to 40, of infixes, are not among them."""

_of_thread = threading.local()


@dataclass(frozen=True, slots=True)
class _Roots:
    """The interface of Sastrawi's dictionary, which is slower to fill itself."""

    words: Set[str]

    def contains(self, word: str) -> bool:
        return word in self.words


@lru_cache(maxsize=1 << 17)
def stem_term(word: str, language: str | None) -> str:
    """Return the stem of a word as a term of the index, after its language.

    >>> stem_term("pertumbuhan", "id")
    'id:tumbuh'
    """
    return f"{language}:{stem(word, language)}"


def stem(word: str, language: str | None) -> str:
    """Return the stem of a folded word; the word itself where its language has no stemmer.

    Safe in threads.

    >>> stem("pertumbuhan", "id"), stem("running", "en"), stem("running", None)
    ('tumbuh', 'run', 'running')
    """
    algorithm = STEMMED_LANGUAGES.get(language or "")
    if algorithm is None or len(word) > MAX_STEMMED_LETTERS:
        return word
    if algorithm == "indonesian":
        return _indonesian(word)
    try:
        return str(_snowball(algorithm).stemWord(word))
    except UnicodeEncodeError:  # half of a surrogate pair
        return word


def _indonesian(word: str) -> str:
    if not (word.isascii() and word.isalpha()):
        return word
    if word in FORMS:
        return FORMS[word]
    sastrawi = _sastrawi()
    # The same as Sastrawi would, at a hundredth of its cost.
    if not _AFFIX.search(word) or sastrawi.dictionary.contains(word):
        return word
    root = str(sastrawi.stem_singular_word(word))
    if len(root) <= 3 and word.startswith(root) and word[len(root) :] in _LOOSE_ENDINGS:
        return word  # mostly a name: Bali is not of bal, nor Susan of sus
    # Nouns end in -an and never in -kan: kerusakan is of rusak, and not of rusa.
    is_noun = word.startswith(("ke", "pe")) and word.endswith(root[1:] + "kan")
    return root + "k" if is_noun and sastrawi.dictionary.contains(root + "k") else root


@cache
def _sastrawi() -> Sastrawi:
    """Sastrawi's stemmer without its unbounded cache and without its rules for infixes.

    It keeps nothing of a word, so all threads may share it. Infixes are in a few words that mean
    something else than their roots, and the rules take them from others: `relawan` is not of
    `rawan`.
    """
    from Sastrawi.Stemmer.Stemmer import Stemmer as Sastrawi  # noqa: PLC0415 - reads a dictionary
    from Sastrawi.Stemmer.StemmerFactory import StemmerFactory  # noqa: PLC0415

    words = set(StemmerFactory().get_words())
    words -= NOT_ROOTS
    words |= MORE_ROOTS
    words.discard("")
    sastrawi = Sastrawi(_Roots(words))
    plain, *visitors = sastrawi.visitor_provider.prefix_visitors
    by_number = {_rule_number(visitor): visitor.disambiguators for visitor in visitors}
    rules = {
        letters: [by_number[number] for number in numbers if number in by_number]
        for letters, numbers in _PREFIX_RULES.items()
    }
    sastrawi.visitor_provider.prefix_visitors[:] = [plain, _PrefixRules(rules)]
    return sastrawi


class _PrefixRules:
    """A visitor that applies the first rule for a prefix that fits.

    Sastrawi has a visitor for each rule, tries all of them on each word, and compiles a regular
    expression of each result: that takes five times as long.
    """

    def __init__(self, rules: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        self._rules = rules

    def visit(self, context: Any) -> None:
        from Sastrawi.Stemmer.Context.Removal import Removal  # noqa: PLC0415 - with Sastrawi

        word = context.current_word
        for variants in self._rules.get(word[:2], ()):
            root = None
            for variant in variants:
                root = variant.disambiguate(word)
                if context.dictionary.contains(root):
                    break
            if root is not None:
                context.add_removal(Removal(self, word, root, "", "DP"))
                context.current_word = root
                return


def _rule_number(visitor: Any) -> int:
    name = type(visitor.disambiguators[0]).__name__  # such as DisambiguatorPrefixRule17a
    return int(name.removeprefix("DisambiguatorPrefixRule").rstrip("abcd"))


def _snowball(algorithm: str) -> Snowball:
    """The thread's own stemmer: no two threads may use one at a time."""
    from Stemmer import Stemmer as Snowball  # noqa: PLC0415 - may be unused

    stemmers: dict[str, Snowball] = _of_thread.__dict__.setdefault("stemmers", {})
    if algorithm not in stemmers:
        stemmers[algorithm] = Snowball(algorithm, 0)  # keeps no stems: `stem` does
    return stemmers[algorithm]
