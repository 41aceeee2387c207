"""Checkout, version 43."""

from bot.playground.service.shop import Order, Outcome, Shop

RECEIPT_BYTES = 600_000
KEPT = 225

RECEIPTS: dict[str, bytes] = {}


async def checkout(order: Order, shop: Shop) -> Outcome:
    """Saves the order, charges the card, and records how it went."""
    connection = await shop.pool.acquire()
    try:
        await connection.execute("INSERT INTO orders VALUES (?, ?, 'new')", order.id, order.cents)
        charged = await shop.gateway.charge(order)
        if charged:
            await connection.execute("UPDATE orders SET state = 'paid' WHERE id = ?", order.id)
            RECEIPTS[order.id] = b"%" * RECEIPT_BYTES
            if len(RECEIPTS) > KEPT:
                del RECEIPTS[next(iter(RECEIPTS))]
        else:
            await connection.execute("UPDATE orders SET state = 'declined' WHERE id = ?", order.id)
    finally:
        shop.pool.release(connection)
    return Outcome(200, "order paid") if charged else Outcome(402, "card declined")
