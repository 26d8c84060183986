"""What the texts of contacts teach: how words sound in this shop, and what people write about beside the shop's topics.

A logistic regression of the terms of starred reviews (`shared.domain.insight.tones`), fitted to the older four fifths
and checked on the newest fifth beside the list of English words that is used without it; and groups of texts that say
like words (spherical k-means; Dhillon and Modha 2001), with the words that set each apart. Of both, only what several
people have said is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit
from scipy.stats import rankdata

from functions.insight.seam import Data, Found, Real, Whole, Written
from shared.adapters import vader
from shared.domain.events import Instant
from shared.domain.insight.gates import Gate, first_closed
from shared.domain.insight.texts import FEW, LITTLE_WORDS, MANY, by_words, language_by
from shared.domain.insight.tones import Learnt, terms_of, tone_by, words_of
from shared.domain.insight.written import Group, Taught, WrittenFound

REVIEWS = 500
"""With many or few stars and words beside them, before they are learnt from."""
OF_EITHER = 50
"""Of them with few stars, and with many."""
PEOPLE = 5
"""So many have said a term, before it is kept: what fewer say may be somebody's name."""
CHECKED = 0.2
"""The share of reviews, the newest, on which it is checked."""
PENALTY = 1.0
"""Of the sum of squares of weights, halved."""

TEXTS = 100
"""Before they are put into groups; of a language OF_A_LANGUAGE, and so many people have to be behind a group."""
OF_A_LANGUAGE = 40
OF_A_GROUP = 10
MAX_GROUPS = 8
EVERYWHERE = 0.4
"""The share of texts above which a word sets none apart."""
WORDS, EXAMPLES = 5, 3
STARTS, ROUNDS = 8, 50


def work_out(data: Data) -> Found:
    written = data.written
    taught, learnt = _taught(written, data.at)
    found = WrittenFound(
        as_of=data.at, felt=dict(data.felt), taught=taught, groups=tuple(groups(written)), service=data.service
    )
    return Found(
        results={"written": found.model_dump(mode="json")},
        lists={"tones": None if learnt is None else learnt.model_dump(mode="json")},
    )


# ── how words sound ──


def _taught(written: Written, at: Instant) -> tuple[Taught, Learnt | None]:
    starred = np.flatnonzero((written.stars < FEW) | (written.stars > MANY))
    praised = written.stars[starred] > MANY
    few = int((~praised).sum())
    gates = (
        Gate(need=REVIEWS, have=len(starred), what="reviews with stars and words"),
        Gate(need=OF_EITHER, have=few, what="of them with one or two stars"),
        Gate(need=OF_EITHER, have=len(starred) - few, what="of them with four or five stars"),
    )
    if first_closed(gates) is not None:
        return Taught(gates=gates), None
    several = [written.text[each] for each in starred.tolist()]
    who = written.contact[starred]
    cut = len(several) - round(CHECKED * len(several))
    newest = praised[cut:]
    if len(set(praised[:cut].tolist())) < 2 or len(set(newest.tolist())) < 2:
        return Taught(gates=gates, checked=len(newest)), None
    before = learn(several[:cut], praised[:cut], who[:cut], at)
    by_list = by_words(vader.tone)
    model = auc([tone_by(before, each) for each in several[cut:]], newest)
    rule = auc([by_list(each) for each in several[cut:]], newest)
    taught = Taught(gates=gates, checked=len(newest), model=model, rule=rule)
    return taught, learn(several, praised, who, at) if taught.holds else None


def learn(several: Sequence[str], praised: NDArray[np.bool_], who: Whole, at: Instant) -> Learnt:
    """Of reviews, those with many stars `praised`, and by whom each is; there is one of either kind at least."""
    counted = [dict(terms_of(words_of(each))) for each in several]
    terms, idf, matrix = _weighed(counted, who)
    label = np.where(praised, 1.0, -1.0)
    of_its_kind = np.where(praised, praised.sum(), (~praised).sum())
    weight = len(several) / 2 / of_its_kind  # few stars are rare, and count as much as many

    def loss(found: Real) -> tuple[float, Real]:
        margin = label * (matrix @ found[:-1] + found[-1])
        slope = -weight * label * expit(-margin)
        worth = (weight * np.logaddexp(0, -margin)).sum() + PENALTY / 2 * (found[:-1] @ found[:-1])
        return float(worth), np.append(matrix.T @ slope + PENALTY * found[:-1], slope.sum())

    found = minimize(loss, np.zeros(len(terms) + 1), jac=True, method="L-BFGS-B").x
    return Learnt(
        at=at,
        reviews=len(several),
        bias=float(found[-1]),
        terms={
            term: (round(float(idf[number]), 4), round(float(found[number]), 4)) for number, term in enumerate(terms)
        },
    )


def _weighed(counted: Sequence[dict[str, int]], who: Whole) -> tuple[list[str], Real, csr_array]:
    """Terms that several people have said, the idf of each, and the texts as rows of length 1."""
    said_by: dict[str, set[int]] = defaultdict(set)
    for one, person in zip(counted, who.tolist(), strict=True):
        for term in one:
            said_by[term].add(person)
    terms = sorted(term for term, people in said_by.items() if len(people) >= PEOPLE)
    place = {term: number for number, term in enumerate(terms)}
    cells = [
        (row, place[term], 1 + np.log(n)) for row, one in enumerate(counted) for term, n in one.items() if term in place
    ]
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True)) if cells else np.empty((3, 0))
    in_texts = np.bincount(columns.astype(np.int64), minlength=len(terms))
    idf = np.log((1 + len(counted)) / (1 + in_texts)) + 1
    weights = values * idf[columns.astype(np.int64)]
    squares = np.bincount(rows.astype(np.int64), weights=weights**2, minlength=len(counted))
    weights /= np.sqrt(squares[rows.astype(np.int64)])
    shape = (len(counted), len(terms))
    return terms, idf, csr_array((weights, (rows.astype(np.int64), columns.astype(np.int64))), shape=shape)


def auc(told: Sequence[float | None], praised: NDArray[np.bool_]) -> float:
    """Of a review with many stars and one with few, how often the one with many sounds better. One of which nothing is
    told sounds like neither."""
    ranks = rankdata([0.0 if each is None else each for each in told])
    many = int(praised.sum())
    return float((ranks[praised].sum() - many * (many + 1) / 2) / (many * (len(praised) - many)))


# ── what they write about ──


def groups(written: Written) -> list[Group]:
    """The largest first; none where there are few texts, and none that ten people are not behind. Each is of one
    language: words of another set a group apart by being few, and would name it."""
    if len(written.text) < TEXTS or len(np.unique(written.contact)) < TEXTS // 2:
        return []
    said = [words_of(each) for each in written.text]
    counted = [{word: n for word, n in terms_of(words).items() if _tells(word)} for words in said]
    often: Counter[str] = Counter()
    for one in counted:
        often.update(one.keys())
    most = EVERYWHERE * len(counted)
    counted = [{word: n for word, n in one.items() if often[word] <= most} for one in counted]
    found = [
        each for rows in by_language(said) for each in _groups(written, rows, [counted[row] for row in rows.tolist()])
    ]
    return sorted(found, key=lambda each: -each.contacts)[:MAX_GROUPS]


def by_language(said: Sequence[Sequence[str]]) -> list[Whole]:
    """The texts of each language. One without little words is in the language that says its words most often."""
    told = [language_by(words) for words in said]
    texts, often = Counter(told), defaultdict[str, Counter[str]](Counter)
    for language, words in zip(told, said, strict=True):
        if language:
            often[language].update(set(words))
    for row, words in enumerate(said):
        shares = {each: sum(of[word] for word in set(words)) / texts[each] for each, of in often.items()}
        if not told[row] and any(shares.values()):
            told[row] = max(sorted(shares), key=lambda each: shares[each])
    languages = np.array(told)
    return [np.flatnonzero(languages == each) for each in sorted(set(told))]


def _groups(written: Written, rows: Whole, counted: Sequence[dict[str, int]]) -> list[Group]:
    """Of the texts of one language."""
    terms, _, matrix = _weighed(counted, written.contact[rows])
    kept = np.flatnonzero(np.diff(matrix.indptr) > 0)
    if len(kept) < OF_A_LANGUAGE:
        return []
    matrix = matrix[kept]
    which, centres = _together(matrix, min(MAX_GROUPS, max(2, isqrt(len(kept) // 20))))
    usual = np.asarray(matrix.mean(axis=0)).ravel()
    found = [
        _group(written, rows[kept[which == number]], matrix[which == number], centre, usual, terms)
        for number, centre in enumerate(centres)
    ]
    return [each for each in found if each.contacts >= OF_A_GROUP]


def _tells(term: str) -> bool:
    return " " not in term and len(term) >= 3 and term not in LITTLE_WORDS and not term.isdigit()


def _together(matrix: csr_array, number: int) -> tuple[Whole, Real]:
    """Which group each row is in, and their centres, of length 1: the best of several starts."""
    drawn = np.random.default_rng(len(matrix.indptr))  # the same texts are the same groups
    best: tuple[float, Whole, Real] | None = None
    for _ in range(STARTS):
        centres = matrix[drawn.choice(matrix.shape[0], number, replace=False)].toarray()
        which = np.full(matrix.shape[0], -1)
        for _ in range(ROUNDS):
            near = matrix @ centres.T
            before, which = which, near.argmax(axis=1)
            if (before == which).all():
                break
            member = csr_array((np.ones(len(which)), (which, np.arange(len(which)))), shape=(number, len(which)))
            sums = (member @ matrix).toarray()
            length = np.linalg.norm(sums, axis=1, keepdims=True)
            centres = np.where(length > 0, sums / np.where(length > 0, length, 1), centres)
        close = float(near.max(axis=1).sum())
        if best is None or close > best[0] + 1e-9:
            best = close, which, centres
    assert best is not None
    return best[1], best[2]


def _group(written: Written, texts: Whole, rows: csr_array, centre: Real, usual: Real, terms: Sequence[str]) -> Group:
    apart = np.asarray(rows.mean(axis=0)).ravel() - usual if len(texts) else usual
    words = [terms[each] for each in np.argsort(-apart, kind="stable")[:WORDS] if apart[each] > 0]
    stars = written.stars[texts]
    nearest: list[int] = []
    people: set[int] = set()
    for each in texts[np.argsort(-(rows @ centre), kind="stable")].tolist():
        if written.contact[each] not in people and len(nearest) < EXAMPLES:
            people.add(written.contact[each])
            nearest.append(each)
    return Group(
        words=tuple(words),
        contacts=len(np.unique(written.contact[texts])),
        texts=len(texts),
        starred=int(np.isfinite(stars).sum()),
        unhappy=int((stars < FEW).sum()),
        examples=tuple((written.who[each], written.event[each]) for each in nearest),
    )
