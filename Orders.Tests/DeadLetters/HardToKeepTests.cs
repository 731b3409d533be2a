using Bus.Storage.DeadLetters;
using Npgsql;
using Orders.Tests.Operations;
using Orders.Tests.Servers;

namespace Orders.Tests.DeadLetters;

/// <summary>A dead letter is kept whatever its record, its sentence or its exception holds.</summary>
[Trait("Category", "system")]
public sealed class HardToKeepTests(SharedPostgres postgres)
{
    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
    private static readonly string Hostile = new string('n', 1_000_000) + '\0' + '\uD800';

    [Fact]
    public async Task The_insert_succeeds_and_the_record_is_kept_to_the_byte()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        await using var source = NpgsqlDataSource.Create(rows.ConnectionString);
        await using (var batch = source.CreateBatch())
        {
            batch.BatchCommands.Add(DeadLetterStore.Insert(new NewDeadLetter(
                "group", "orders", 1, 0, long.MaxValue, long.MinValue, AllBytes, AllBytes, ["a\0b", "" + '\uD800', new string('h', 100_000)],
                [AllBytes, null, []], "malformed_json", "Broken: \0" + Hostile, "$." + Hostile, 0)));
            await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var command = source.CreateCommand(
            "SELECT key, value, header_names, header_values, sentence, octet_length(sentence), octet_length(json_path), "
            + "(SELECT max(octet_length(sentence)) FROM dead_letter_attempt), record_timestamp FROM dead_letter");
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await row.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(AllBytes, row["key"]);
        Assert.Equal(AllBytes, row["value"]);
        Assert.Equal(["a\uFFFDb", "\uFFFD", new string('h', 100_000)], row.GetFieldValue<string[]>(2));
        Assert.Equal([AllBytes, null, []], row.GetFieldValue<byte[]?[]>(3));
        Assert.StartsWith("Broken: \uFFFDnnn", row.GetString(4), StringComparison.Ordinal);
        Assert.All(Enumerable.Range(5, 3), column => Assert.InRange(row.GetInt32(column), 8_000, 8_192));
        Assert.Equal(long.MinValue, row.GetInt64(8));
    }
}
