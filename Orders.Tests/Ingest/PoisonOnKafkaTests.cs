using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Npgsql;
using Orders.Contracts;
using Orders.Tests.Ingest.Decoding;
using Orders.Tests.Servers;
using Orders.Tests.Tidy;
using Orders.Tests.WholePath;

namespace Orders.Tests.Ingest;

/// <summary>
/// Every poison input that fits a record goes through a running service between good orders: what the golden file says of it is what Postgres
/// holds afterwards, and its neighbours are stored.
/// </summary>
[Trait("Category", "system")]
public sealed class PoisonOnKafkaTests(SharedPostgres postgres)
{
    private const int Partitions = 4;
    private const int MostBytes = 990_000;

    [Fact]
    public async Task Every_poison_input_comes_out_as_the_golden_file_says_and_its_neighbours_are_stored()
    {
        var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(database);
        using var kafka = new EmbeddedKafkaServer();
        await using var service = HostProcess.StartService(database, kafka.Servers);
        var inputs = Inputs().ToList();
        Assert.True(inputs.Count > 200, $"Only {inputs.Count} inputs fit a record.");
        var goods = await PublishAsync(kafka.Servers, inputs);

        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { SearchPath = "orders" }.ConnectionString);
        var all = goods + inputs.Count;
        await Eventually.SeeAsync(() => OneAsync<long>(source, "SELECT COALESCE(sum(next_offset - first_offset), 0)::bigint FROM inbox"), seen => seen == all);

        Assert.Equal(inputs.Select(Expected), await FoundAsync(source, inputs));
        Assert.Equal(
            inputs.Count + Partitions, await OneAsync<long>(source, "SELECT count(*) FROM orders WHERE order_uid LIKE 'good-%' AND content IS NOT NULL"));
        Assert.Equal(inputs.Count(input => input.Is("DEAD")), await OneAsync<long>(source, "SELECT count(*) FROM dead_letter_attempt"));
        Assert.Equal(Sums(inputs, goods), await SumsAsync(source));
        Assert.Equal(200, await service.ReadyAsync());
        Assert.Equal(Notes(inputs), await NotesAsync(service));
    }

    /// <summary>What each line of the golden file says, for those that are one record and neither too large for one nor bound to another clock.</summary>
    private static IEnumerable<Input> Inputs()
    {
        var golden = File.ReadAllLines(SourceTree.Repository.PathOf("Orders.Tests/Ingest/Decoding/poison.golden.tsv"))
            .Select(line => line.Split('\t')).ToDictionary(columns => (columns[0], columns[1]));
        var cases = PoisonCases.All.Where(poison => !poison.Strict && !IsBoundToTheClock(poison.Name))
            .Select(poison => (poison.Row, poison.Name, poison.Key, poison.Value, Headers: Headers(poison)));
        var records = PoisonRecords.All.Where(poison => poison.Row is "P46" or "P47" or "P50").SelectMany(poison => poison.Records.Select(
            record => (poison.Row, poison.Name, record.Key, Value: (byte[]?)SampleOrder.Utf8(record.Value), Headers: record.Headers)));
        var number = 0;
        foreach (var (row, name, key, value, headers) in cases.Concat(records))
        {
            var size = (key?.Length ?? 0) + (value?.Length ?? 0) + headers.Sum(header => header.Name.Length + (header.Value?.Length ?? 0));
            if (size <= MostBytes)
            {
                var columns = golden[(row, name)];
                yield return new Input(row, name, WithUid(key, number), WithUid(value, number), headers)
                {
                    Outcome = columns[2].Split(';')[0],
                    Path = columns.ElementAtOrDefault(3) ?? "",
                    Byte = columns.ElementAtOrDefault(4) ?? "",
                };
                number++;
            }
        }
    }

    private static bool IsBoundToTheClock(string name) =>
        name.Contains("2027-01-15", StringComparison.Ordinal) || name.Contains("18000144", StringComparison.Ordinal);

    private static (string Name, byte[]? Value)[] Headers(PoisonCase poison) =>
        [.. Enumerable.Range(0, poison.HeaderCount).Select(i => ("h", (byte[]?)new byte[i > 0 ? 0 : Math.Max(0, poison.HeaderBytes - poison.HeaderCount)]))];

    /// <summary>Another uid of the same length, so that the inputs are different orders and every byte stays at its place.</summary>
    private static byte[]? WithUid(byte[]? bytes, int number) => bytes is null ? null : Encoding.Latin1.GetBytes(
        Encoding.Latin1.GetString(bytes).Replace("b563feb7b2b84b6", $"p{number:000}feb7b2b84b6", StringComparison.Ordinal));

    private static async Task<int> PublishAsync(string servers, IReadOnlyList<Input> inputs)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = servers, LingerMs = 1 }).Build();
        for (var i = 0; i < inputs.Count + Partitions; i++)
        {
            var partition = new TopicPartition(Topics.Orders, i % Partitions);
            await producer.ProduceAsync(partition, Good($"good-{i}"), TestContext.Current.CancellationToken);
            if (i < inputs.Count)
            {
                if (inputs[i].Outcome == "REMOVE")
                {
                    await producer.ProduceAsync(partition, Good(Encoding.ASCII.GetString(inputs[i].Key!)), TestContext.Current.CancellationToken);
                }

                var delivered = await producer.ProduceAsync(partition, inputs[i].Message(), TestContext.Current.CancellationToken);
                inputs[i].Place = (i % Partitions, delivered.Offset.Value);
            }
        }

        return inputs.Count + Partitions + inputs.Count(input => input.Outcome == "REMOVE");
    }

    private static Message<byte[]?, byte[]?> Good(string uid) => new() { Key = Encoding.ASCII.GetBytes(uid), Value = SampleOrders.Of(uid) };

    private static string Expected(Input input) => input switch
    {
        _ when input.Is("DEAD") => $"{input}: DEAD:{input.Outcome[5..]} {input.Path} {input.Byte} {input.Digest()}",
        _ when input.Is("STORE") => $"{input}: STORE",
        _ => $"{input}: nothing kept",
    };

    private static async Task<List<string>> FoundAsync(NpgsqlDataSource source, IReadOnlyList<Input> inputs)
    {
        var letters = new Dictionary<(int, long), string>();
        await using (var command = source.CreateCommand(
            "SELECT partition, record_offset, reason, json_path, byte_position, key, value, header_values FROM dead_letter WHERE state = 'dead'"))
        await using (var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await rows.ReadAsync(TestContext.Current.CancellationToken))
            {
                var bytes = Input.Digest(rows["key"] as byte[], rows["value"] as byte[], (byte[]?[])rows["header_values"]);
                letters[(rows.GetInt32(0), rows.GetInt64(1))] = $"DEAD:{rows["reason"]} {rows["json_path"]} {rows["byte_position"]} {bytes}";
            }
        }

        var contents = new HashSet<string>();
        await using (var command = source.CreateCommand("SELECT content FROM orders WHERE content IS NOT NULL"))
        await using (var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await rows.ReadAsync(TestContext.Current.CancellationToken))
            {
                contents.Add(Convert.ToHexString(rows.GetFieldValue<byte[]>(0)));
            }
        }

        return [.. inputs.Select(input => $"{input}: " + (letters.TryGetValue(input.Place, out var letter) ? letter
            : contents.Contains(Convert.ToHexString(input.Content())) ? "STORE" : "nothing kept"))];
    }

    private static (long, long, long, long) Sums(IReadOnlyList<Input> inputs, int goods) => (
        goods + inputs.Count(input => input.Is("STORE")), inputs.Count(input => input.Is("REMOVE")), inputs.Count(input => input.Is("IGNORE")),
        inputs.Count(input => input.Is("DEAD")));

    private static async Task<(long, long, long, long)> SumsAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "SELECT sum(stored)::bigint, sum(removed)::bigint, sum(ignored)::bigint, sum(dead)::bigint FROM inbox");
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await row.ReadAsync(TestContext.Current.CancellationToken);
        return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
    }

    private static string Notes(IReadOnlyList<Input> inputs) => string.Join(", ", new[] { "bom_stripped", "inconsistent", "bad_header", "key_mismatch" }
        .Select(note => $"{note} {inputs.Count(input => input.Is("STORE") && input.Outcome.Split(' ').Contains(note))}"));

    private static async Task<string> NotesAsync(HostProcess service)
    {
        var answer = await service.Http.GetByteArrayAsync(new Uri("/api/status", UriKind.Relative), TestContext.Current.CancellationToken);
        using var status = JsonDocument.Parse(answer);
        return string.Join(", ", status.RootElement.GetProperty("notes").EnumerateObject().Select(note => $"{note.Name} {note.Value.GetInt64()}"));
    }

    private static async Task<T> OneAsync<T>(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private sealed record Input(string Row, string Name, byte[]? Key, byte[]? Value, (string Name, byte[]? Value)[] Headers)
    {
        public required string Outcome { get; init; }

        public required string Path { get; init; }

        public required string Byte { get; init; }

        public (int Partition, long Offset) Place { get; set; }

        public bool Is(string word) => Outcome.Split(' ', ':')[0] == word;

        public byte[] Content() => Value.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Value![3..] : Value ?? [];

        public string Digest() => Digest(Key, Value, [.. Headers.Select(header => header.Value)]);

        public static string Digest(byte[]? key, byte[]? value, byte[]?[] headers) =>
            string.Join(' ', new[] { key, value }.Concat(headers).Select(Hash).Distinct());

        private static string Hash(byte[]? bytes) => bytes is null
            ? "null"
            : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes), 0, 4) + bytes.Length.ToString(CultureInfo.InvariantCulture);

        public Message<byte[]?, byte[]?> Message()
        {
            var message = new Message<byte[]?, byte[]?> { Key = Key, Value = Value, Headers = [] };
            foreach (var (name, value) in Headers)
            {
                message.Headers.Add(name, value);
            }

            return message;
        }

        public override string ToString() => $"{Row} {Name}";
    }
}
