"""The index of titles and texts, kept in step by the database itself whatever writes to `articles`.

SQLite: the FTS5 table `articles_fts` and triggers. PostgreSQL: the generated column
`articles.search`, by the configuration of the article's language. Both fold diacritics of Latin
letters, and no word is too common to be found. Asked by `archive.search`.
"""

from __future__ import annotations

from sqlalchemy import Connection

FTS_TABLE = "articles_fts"
"""Its shadow tables begin with this too."""

TOKENIZE = "tokenize='unicode61 remove_diacritics 2'"
LANGUAGES = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""ISO 639-1 codes of what PostgreSQL can stem."""

# The prefix index is for the shortest beginnings that a query may have.
_SQLITE = (
    f"""CREATE VIRTUAL TABLE {FTS_TABLE} USING fts5(
        title, text, content='articles', content_rowid='id',
        prefix='3', {TOKENIZE})""",
    f"""CREATE TRIGGER {FTS_TABLE}_insert AFTER INSERT ON articles BEGIN
        INSERT INTO {FTS_TABLE} (rowid, title, text) VALUES (new.id, new.title, new.text);
    END""",
    f"""CREATE TRIGGER {FTS_TABLE}_delete AFTER DELETE ON articles BEGIN
        INSERT INTO {FTS_TABLE} ({FTS_TABLE}, rowid, title, text)
        VALUES ('delete', old.id, old.title, old.text);
    END""",
    f"""CREATE TRIGGER {FTS_TABLE}_update AFTER UPDATE OF title, text ON articles
    WHEN old.title IS NOT new.title OR old.text IS NOT new.text BEGIN
        INSERT INTO {FTS_TABLE} ({FTS_TABLE}, rowid, title, text)
        VALUES ('delete', old.id, old.title, old.text);
        INSERT INTO {FTS_TABLE} (rowid, title, text) VALUES (new.id, new.title, new.text);
    END""",
)

_STEMMERS = "".join(
    f"""
    CREATE TEXT SEARCH DICTIONARY kliping_{name}_stem (TEMPLATE = snowball, LANGUAGE = {name});
    CREATE TEXT SEARCH CONFIGURATION kliping_{name} (COPY = pg_catalog.simple);
    ALTER TEXT SEARCH CONFIGURATION kliping_{name} ALTER MAPPING
        FOR asciiword, word, numword WITH kliping_{name}_stem;"""
    for name in LANGUAGES.values()
)
"""Like PostgreSQL's own, but without stop words: phrases may be made of them."""

_CHOICE = " ".join(
    f"WHEN '{code}' THEN 'kliping_{name}'::regconfig" for code, name in LANGUAGES.items()
)

_POSTGRESQL = (
    _STEMMERS,
    f"""CREATE FUNCTION kliping_config(language text) RETURNS regconfig
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN CASE language {_CHOICE} ELSE 'simple'::regconfig END""",
    # Words are runs of letters and digits, as for FTS5: no addresses, no compounds, no signs.
    r"""CREATE FUNCTION kliping_fold(text text) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN regexp_replace(
        normalize(regexp_replace(normalize(text, NFD), '([A-Za-z])[\u0300-\u036f]+', '\1', 'g')),
        '[\u0001-/:-@\[-`{-\u007e\u00a0-\u00a9\u00ab-\u00b1\u2000-\u206f]+', ' ', 'g')""",
    # The words of a query in each language's form, since an article may be in any.
    r"""CREATE FUNCTION kliping_query(words text, labels text) RETURNS tsquery
    STABLE PARALLEL SAFE LANGUAGE sql
    RETURN (
        SELECT coalesce(string_agg(DISTINCT '(' || regexp_replace(
            form::text, '''([^'']+)''', '''\1''' || labels, 'g') || ')', ' | '), '')::tsquery
        FROM (
            SELECT phraseto_tsquery(oid::regconfig, kliping_fold(words)) AS form
            FROM pg_ts_config WHERE cfgname = 'simple' OR starts_with(cfgname, 'kliping_')
        ) AS forms
        WHERE numnode(form) > 0
    )""",
    # A tsvector holds 1 MB at most.
    """ALTER TABLE articles ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector(kliping_config(language), kliping_fold(coalesce(title, ''))), 'A')
        || to_tsvector(kliping_config(language), kliping_fold(left(text, 250000)))
    ) STORED""",
    "CREATE INDEX ix_articles_search ON articles USING gin (search)",
)


def create_index(connection: Connection) -> None:
    """Make the index; what `articles` holds already is not in it on SQLite."""
    statements = _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE
    for statement in statements:
        connection.exec_driver_sql(statement)


def purge_index(connection: Connection) -> None:
    """Leave nothing in SQLite's index of texts that were deleted or changed.

    FTS5 only marks what is deleted, until it merges the parts of its index.
    """
    connection.exec_driver_sql(f"INSERT INTO {FTS_TABLE} ({FTS_TABLE}) VALUES ('optimize')")
