"""From the files of a source to a checked batch; what cannot come in is refused here, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from orderloop.importing import documents, masters
from orderloop.importing.cells import Cells
from orderloop.importing.mapping import Mapping, Refusing, Rule
from orderloop.importing.matching import match
from orderloop.importing.records import Batch, Record, Refusal
from orderloop.importing.tables import Row, Table, Tables, read_table
from orderloop.importing.troubles import MappingMalformed, RowRefused
from orderloop.importing.values import holds, text_of

R = TypeVar("R", bound=Record)
L = TypeVar("L", bound=Rule)


def read(mapping: Mapping, folder: Path) -> Batch:
    """All that the source brings, and all that it cannot bring with the reason."""
    refusals: list[Refusal] = []
    tables = {
        name: _read_file(name, mapping, folder, refusals) for name in mapping.files if name not in mapping.left_out
    }
    return Reader(mapping, tables, Batch(refusals=refusals, left_out=dict(mapping.left_out))).read()


def _read_file(name: str, mapping: Mapping, folder: Path, refusals: list[Refusal]) -> Table:
    file = mapping.files[name]
    table = read_table(name, folder / file.path, delimiter=file.delimiter, encoding=file.encoding)
    if file.exact_duplicates == "keep":
        return table
    first: dict[tuple[str, ...], Row] = {}
    for row in table.rows:
        seen = first.setdefault(tuple(row.cells.values()), row)
        if seen is not row:
            detail = f"the same as row {seen.number}"
            refusals.append(Refusal("row", "", name, row.number, "exact duplicate of another row", detail))
    return Table(name, list(first.values()))


@dataclass
class Reader:
    """Applies the rules of a mapping in the order in which things refer to each other."""

    mapping: Mapping
    tables: Tables
    batch: Batch
    touched: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    """Per file the rows that some rule took or refused."""

    @cached_property
    def told_by_documents(self) -> set[str]:
        """Files with documents, which name customers and items only in passing."""
        mapping = self.mapping
        rules = [*mapping.customers, *mapping.items, *mapping.opportunities, *mapping.orders, *mapping.payments]
        rules += [*mapping.adjustments, *mapping.returns, *mapping.complaints]
        lines = [line for rule in (*mapping.opportunities, *mapping.orders) for line in rule.lines]
        return {rule.rows_of for rule in rules if not rule.once} | {line.rows_of for line in lines if line.rows_of}

    def read(self) -> Batch:
        mapping, batch = self.mapping, self.batch
        self._each(mapping.customers, "customer", batch.customers, masters.customer(mapping))
        self._each(mapping.items, "item", batch.items, masters.item())
        self._parents()
        self._documents()
        self._each(mapping.payments, "payment", batch.payments, documents.payment(batch))
        self._each(mapping.adjustments, "adjustment", batch.adjustments, documents.adjustment(batch))
        self._each(mapping.returns, "return", batch.returns, documents.returned(batch))
        match(batch)
        self._each(mapping.complaints, "complaint", batch.complaints, documents.complaint(batch))
        self._stock()
        self._untouched()
        return batch

    def _documents(self) -> None:
        for rule in self.mapping.opportunities:
            self._take(rule, "opportunity", self.batch.opportunities, documents.opportunity(self, rule))
        for rule in self.mapping.orders:
            self._take(rule, "order", self.batch.orders, documents.order(self, rule), grouped=rule.grouped)

    def _each(self, rules: Sequence[L], what: str, found: dict[str, R], make: Callable[[L, str, Cells], R]) -> None:
        for rule in rules:
            self._take(rule, what, found, lambda key, rows, rule=rule: make(rule, key, self.cells(rows[0])))

    def _take(
        self,
        rule: Rule,
        what: str,
        found: dict[str, R],
        make: Callable[[str, list[Row]], R],
        *,
        grouped: bool = False,
    ) -> None:
        for key, rows in self._keyed(rule, what, grouped):
            if key in found:
                if not rule.once:
                    self.refuse(what, key, rows[0], RowRefused("its key was there before", key))
                continue
            try:
                found[key] = make(key, rows)
            except RowRefused as refusal:
                self.refuse(what, key, rows[0], refusal)

    def _keyed(self, rule: Rule, what: str, grouped: bool) -> Iterator[tuple[str, list[Row]]]:
        groups: dict[str, list[Row]] = {}
        for row in self.rows(rule, what):
            key = text_of(rule.key, row, self.tables)
            if not key:
                self.refuse(what, "", row, RowRefused("its key is missing"))
            elif grouped:
                groups.setdefault(key, []).append(row)
            else:
                yield key, [row]
        yield from groups.items()

    def rows(self, rule: Rule, what: str) -> Iterator[Row]:
        """The rows that the rule is about, without those that it refuses."""
        touched = self.touched.setdefault(self._table(rule.rows_of).name, set())
        in_passing = rule.once and rule.rows_of in self.told_by_documents
        for row in self._table(rule.rows_of).rows:
            if holds(rule.when, row, self.tables):
                if not in_passing:
                    touched.add(row.number)
                if self.passes(rule.refuse, what, "", row):
                    yield row

    def passes(self, refuse: Iterable[Refusing], what: str, key: str, row: Row) -> bool:
        """Whether none of these refuses the row; the first that does is noted."""
        reason = next((each.reason for each in refuse if holds(each.when, row, self.tables)), None)
        if reason is not None:
            self.refuse(what, key, row, RowRefused(reason))
        return reason is None

    def rows_of(self, name: str, by: str, key: str) -> list[Row]:
        """The rows of another file that belong to a document."""
        found = self._table(name).where(by, key)
        self.touched.setdefault(name, set()).update(row.number for row in found)
        return found

    def cells(self, row: Row) -> Cells:
        return Cells(row, self.tables, self.mapping.date_formats)

    def refuse(self, what: str, key: str, row: Row, refusal: RowRefused) -> None:
        self.batch.refusals.append(Refusal(what, key, row.table, row.number, refusal.reason, refusal.detail))

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            raise MappingMalformed(f"a rule reads {name!r}, which is not among the files of the mapping")
        return self.tables[name]

    def _parents(self) -> None:
        for customer in list(self.batch.customers.values()):
            if customer.parent and customer.parent not in self.batch.customers:
                detail = f"there is no customer {customer.parent}"
                self._drop(self.batch.customers, "customer", customer, "its parent is unknown", detail)

    def _drop(self, found: dict[str, R], what: str, record: R, reason: str, detail: str) -> None:
        del found[record.key]
        self.batch.refusals.append(Refusal(what, record.key, record.table, record.row, reason, detail))

    def _stock(self) -> None:
        """What all orders, won opportunities and losses take, and some more."""
        needed: dict[str, Decimal] = {}
        sold = [line for order in self.batch.orders.values() for line in order.lines]
        sold += [line for each in self.batch.opportunities.values() if each.outcome == "won" for line in each.lines]
        for line in sold:
            needed[line.item] = needed.get(line.item, Decimal(0)) + line.quantity
        for each in self.batch.adjustments.values():
            needed[each.item] = needed.get(each.item, Decimal(0)) + max(-each.quantity, Decimal(0))
        percent = self.mapping.stock.cover_percent
        goods = {key: number for key, number in needed.items() if number and self.batch.items[key].kind == "goods"}
        cover = {key: (number * percent / 100).to_integral_value(ROUND_CEILING) for key, number in goods.items()}
        self.batch.stock = {key: number for key, number in cover.items() if number > 0}

    def _untouched(self) -> None:
        """Rows that no rule speaks of are told, too: nothing gets lost in silence."""
        for name, numbers in self.touched.items():
            left = [row for row in self.tables[name].rows if row.number not in numbers]
            reason = self.mapping.files[name].rest
            if left and reason:
                self.batch.left_out[f"{len(left):,} rows of {name}"] = reason
            for row in () if reason else left:
                self.refuse("row", "", row, RowRefused("no rule of the mapping takes it"))
