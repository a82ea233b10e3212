"""Grant a customer a credit limit, or none."""

from __future__ import annotations

from contracts.finance import CreditLimitCleared
from contracts.ids import CustomerId
from contracts.values import Money
from finance.domain.credit_account import News
from finance.storage.accounts import Accounts
from kit.database import Transaction
from kit.executor import Command


class SetCreditLimit(Command):
    """`limit` null: the customer may owe any amount. Zero: it buys prepaid only. Orders that wait may fit now."""

    customer_id: CustomerId
    limit: Money | None


async def set_credit_limit(command: SetCreditLimit, tx: Transaction) -> tuple[News, ...]:
    accounts = Accounts(tx)
    account = await accounts.of(command.customer_id, command.expected_version)
    news = account.set_limit(command.limit)
    await accounts.save(account)
    return tuple(sorted(news, key=lambda each: isinstance(each, CreditLimitCleared)))
