namespace Orders.Tools.Publish;

/// <summary>
/// Made-up orders with what else comes in a real topic between them: records that cannot be stored, repetitions, changes and removals of
/// earlier orders. The same for the same seed and shares; with no shares exactly the orders of the seed.
/// </summary>
internal sealed class MadeUpTraffic(long seed, Shares shares)
{
    /// <summary>How many of the latest orders may be repeated, changed or removed.</summary>
    private const int Window = 4_096;

    private readonly MadeUpOrders _orders = new(seed);
    private readonly List<(long Number, int Edition, bool IsRemoved)> _latest = [];

    public IEnumerable<PublishedRecord> Records(long count)
    {
        for (var number = 0L; number < count; number++)
        {
            var dice = new Dice(Dice.Mix((ulong)seed + Dice.Mix(~(ulong)number)));
            var roll = dice.Fraction();
            if (roll < shares.Poison)
            {
                yield return MadeUpPoison.Make(_orders.Make(number), ref dice);
            }
            else if (roll < shares.Sum && _latest.Count > 0)
            {
                yield return Again(roll - shares.Poison, (int)dice.Below(_latest.Count));
            }
            else
            {
                Remember(number, (int)dice.Below(Window));
                yield return _orders.Make(number) with { IsNew = true };
            }
        }
    }

    private void Remember(long number, int place)
    {
        if (_latest.Count < Window)
        {
            _latest.Add((number, 0, false));
        }
        else
        {
            _latest[place] = (number, 0, false);
        }
    }

    private PublishedRecord Again(double roll, int place)
    {
        var (number, edition, isRemoved) = _latest[place];
        if (roll >= shares.Dup)
        {
            isRemoved = roll >= shares.Dup + shares.Update;
            edition += isRemoved ? 0 : 1;
            _latest[place] = (number, edition, isRemoved);
        }

        return isRemoved
            ? new(_orders.Uid(number), default, $"the removal of made-up order {number}") { IsRemoval = true }
            : _orders.Make(number, edition);
    }
}
