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

    [Fact]
    public async Task Of_many_in_one_statement_each_keeps_what_is_its_own_and_their_order()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        await using var source = NpgsqlDataSource.Create(rows.ConnectionString);
        NewDeadLetter[] letters =
        [
            Letter(7, key: null, AllBytes, [], []),
            Letter(3, AllBytes, value: null, ["a\0", "b", "b"], [AllBytes, null, []]) with { State = DeadLetterStates.Parked, ParkedKey = "k" },
            Letter(5, [], [], [], []) with { BytePosition = null, JsonPath = null },
            Letter(9, [1], [2], ["c"], [[3]]) with { Sentence = Hostile, Exception = Hostile },
        ];
        await using (var batch = source.CreateBatch())
        {
            batch.BatchCommands.Add(DeadLetterStore.Insert(letters));
            await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var command = source.CreateCommand("""
            SELECT record_offset, key, value, header_names, header_values, json_path, byte_position, state, parked_key, octet_length(exception),
                   (SELECT string_agg(number || kind || outcome, ',') FROM dead_letter_attempt WHERE dead_letter_id = dead_letter.id)
            FROM dead_letter ORDER BY id
            """);
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        foreach (var letter in letters)
        {
            Assert.True(await row.ReadAsync(TestContext.Current.CancellationToken));
            Assert.Equal(letter.Offset, row.GetInt64(0));
            Assert.Equal(letter.Key, row["key"] as byte[]);
            Assert.Equal(letter.Value, row["value"] as byte[]);
            Assert.Equal(letter.HeaderNames.Select(name => name.Replace('\0', '\uFFFD')), row.GetFieldValue<string[]>(3));
            Assert.Equal(letter.HeaderValues, row.GetFieldValue<byte[]?[]>(4));
            Assert.Equal(letter.JsonPath, row["json_path"] as string);
            Assert.Equal(letter.BytePosition, row["byte_position"] as long?);
            Assert.Equal((letter.State, letter.ParkedKey), (row.GetString(7), row["parked_key"] as string));
            Assert.Equal(letter.Exception is null, row["octet_length"] is DBNull);
            Assert.Equal($"1ingest{letter.State}", row.GetString(10));
        }
    }

    private static NewDeadLetter Letter(long offset, byte[]? key, byte[]? value, string[] names, byte[]?[] values) =>
        new("group", "orders", 1, 0, offset, 1, key, value, names, values, "malformed_json", "Broken.", "$.a", 4);
}
