using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage;

/// <summary>A column of many rows as one parameter of a statement over arrays.</summary>
public static class ArrayParameter
{
    /// <summary>One value of each row, in their order; <paramref name="type"/> is the type of an element.</summary>
    public static NpgsqlParameter<TValue[]> Of<TRow, TValue>(IReadOnlyList<TRow> rows, NpgsqlDbType type, Func<TRow, TValue> value)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(value);
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        return new NpgsqlParameter<TValue[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
