"""Open, change and merge credit accounts as customers are registered, change and turn out to be one."""

from __future__ import annotations

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from finance.domain.credit_account import CreditAccount, News
from finance.storage.accounts import Accounts
from kit.database import Transaction


async def open_account(registered: CustomerRegistered, tx: Transaction) -> None:
    """A new customer has no limit set."""
    await Accounts(tx).add(CreditAccount.open(registered.customer_id, registered.currency), registered.name)


async def change_profile(changed: CustomerProfileChanged, tx: Transaction) -> None:
    """A merged customer has a name, but no account of its own any more."""
    accounts = Accounts(tx)
    account = await accounts.own(changed.customer_id)
    await accounts.rename(changed.customer_id, changed.name)
    if account is not None and account.currency != changed.currency:
        account.change_currency(changed.currency)
        await accounts.save(account)


async def merge_accounts(merged: CustomersMerged, tx: Transaction) -> tuple[News, ...]:
    """One account absorbs the other. The survivor may have been merged, too: mergers are heard of in any order."""
    accounts = Accounts(tx)
    gone = await accounts.own(merged.customer_id)
    if gone is None:
        return ()
    survivor = await accounts.of(merged.survivor_id)
    gone.limit = None
    gone.change_currency(survivor.currency)
    news = survivor.absorb(gone)
    await accounts.save(gone)
    await accounts.save(survivor)
    await accounts.move_to(survivor.customer_id, gone.customer_id)
    return news
