"""Checkout: one order, one charge."""

from bot.playground.service.shop import Order, Outcome, Shop


async def checkout(order: Order, shop: Shop) -> Outcome:
    """Saves the order, charges the card, and records how it went."""
    connection = await shop.pool.acquire()
    try:
        await connection.execute("INSERT INTO orders VALUES (?, ?, 'new')", order.id, order.cents)
        charged = await shop.gateway.charge(order)
        if charged:
            await connection.execute("UPDATE orders SET state = 'paid' WHERE id = ?", order.id)
    except BaseException:
        shop.pool.release(connection)
        raise
    if not charged:
        shop.pool.release(connection)
        return Outcome(402, "card declined")
    shop.pool.release(connection)
    return Outcome(200, "order paid")
