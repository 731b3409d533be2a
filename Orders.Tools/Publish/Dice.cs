using System.Text;

namespace Orders.Tools.Publish;

/// <summary>A small generator of our own: System.Random promises no equal sequence over versions.</summary>
internal struct Dice(ulong state)
{
    public const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = state;

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    public ulong Next() => Mix(_state += Golden);

    public long Below(long limit) => (long)(Next() % (ulong)limit);

    /// <summary>From 0 to just below 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public T Of<T>(T[] values) => values[Below(values.Length)];

    public string Letters(int count)
    {
        var letters = new StringBuilder(count);
        for (var i = 0; i < count; i++)
        {
            letters.Append((char)('A' + Below(26)));
        }

        return letters.ToString();
    }
}
