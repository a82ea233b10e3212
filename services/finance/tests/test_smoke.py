from decimal import Decimal
from contracts.finance import *
from contracts.order import *
from testkit import ServiceUnderTest
from contracts.ids import new_id
import importlib.util, sys, pathlib

spec = importlib.util.spec_from_file_location("a_business", pathlib.Path(__file__).parent / "a_business.py")
m = importlib.util.module_from_spec(spec)
sys.modules["a_business"] = m
spec.loader.exec_module(m)
from a_business import *


async def test_loop(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("1000.00")
    placed = acme.order()
    print(names(await finance_service.receives(placed)))
    ev = await finance_service.receives(shipped(placed), times=3)
    print(names(ev))
    inv = only(ev, InvoiceIssued)
    print(inv)
    a = await acme.pays("119.00")
    print(a.status_code, a.text)
    print(names(await finance_service.receives(closed(placed))))
    p2 = acme.order(prepaid=True)
    print(names(await finance_service.receives(p2)))
    a = await acme.pays("119.00", order_id=p2.order_id)
    print(a.status_code, a.text)
    print(names(await finance_service.receives(shipped(p2))))
    p3 = acme.order(prepaid=True)
    await finance_service.receives(p3)
    a = await acme.pays("119.00", order_id=p3.order_id)
    print(a.status_code, a.text)
    print(names(await finance_service.receives(cancelled(p3))))
    p = await finance_service.post(f"/invoices/{inv.invoice_id}/credit-notes", {"reason": "broken"})
    print(p.status_code, p.text)
    p = await finance_service.post(
        f"/payments/{(await acme.pays('5')).json()['payment_id']}/refunds", {"reason": "broken"}
    )
    print(p.status_code, p.text)
    for path in (f"/credit-accounts/{acme.customer_id}", "/credit-accounts?state=ok", f"/invoices?overdue=false&customer_id={acme.customer_id}", "/invoices?overdue=true", f"/invoices/{inv.invoice_id}", f"/payments?invoice_id={inv.invoice_id}", "/payments?unallocated=true&status=received", "/credit-notes", "/refunds", "/ledger/entries?account=cash", f"/ledger/entries?customer_id={acme.customer_id}&limit=2&posted_until=2027-01-01&posted_from=2026-01-01", "/ledger/trial-balance","/ledger/trial-balance?until=2030-01-01", "/ledger/proof", f"/orders/{placed.order_id}/margin"):
        r = await finance_service.http.get(path, headers=finance_service._headers("reader", None))
        print(path, r.status_code, r.text[:700])
