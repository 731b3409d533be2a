using System.Reflection;
using System.Text;
using Orders.Tools.Publish;

namespace Orders.Tools.Bench;

/// <summary>The orders of a bench: made up, the same in every run.</summary>
internal static class BenchOrders
{
    /// <summary>What an order as the model weighs.</summary>
    public const int UsualBytes = 835;

    /// <summary>How many ingest writes in one transaction when all of a batch are good.</summary>
    public const int PerTransaction = 500;

    private const long Seed = 835;

    /// <summary>The first <paramref name="count"/> of them, in memory.</summary>
    public static BenchOrder[] Make(long count, CancellationToken cancellationToken)
    {
        var source = new MadeUpOrders(Seed);
        var orders = new BenchOrder[count];
        for (var number = 0L; number < count; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var record = source.Make(number);
            orders[number] = new(record.Key!, record.Value.ToArray());
        }

        return orders;
    }

    /// <summary>One of exactly <see cref="UsualBytes"/>.</summary>
    public static BenchOrder Usual()
    {
        var source = new MadeUpOrders(Seed);
        for (var number = 0L; ; number++)
        {
            if (source.Make(number) is { Value.Length: UsualBytes } record)
            {
                return new(record.Key!, record.Value.ToArray());
            }
        }
    }

    /// <summary>A statement of this room.</summary>
    public static string Sql(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Orders.Tools.Bench.{name}")
            ?? throw new InvalidOperationException($"The SQL resource '{name}' is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

/// <summary>An order's uid and bytes.</summary>
internal readonly record struct BenchOrder(string Uid, byte[] Content);
